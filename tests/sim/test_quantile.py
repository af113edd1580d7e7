"""Exact quantiles of tabulated densities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.core.errors import PhysicsError
from sim.physics.quantile import mean_energy, quantile, spectrum_quantiles
from sim.physics.spectra import Spectrum

VALUES = arrays(float, 12, elements=st.floats(0.0, 10.0)).filter(lambda v: v[1:-1].max() > 1e-3)
EDGES = np.cumsum(np.linspace(0.1, 1.3, 12))


def area_below(x, y, at):
    grid = np.append(x[x < at], at)
    return np.trapezoid(np.interp(grid, x, y), grid) / np.trapezoid(y, x)


@given(VALUES, st.floats(0.0, 1.0))
def test_quantile_inverts_the_area(values, uniform):
    table = spectrum_quantiles(Spectrum(EDGES, values))
    found = quantile(table, uniform)
    assert EDGES[0] <= found <= EDGES[-1]
    assert area_below(EDGES, values, found) == pytest.approx(uniform, abs=1e-9)


@given(VALUES)
def test_quantiles_never_fall(values):
    table = spectrum_quantiles(Spectrum(EDGES, values))
    found = np.array([quantile(table, u) for u in np.linspace(0, 1, 200)])
    assert np.all(np.diff(found) >= -1e-12)


def test_mean_energy_of_a_triangle():
    assert mean_energy(Spectrum(np.array([0.0, 3.0]), np.array([0.0, 2.0]))) == pytest.approx(2.0)


def test_densities_that_cannot_be_sampled(compiled_equals_plain):
    compiled_equals_plain(quantile, spectrum_quantiles(Spectrum(np.arange(4.0), np.ones(4))), 0.7)
    for energy, density in (
        ([0.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
        ([0.0, 1.0, 2.0], [1.0, 1.0, -1.0]),
        ([0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
    ):
        with pytest.raises(PhysicsError, match="density"):
            spectrum_quantiles(Spectrum(np.array(energy), np.array(density)))
