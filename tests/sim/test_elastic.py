"""Weak nu-e cross section: kinematics, radiative corrections, integrals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import spence

from sim.core.constants import RHO_NC, SIN2_THETA_W_MSBAR
from sim.core.errors import PhysicsError
from sim.physics.elastic import (
    STATES,
    differential_cross_section,
    max_recoil,
    min_energy,
    total_cross_section,
    weak_integral,
    weak_kernel,
)
from sim.physics.radiative import dilogarithm, kappa, photon_corrections

ENERGIES = st.floats(1e-3, 30.0)


@given(st.floats(0.0, 1.0))
def test_dilogarithm(x):
    assert dilogarithm(x) == pytest.approx(spence(1.0 - x), rel=1e-13, abs=1e-15)


@given(st.floats(1e-6, 50.0))
def test_min_energy_inverts_max_recoil(recoil):
    assert max_recoil(min_energy(recoil)) == pytest.approx(recoil, rel=1e-12)


@given(ENERGIES, st.floats(0.0, 1.0, exclude_min=True, exclude_max=True))
def test_cross_sections_are_finite_and_positive_inside_and_zero_outside(energy, fraction):
    top = max_recoil(energy)
    for state in STATES:
        for radiative in (True, False):
            inside = differential_cross_section(state, fraction * top, energy, radiative=radiative)
            assert np.isfinite(inside)
            assert inside >= 0.0
            outside = differential_cross_section(state, top * (1.0 + fraction), energy, radiative=radiative)
            assert outside == 0.0


@given(ENERGIES, st.floats(0.01, 0.99))
def test_radiative_corrections_are_small(energy, fraction):
    recoil = fraction * max_recoil(energy)
    tree = differential_cross_section("nue", recoil, energy, radiative=False)
    assert abs(differential_cross_section("nue", recoil, energy) / tree - 1.0) < 0.1


@pytest.mark.parametrize("energy", [0.01, 0.862, 20.0])
def test_corrections_stay_finite_at_both_ends(energy):
    top = max_recoil(energy)
    for recoil in (1e-14 * top, 1e-8 * top, top * (1 - 1e-10), np.nextafter(top, 0.0)):
        assert np.all(np.isfinite(photon_corrections(recoil, energy)))
        assert np.all(np.isfinite(kappa(recoil)))
    np.testing.assert_allclose(photon_corrections(1e-12, 0.862), 0.0, atol=1e-4)


def test_corrections_are_smooth_where_series_take_over():
    for step in (2.55e-4, 1.1368e-3):  # beta^2 = 1e-3, x = 30
        left, right = (
            np.array([*photon_corrections(t, 0.862), *kappa(t)]) for t in (step * 0.9999, step * 1.0001)
        )
        np.testing.assert_allclose(left, right, rtol=3e-4)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("energy", [0.05, 0.862, 10.0])
@pytest.mark.parametrize("part", [0.0, 0.4])
def test_integral_agrees_with_adaptive_quadrature(state, energy, part):
    top = max_recoil(energy)

    def density(recoil):
        return float(differential_cross_section(state, recoil, energy)) * 1e45

    reference = quad(density, part * top, top, limit=300, epsabs=0.0, epsrel=1e-10)[0]
    assert float(total_cross_section(state, energy, part * top)) * 1e45 == pytest.approx(reference, rel=1e-7)


def test_antineutrinos_exchange_the_chiral_couplings():
    # at T -> 0 the two terms add, so neutrino and antineutrino agree
    for a, b in (("nue", "anue"), ("nux", "anux")):
        recoil = 1e-9
        one, other = (differential_cross_section(s, recoil, 5.0) for s in (a, b))
        assert one == pytest.approx(other, rel=1e-5)


@given(st.floats(0.01, 30.0), st.floats(0.01, 0.9))
def test_exchange_leaves_the_photon_functions_where_they_are(energy, fraction):
    """Neutrino less antineutrino is (g_L^2 - g_R^2)(isotropic - other term): f_- and f_+ cancel in the ratio of e to x."""
    recoil = fraction * max_recoil(energy)
    nue, nux, anue, anux = (differential_cross_section(s, recoil, energy) for s in STATES)
    kappa_e, kappa_mu = kappa(recoil)
    right_e = RHO_NC * kappa_e * SIN2_THETA_W_MSBAR
    right_x = RHO_NC * kappa_mu * SIN2_THETA_W_MSBAR
    left_e, left_x = 1.0 - 0.5 * RHO_NC + right_e, right_x - 0.5 * RHO_NC
    expected = (left_e**2 - right_e**2) / (left_x**2 - right_x**2)
    assert (nue - anue) / (nux - anux) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("state", "left", "right"), [("anue", 0.7387, 0.2387), ("anux", -0.2613, 0.2387)])
def test_antineutrinos_at_tree_level_by_hand(state, left, right):
    """2 G_F^2 m/pi = 1.72327e-44 cm^2/MeV, sin^2 theta_W = 0.2387 (rounded: 2e-4)."""
    for recoil, energy in ((0.05, 0.3), (0.3, 0.862), (0.6, 0.862), (7.0, 10.0)):
        part = 1.0 - recoil / energy
        mixed = left * right * 0.510999 * recoil / energy**2
        value = differential_cross_section(state, recoil, energy, radiative=False)
        expected = 1.72327e-44 * (right**2 + (left * part) ** 2 - mixed)
        assert value == pytest.approx(expected, rel=2e-3)


def test_high_energies_share_one_to_three():
    """Far above m the isotropic term counts 1, the other 1/3, at tree level."""
    left, right = 0.7387, 0.2387
    values = [total_cross_section(state, 1e5, radiative=False) for state in ("nue", "anue")]
    expected = (right**2 + left**2 / 3.0) / (left**2 + right**2 / 3.0)
    assert values[1] / values[0] == pytest.approx(expected, rel=5e-4)


def test_kernels_compiled_and_plain(compiled_equals_plain):
    compiled_equals_plain(weak_kernel, 0.3, 0.862, True)
    compiled_equals_plain(weak_integral, 0.1, 1.0, 0.862, True)
    compiled_equals_plain(photon_corrections, 0.3, 0.862)


def test_shapes_and_bad_input():
    assert differential_cross_section("nue", np.ones((2, 1)), np.ones(3)).shape == (2, 3)
    for call in (
        lambda: differential_cross_section("electron", 0.1, 1.0),
        lambda: differential_cross_section("nue", -0.1, 1.0),
        lambda: total_cross_section("nue", 0.0),
        lambda: total_cross_section("nue", np.nan),
    ):
        with pytest.raises(PhysicsError):
            call()
