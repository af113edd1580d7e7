"""Pair production: threshold, the two series, and totals of the tables of attenuation."""

import numpy as np
import pytest

from sim.core.constants import ALPHA_EM, AVOGADRO, CLASSICAL_ELECTRON_RADIUS_CM, ELECTRON_MASS_MEV
from sim.physics.compton import interaction_shares, klein_nishina
from sim.physics.pair_production import PAIR_THRESHOLD_MEV, pair_cross_section


def test_nothing_below_the_threshold_and_rising_above() -> None:
    assert pair_cross_section(PAIR_THRESHOLD_MEV) == 0.0
    values = [pair_cross_section(e) for e in np.linspace(1.03, 30.0, 400)]
    assert np.all(np.diff([0.0, *values]) > 0.0)


def test_the_two_series_meet() -> None:
    seam = 4.0 * ELECTRON_MASS_MEV
    assert pair_cross_section(seam * (1 - 1e-9)) == pytest.approx(pair_cross_section(seam), rel=3e-4)


def test_bethe_heitler_at_high_energy() -> None:
    unit = ALPHA_EM * CLASSICAL_ELECTRON_RADIUS_CM**2
    bethe = 28.0 / 9.0 * np.log(2.0 * 1e4) - 218.0 / 27.0
    assert pair_cross_section(1e4 * ELECTRON_MASS_MEV) == pytest.approx(unit * bethe, rel=1e-4)


@pytest.mark.parametrize(
    ("energy", "z", "a", "total"),
    # mass attenuation in cm2/g [XCOM], from memory: unverified. Not in ours: coherent scattering and pairs in the
    # field of electrons (2 % in carbon at 10 MeV)
    [
        (3.0, 6, 12.011, 0.03562),
        (5.0, 6, 12.011, 0.02708),
        (10.0, 6, 12.011, 0.01959),
        (4.0, 26, 55.845, 0.03312),
        (10.0, 26, 55.845, 0.02994),
    ],
)
def test_totals_of_carbon_and_iron(energy: float, z: int, a: float, total: float) -> None:
    found = (z * klein_nishina(energy) + z * z * pair_cross_section(energy)) * AVOGADRO / a
    assert found == pytest.approx(total, rel=0.025)
    assert z * klein_nishina(energy) * AVOGADRO / a < 0.98 * total


def test_shares_in_the_scintillator() -> None:
    assert 1.0 / interaction_shares(2.2246)[1] == pytest.approx(115, rel=0.04)
    assert 1.0 / interaction_shares(5.0)[1] == pytest.approx(15.8, rel=0.02)


def test_plain(compiled_equals_plain) -> None:
    compiled_equals_plain(pair_cross_section, 1.5)
    compiled_equals_plain(pair_cross_section, 2.6145)
