"""Limits on the conversion of 862 keV neutrinos to anti-nu_e against the published ones.

Sources, 90 % C.L., from the shape of the recoil spectrum: P < 0.35 (Borexino Collaboration, PLB 696 (2011) 191, with the
7Be data then at hand) and P < 0.14 (arXiv:1909.02422, Phase-II). Neither abstract says how rate and 85Kr were treated,
and 85Kr decides: its spectrum is that of converted 7Be to a few per cent. So the claims are

- Phase-I: rates of arXiv:1104.1816 (85Kr 31.2, 210Bi 41.0, 11C 28.5 cpd/100 t) and 85Kr as its delayed coincidences gave it
  in the 192-day analysis, 29 +- 14 (arXiv:0805.3843; both from memory: unverified). Exposures 192 d x 78.5 t and
  740.7 d x 75.5 t enclose the one that was used. Tolerance 15 %: the two expected limits differ by 9 %, a real limit
  scatters by more.
- Phase-II: 0.14 lies between the expected limits with the rate tied to the solar model and with the rate free.
"""

import numpy as np
import pytest

from analysis.beryllium.line_model import PUBLISHED
from analysis.beryllium.outcome import LineOutcome, fit_line, fit_line_asimov
from analysis.config import FitConfig
from sim.core.config import card_from_values
from tests.public_spectrum import public_spectrum

PHASE1 = {"kr85_cpd_100t": 31.2, "bi210_cpd_100t": 41.0, "po210_cpd_100t": 1500.0, "c11_cpd_100t": 28.5}
COINCIDENCES = {"rate_85Kr": {"value": 29.0, "sigma": 14.0}}
PHASE2_D_100T = 920.85


def _phase1(exposure_d_100t: float, config: FitConfig) -> LineOutcome:
    return fit_line_asimov(card_from_values("Phase-I", {"backgrounds": PHASE1}), config, exposure_d_100t)


@pytest.mark.parametrize("exposure_d_100t", [192.0 * 0.785, 740.7 * 0.755])
def test_phase_1(exposure_d_100t: float) -> None:
    published = PUBLISHED["BX-ANTINU11"]
    outcome = _phase1(exposure_d_100t, FitConfig(bin_width=4, pulls=COINCIDENCES))
    assert outcome.standard.valid
    assert outcome.free.integrated.value == pytest.approx(published, rel=0.15)
    assert outcome.solar_model.integrated.value < published


def test_phase_1_without_a_measurement_of_krypton() -> None:
    assert _phase1(740.7 * 0.755, FitConfig(bin_width=4)).free.integrated.value > PUBLISHED["BX-ANTINU11"]


def test_phase_2() -> None:
    published = PUBLISHED["BX-ANTINU21"]
    outcome = fit_line_asimov(card_from_values("Phase-II", {}), FitConfig(bin_width=4), PHASE2_D_100T)
    assert 0.5 * published < outcome.solar_model.integrated.value < published
    assert published < outcome.free.integrated.value < 1.6 * published


def test_less_krypton_reaches_the_published_phase_2_limit() -> None:
    """85Kr is 6.8 +- 1.8 in Phase-II; 1.5 sigma lower the shape alone gives the published limit within 15 %."""
    card = card_from_values("Phase-II", {"backgrounds": {"kr85_cpd_100t": 4.0}})
    outcome = fit_line_asimov(card, FitConfig(bin_width=4), PHASE2_D_100T)
    assert outcome.free.integrated.value == pytest.approx(PUBLISHED["BX-ANTINU21"], rel=0.15)


def test_public_spectrum() -> None:
    """Phase-II data without 11C candidates, 63 % of the exposure, N_h 100 to 370: no conversion is seen."""
    spectrum = public_spectrum()
    config = FitConfig(range=(100.0, 370.0), tfc_subtracted=True)
    outcome = fit_line(card_from_values("defaults", {}), config, spectrum)
    assert outcome.standard.valid
    for scan in (outcome.free, outcome.solar_model):
        assert float(scan.profile.at(np.zeros(1))[0]) < 1.0
    published = PUBLISHED["BX-ANTINU21"]
    assert 0.4 * published < outcome.solar_model.integrated.value < published
    assert published < outcome.free.integrated.value < 1.5 * published
