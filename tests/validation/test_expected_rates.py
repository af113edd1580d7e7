"""Expected Borexino and gallium rates.

Weak rates: predictions that the Phase-II analyses used for B16-GS98 and B16-AGSS09met (arXiv:1707.09279), to
1.5 %. Magnetic rates at recoil thresholds: an independent calculation with B16-GS98 fluxes, 1 to 3 %
(pp near its end is steep). Gallium: Bahcall 1997 cross sections folded by two other codes, 2 %.
"""

import pytest

from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.gallium import gallium_snu
from sim.physics.rates import expected_rates
from sim.physics.rates_report import rates_report
from sim.physics.solar_model import load_solar_model

MODELS = {
    "B16-GS98": {"pp": 131.1, "7Be": 47.9, "pep": 2.74, "cno": 4.92},
    "B16-AGSS09met": {"pp": 132.2, "7Be": 43.7, "pep": 2.78, "cno": 3.52},
}
SNU = {  # without and with conversion, GS98
    "pp": (70.4, 38.28),
    "pep": (2.96, 1.53),
    "7Be": (35.3, 18.62),
    "8B": (13.2, 4.49),
    "13N": (1.68, 0.89),
    "15O": (2.34, 1.20),
}


def build(model):
    return Conversion.build(load_solar_model(model), NeutrinoConfig(), SiteConfig())


@pytest.mark.parametrize("model", MODELS)
def test_weak_rates(model):
    report = rates_report(build(model))
    for name, expected in MODELS[model].items():
        row = report["cno"] if name == "cno" else report["components"][name]
        assert row["weak_cpd_100t"] == pytest.approx(expected, rel=0.015)


def test_boron_rate():
    assert 0.43 < rates_report(build("B16-GS98"))["components"]["8B"]["weak_cpd_100t"] < 0.46


@pytest.mark.parametrize(
    ("threshold", "em_pp", "em_be", "weak_pp", "weak_be"),
    [
        (0.050, 2.71, 0.628, 81.9, 43.6),
        (0.100, 0.895, 0.408, 44.2, 39.4),
        (0.165, 0.168, 0.262, 13.0, 34.0),
        (0.190, 0.070, 0.224, 6.3, 32.0),
        (0.250, None, 0.156, None, 27.4),
    ],
)
def test_rates_above_thresholds(threshold, em_pp, em_be, weak_pp, weak_be):
    conversion = build("B16-GS98")
    rates = expected_rates(conversion.sun, conversion, threshold_mev=threshold)
    assert rates["7Be"].magnetic_cpd_100t == pytest.approx(em_be, rel=0.008)
    assert rates["7Be"].weak_cpd_100t == pytest.approx(weak_be, rel=0.008)
    if em_pp is not None:
        assert rates["pp"].magnetic_cpd_100t == pytest.approx(em_pp, rel=0.03)
        assert rates["pp"].weak_cpd_100t == pytest.approx(weak_pp, rel=0.035)


def test_gallium_components():
    conversion = build("B16-GS98")
    rates = gallium_snu(conversion.sun, conversion)
    for name, (bare, oscillated) in SNU.items():
        assert rates[name].gallium_snu_no_osc == pytest.approx(bare, rel=0.02)
        assert rates[name].gallium_snu == pytest.approx(oscillated, rel=0.02)


@pytest.mark.parametrize(
    ("model", "bare", "oscillated"), [("B16-GS98", 125.9, 65.0), ("B16-AGSS09met", 120.0, 62.3)]
)
def test_gallium_totals(model, bare, oscillated):
    total = rates_report(build(model))["total"]
    assert total["gallium_snu_no_osc"] == pytest.approx(bare, rel=0.01)
    assert total["gallium_snu"] == pytest.approx(oscillated, rel=0.01)
