"""nu-e cross sections against published and independently computed numbers.

Spectrum averages: Bahcall, Kamionkowski, Sirlin 1995 (values in 1e-46 cm2 as used by the Phase-II analyses).
The 8B value there is for the Bahcall 1996 spectrum, 0.5 % softer than Winter 2006. Ratios: tree level with
sin^2 theta_W = 0.2387, computed by an independent code.
"""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from sim.physics.elastic import max_recoil, total_cross_section
from sim.physics.radiative import photon_corrections
from sim.physics.spectra import quadrature

AVERAGES = {
    "pp": (11.40, 3.22, 0.008),
    "7Be": (53.84, 11.98, 0.004),
    "pep": (109.0, 22.09, 0.004),
    "13N": (45.4, 10.3, 0.005),
    "15O": (70.3, 14.9, 0.005),
    "17F": (70.5, 15.0, 0.005),
    "8B": (595.0, 105.9, 0.008),
    "hep": (863.0, 151.7, 0.002),
}


@pytest.mark.parametrize("component", AVERAGES)
def test_spectrum_averages(component):
    nue, nux, tolerance = AVERAGES[component]
    energy, weight = quadrature(component)
    for state, expected in (("nue", nue), ("nux", nux)):
        average = float(np.sum(weight * total_cross_section(state, energy))) * 1e46
        assert average == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(
    ("energy", "nue", "nux"), [(0.862, 57.93, 12.79), (0.3843, 19.20, 5.08), (0.8613, 57.87, 12.78)]
)
def test_line_energies(energy, nue, nux):
    assert total_cross_section("nue", energy) * 1e46 == pytest.approx(nue, abs=0.006)
    assert total_cross_section("nux", energy) * 1e46 == pytest.approx(nux, abs=0.006)


def test_sample_values_of_the_photon_functions():
    minus, plus, mixed = photon_corrections(0.3 * 0.862, 0.862)
    assert minus == pytest.approx(-1.533, abs=6e-4)
    assert plus / 0.7**2 == pytest.approx(-1.270, abs=6e-4)
    assert mixed == pytest.approx(-0.671, abs=6e-4)


def test_high_energy_integrals():
    """At 10 GeV the integrals tend to the known closed forms; the remainder is of order m/q."""
    q = 1e4
    log = 2.0 / 3.0 * math.log(2.0 * q / 0.51099895)
    top = max_recoil(q) / q
    minus = quad(lambda z: photon_corrections(z * q, q)[0], 0, top, points=[0.5, 0.99], limit=400)[0]
    plus = quad(lambda z: photon_corrections(z * q, q)[1], 0, top, points=[1e-4, 0.5], limit=400)[0]
    assert minus == pytest.approx(-log - (math.pi**2 - 19 / 4) / 6, abs=0.004)
    assert 3 * plus == pytest.approx(-log - (math.pi**2 - 43 / 4) / 6, abs=0.004)


@pytest.mark.parametrize(
    ("energy", "threshold", "nux", "anue", "anux"),
    [(0.862, 0.0, 0.202, 0.471, 0.190), (10.0, 0.0, 0.159, 0.426, 0.146), (10.0, 3.5, 0.144, 0.239, 0.126)],
)
def test_tree_level_ratios(energy, threshold, nux, anue, anux):
    nue = total_cross_section("nue", energy, threshold, radiative=False)
    for state, expected in (("nux", nux), ("anue", anue), ("anux", anux)):
        ratio = total_cross_section(state, energy, threshold, radiative=False) / nue
        assert ratio == pytest.approx(expected, abs=5.1e-4)
