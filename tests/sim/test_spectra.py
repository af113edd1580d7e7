import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.config import SOLAR_COMPONENTS
from sim.physics.spectra import (
    _allowed,
    cumulative,
    density,
    endpoint,
    is_continuous,
    line_energy,
    quadrature,
    spectrum,
)

CONTINUOUS = [name for name in SOLAR_COMPONENTS if is_continuous(name)]


def test_which_are_continuous() -> None:
    assert CONTINUOUS == ["pp", "hep", "8B", "13N", "15O", "17F"]


@pytest.mark.parametrize("component", [*CONTINUOUS, "7Be"])
def test_spectra_are_normalised_and_positive(component: str) -> None:
    energy, value = spectrum(component)
    assert np.all(value >= 0.0)
    assert np.all(np.diff(energy) > 0.0)
    assert np.trapezoid(value, energy) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("component", CONTINUOUS)
def test_density_and_grid_agree(component: str) -> None:
    energy, value = spectrum(component)
    np.testing.assert_allclose(density(component, energy), value, rtol=2e-6, atol=1e-9)
    outside = np.array([-1.0, 0.0, endpoint(component), 25.0])
    np.testing.assert_array_equal(density(component, outside), 0.0)
    assert density(component, np.full((2, 3), 0.3)).shape == (2, 3)


@pytest.mark.parametrize("component", SOLAR_COMPONENTS)
def test_quadrature_and_cumulative_give_the_same_moments(component: str) -> None:
    energy, weight = quadrature(component, 64)
    assert weight.sum() == pytest.approx(1.0)
    assert np.all(weight >= 0.0)
    rank = (np.arange(40_000) + 0.5) / 40_000
    table = cumulative(component)
    drawn = np.interp(rank, table.fraction, table.energy_mev)
    for power in (1, 2):
        assert np.mean(drawn**power) == pytest.approx(np.sum(weight * energy**power), rel=2e-5)


@pytest.mark.parametrize("component", CONTINUOUS)
def test_few_nodes_suffice(component: str) -> None:
    few, many = quadrature(component, 50), quadrature(component, 800)
    assert np.sum(few.node * few.weight) == pytest.approx(np.sum(many.node * many.weight), rel=1e-6)


def test_lines() -> None:
    assert quadrature("pep").node.tolist() == [line_energy("pep")] == [1.445]
    energy, weight = quadrature("7Be")
    assert weight[energy < 0.5].sum() == pytest.approx(0.103)
    assert quadrature("13N-EC").node.tolist() == [2.220]


@settings(deadline=None, max_examples=15)
@given(st.floats(-3.0, 3.0))
def test_shift_of_8b_is_one_correlated_mode(k: float) -> None:
    plain, shifted = quadrature("8B", 100), quadrature("8B", 100, k)
    moved = np.sum(shifted.node * shifted.weight) - np.sum(plain.node * plain.weight)
    assert moved == pytest.approx(-0.0088 * k, abs=3e-4)
    assert np.trapezoid(*spectrum("8B", k)[::-1]) == pytest.approx(1.0)


def test_what_has_no_density_is_refused() -> None:
    with pytest.raises(PhysicsError, match="pep is a line"):
        density("pep", np.ones(1))
    with pytest.raises(PhysicsError, match="pep is a line"):
        spectrum("pep")
    with pytest.raises(PhysicsError, match="unknown solar component"):
        quadrature("7be")


def test_kernel_compiled_and_plain(compiled_equals_plain) -> None:
    compiled_equals_plain(_allowed, np.linspace(0.0, 0.5, 7), 0.42341, 1.0, 0.003)
