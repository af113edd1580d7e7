"""The figure of recoil spectra."""

import numpy as np
import pytest

from analysis.plots.rates import GROUPS, rates_figure, recoil_curves
from sim.physics.config import MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.rates import expected_rates
from sim.physics.solar_model import load_solar_model


@pytest.fixture(scope="module")
def conversion():
    return Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SiteConfig())


def test_curves_hold_the_rates(conversion):
    rates = expected_rates(conversion.sun, conversion, threshold_mev=0.01)
    for group, curve in recoil_curves(conversion).items():
        weak = np.trapezoid(curve.weak, curve.recoil_mev)
        expected = sum(rates[name].weak_cpd_100t for name in GROUPS[group])
        if group != "8B":  # reaches beyond the figure
            assert weak == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    "moment",
    [MomentConfig(), MomentConfig(mu_eff_bohr=2.8e-11), MomentConfig(nature="majorana", mu12_bohr=1e-11)],
)
def test_figure(conversion, moment, tmp_path):
    figure = rates_figure(conversion, moment)
    axes = figure.axes[0]
    assert "MeV" in axes.get_xlabel()
    assert len(axes.lines) == 2 * len(GROUPS)
    path = tmp_path / "rates.png"
    figure.savefig(path)
    assert path.stat().st_size > 10_000
