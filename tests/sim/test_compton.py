"""Compton kernels and the light of a contained gamma."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.compton import compton_electron, interaction_shares, klein_nishina, scattered_fraction
from sim.physics.gamma_light import annihilation_visible, gamma_visible
from sim.physics.quenching import Quenching, quenching, visible_energy

R_E = 2.8179403e-13
M_E = 0.51099895


def angular(cosine, energy):
    """Klein-Nishina dsigma/dcos."""
    e = 1.0 / (1.0 + energy / M_E * (1.0 - cosine))
    return np.pi * R_E**2 * e**2 * (e + 1.0 / e - 1.0 + cosine**2)


@pytest.mark.parametrize("energy", [1e-4, 9e-4, 1.1e-3, 0.05, 0.511, 2.6])
def test_total_cross_section(energy):
    reference = quad(lambda c: angular(c, energy) * 1e25, -1, 1, epsrel=1e-11)[0]
    assert klein_nishina(energy) * 1e25 == pytest.approx(reference, rel=2e-6)


@given(st.floats(2e-4, 10.0), st.floats(0.0, 1.0))
def test_quantile_of_the_scattered_energy(energy, uniform):
    fraction = scattered_fraction(energy, uniform)
    lowest = 1.0 / (1.0 + 2.0 * energy / M_E)
    assert lowest * (1 - 1e-12) <= fraction <= 1.0 + 1e-12
    cosine = 1.0 - (1.0 / fraction - 1.0) * M_E / energy
    part = quad(lambda c: angular(c, energy) * 1e25, -1.0, min(cosine, 1.0), epsrel=1e-10)[0]
    whole = quad(lambda c: angular(c, energy) * 1e25, -1.0, 1.0, epsrel=1e-10)[0]
    assert part / whole == pytest.approx(uniform, abs=3e-3 if energy < 1.022e-3 else 1e-8)


@given(st.floats(1e-3, 10.0), st.floats(0.0, 1.0))
def test_energy_and_angle_are_those_of_one_collision(energy, uniform):
    electron, cosine = compton_electron(energy, uniform)
    left = energy - electron
    assert 0.0 <= electron < energy
    assert -1.0 <= cosine <= 1.0
    assert left == pytest.approx(energy / (1 + energy / M_E * (1 - cosine)), rel=1e-9)


def test_photoelectric_absorption_wins_at_low_energy():
    shares = np.array([interaction_shares(e)[0] for e in np.geomspace(0.003, 3.0, 50)])
    assert np.all(np.diff(shares) < 0.0)
    assert shares[0] > 0.99
    assert shares[-1] < 1e-5


@njit
def cascades(table: Quenching, energy_mev: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Brute force: the light of n gammas."""
    light = np.zeros(n)
    for i in range(n):
        energy = energy_mev
        gammas = 0  # of an annihilation, to follow later
        while energy > 0.0:
            absorbed, paired = interaction_shares(energy)
            chance = rng.random()
            if energy < 1e-3 or chance < absorbed:
                light[i] += visible_energy(table, energy)
                energy = 0.0
            elif chance < absorbed + paired:
                first = rng.random() * (energy - 2 * M_E)
                light[i] += visible_energy(table, first) + visible_energy(table, energy - 2 * M_E - first)
                energy, gammas = 0.0, 2
            else:
                electron = compton_electron(energy, rng.random())[0]
                light[i] += visible_energy(table, electron)
                energy -= electron
            if energy == 0.0 and gammas > 0:
                energy, gammas = M_E, gammas - 1
    return light


@pytest.mark.parametrize("energy", [0.1, 0.51099895, 2.614, 3.9])
def test_moments_of_the_light_against_brute_force(energy):
    n = 100_000
    light = cascades(quenching("electron", 0.011), energy, n, np.random.default_rng(5))
    moments = gamma_visible(energy, 0.011)
    sigma = light.std()
    assert moments.mean_mev == pytest.approx(light.mean(), abs=4 * sigma / np.sqrt(n))
    assert np.sqrt(moments.variance_mev2) == pytest.approx(sigma, rel=0.015)


def test_light_without_quenching_is_the_energy():
    line = gamma_visible(1.46, 0.0)
    assert line.mean_mev == pytest.approx(1.46, rel=1e-12)
    assert line.variance_mev2 == pytest.approx(0.0, abs=1e-20)
    two = annihilation_visible(0.011)
    assert two.mean_mev == pytest.approx(2 * gamma_visible(M_E, 0.011).mean_mev)


def test_gamma_is_quenched_more_than_an_electron():
    table = quenching("electron", 0.011)
    for energy in (0.1, 0.511, 2.6):
        assert gamma_visible(energy, 0.011).mean_mev < visible_energy(table, energy)


def test_range_and_plain(compiled_equals_plain):
    compiled_equals_plain(scattered_fraction, 0.511, 0.3)
    for energy in (0.0, 5.0):
        with pytest.raises(PhysicsError, match="gamma energy"):
            gamma_visible(energy, 0.011)
