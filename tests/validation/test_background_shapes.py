"""Beta spectra and quenching against evaluated and published numbers.

Mean energies: evaluated decay data (ENSDF, DDEP), which for 14C and 210Bi assume allowed shapes: 14C 49.47,
85Kr (unique branch) 251.4, 210Bi 389.0, 11C 385.7 keV. Shape of 210Bi: the quadratic form 1 - 0.47 W +
0.059 W^2 of the older measurements, unverified. Quenching: table computed for Birks' law in pseudocumene with
kB = 0.01098 cm/MeV, and visible energies of alphas with kB = 0.01042 cm/MeV.
"""

import numpy as np
import pytest

from sim.physics.beta import beta_spectrum
from sim.physics.config import BackgroundsConfig
from sim.physics.gamma_light import annihilation_visible
from sim.physics.quantile import mean_energy
from sim.physics.quenching import visible_energies, visible_energy_electron
from sim.physics.stopping import alpha_stopping, electron_stopping

ALLOWED = BackgroundsConfig(c14_shape_per_mev=0.0, bi210_shape=(0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("isotope", "mean_kev", "tolerance"),
    [("14C", 49.47, 0.004), ("85Kr", 251.4, 0.003), ("210Bi", 389.0, 0.005), ("11C", 385.7, 0.001)],
)
def test_mean_energies(isotope, mean_kev, tolerance):
    assert 1e3 * mean_energy(beta_spectrum(isotope, ALLOWED)) == pytest.approx(mean_kev, rel=tolerance)


def test_measured_shape_of_bismuth():
    default = beta_spectrum("210Bi", BackgroundsConfig())
    older = beta_spectrum("210Bi", BackgroundsConfig(bi210_shape=(-0.47, 0.0, 0.059)))
    assert mean_energy(default) == pytest.approx(mean_energy(older), rel=0.01)
    cut = default.energy_mev < 0.9
    np.testing.assert_allclose(default.density_per_mev[cut], older.density_per_mev[cut], rtol=0.115)


def test_electron_quenching():
    kinetic = 1e-3 * np.array([10, 20, 50, 100, 156, 200, 265, 500, 665, 1000, 1500, 3000])
    factor = [0.684, 0.771, 0.860, 0.906, 0.928, 0.937, 0.947, 0.962, 0.967, 0.972, 0.975, 0.978]
    np.testing.assert_allclose(visible_energy_electron(kinetic, 0.01098) / kinetic, factor, rtol=0.002)


@pytest.mark.parametrize(("energy", "factor"), [(5.304, 0.0770), (7.687, 0.0924), (8.784, 0.0991)])
def test_alpha_quenching(energy, factor):
    assert visible_energies("alpha", energy, 0.01042) / energy == pytest.approx(factor, rel=0.005)


def test_stopping_powers():
    """Water-like organics: ESTAR gives 1.85 MeV cm2/g at 1 MeV for similar media, ASTAR 750 to 900 at 5 MeV."""
    assert electron_stopping(1.0, False) / 0.8774 == pytest.approx(1.88, rel=0.02)
    assert 800.0 < alpha_stopping(5.3) / 0.8774 < 950.0


def test_annihilation_light():
    """Light of the two 511 keV gammas: quenched by 12 to 13 %, the scale of the fitted 11C start point."""
    line = annihilation_visible(0.01098)
    assert line.mean_mev / 1.02199790 == pytest.approx(0.873, abs=0.003)
    assert 0.008 < np.sqrt(line.variance_mev2) < 0.016
