import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.constants import MATTER_POTENTIAL_EV
from sim.physics.config import NeutrinoConfig
from sim.physics.gauss import Rule
from sim.physics.mixing import mixing
from sim.physics.msw import arrival_weights, cubic_roots, levels, mass_state_probabilities
from sim.physics.solar_model import load_solar_model

SUN = load_solar_model("B16-AGSS09met")


def one(n_e: float) -> Rule:
    return Rule(np.array([n_e]), np.ones(1))


@settings(deadline=None)
@given(st.floats(-1.0, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 1.0))
def test_roots_of_the_cubic(a: float, gap: float, width: float) -> None:
    b, c = a + gap * width, a + width
    roots = cubic_roots(a + b + c, a * b + a * c + b * c, a * b * c)
    np.testing.assert_allclose(roots, [a, b, c], atol=1e-6)  # the worst case is a double root


@settings(deadline=None)
@given(
    st.floats(0.05, 0.95),
    st.floats(1e-4, 0.2),
    st.floats(0.05, 20.0),
    st.floats(1e-3, 150.0),
    st.sampled_from([2.5e-3, -2.5e-3, 5e-4]),
    st.floats(1e-5, 3e-4),
)
def test_weights_are_those_of_the_diagonalised_hamiltonian(
    s12: float, s13: float, energy: float, n_e: float, atmospheric: float, solar: float
) -> None:
    neutrino = NeutrinoConfig(
        sin2_theta12=s12,
        sin2_theta13=s13,
        delta_m2_21_ev2=solar,
        delta_m2_31_ev2=atmospheric,
        delta_cp_deg=200.0,
    )
    mix = mixing(neutrino)
    matter = np.diag([2e6 * energy * MATTER_POTENTIAL_EV * n_e, 0.0, 0.0])
    _, states = np.linalg.eigh(mix.pmns @ np.diag(mix.mass2_ev2) @ mix.pmns.conj().T + matter)
    expected = np.empty(3)
    expected[np.argsort(mix.mass2_ev2)] = np.abs(states[0]) ** 2
    found = mass_state_probabilities(np.array([energy]), one(n_e), mix)[0]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("component", SUN.components)
@pytest.mark.parametrize("s12", [0.1, 0.307, 0.6])
def test_few_births_average_the_production_region(component: str, s12: float) -> None:
    mix = mixing(NeutrinoConfig(sin2_theta12=s12))
    energy = np.geomspace(0.05, 19.0, 40)
    dense = SUN.birth_densities(component)
    few = mass_state_probabilities(energy, SUN.birth_density_rule(component, 16), mix)
    many = mass_state_probabilities(energy, dense, mix)
    np.testing.assert_allclose(few, many, atol=1e-6)
    np.testing.assert_allclose(few.sum(axis=1), 1.0, atol=1e-12)


def test_average_does_not_depend_on_how_the_region_is_cut() -> None:
    """Against a plain Riemann sum on a 100 times finer grid, densities interpolated in their logarithm."""
    mix = mixing(NeutrinoConfig())
    energy = np.array([0.3, 0.862, 5.0, 10.0])
    for component in ("pp", "8B"):
        r = (np.arange(50_000) + 0.5) / 100_000
        weight = np.interp(r, SUN.radius, SUN.production[SUN.index(component)])
        n_e = np.exp(np.interp(r, SUN.radius, np.log(SUN.n_e_mol_cm3)))
        dense = mass_state_probabilities(energy, Rule(n_e, weight / weight.sum()), mix)
        few = mass_state_probabilities(energy, SUN.birth_density_rule(component, 12), mix)
        np.testing.assert_allclose(few, dense, atol=2e-5)


def test_vacuum_and_dense_limits() -> None:
    mix = mixing(NeutrinoConfig())
    np.testing.assert_allclose(
        mass_state_probabilities(np.array([1.0]), one(0.0), mix)[0], mix.flavour[0], atol=1e-12
    )
    dense = mass_state_probabilities(np.array([50.0]), one(150.0), mix)[0]
    assert dense[1] > 0.92


def test_theta23_and_delta_drop_out() -> None:
    energy = np.geomspace(0.1, 15.0, 20)
    rule = SUN.birth_density_rule("8B", 12)
    here = mass_state_probabilities(energy, rule, mixing(NeutrinoConfig()))
    there = mass_state_probabilities(
        energy, rule, mixing(NeutrinoConfig(sin2_theta23=0.4, delta_cp_deg=222.0))
    )
    np.testing.assert_allclose(here, there, atol=1e-13)


@pytest.mark.parametrize("s12", [0.0, 1e-12])
def test_without_mixing_nothing_converts(s12: float) -> None:
    mix = mixing(NeutrinoConfig(sin2_theta12=s12, sin2_theta13=0.0))
    states = mass_state_probabilities(np.geomspace(0.1, 20.0, 30), SUN.birth_density_rule("8B", 64), mix)
    np.testing.assert_allclose(states @ mix.flavour[0], 1.0, atol=1e-6)


def test_kernel_compiled_and_plain(compiled_equals_plain) -> None:
    compiled_equals_plain(arrival_weights, 7.0, 90.0, levels(mixing(NeutrinoConfig())))
    compiled_equals_plain(arrival_weights, 7.0, 90.0, levels(mixing(NeutrinoConfig(sin2_theta12=2e-4))))
