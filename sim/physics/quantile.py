"""Exact quantiles of tabulated densities: energies from uniform numbers, without interpolation error.

A density is linear in each cell (from a spectrum) or constant (from bins); its cumulative is then a parabola
that is inverted in closed form. A guide table finds the cell in constant time on average.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.spectra import Spectrum

Floats = NDArray[np.float64]


class Quantiles(NamedTuple):
    """Cells of a density with integral 1; kernels take it as it is.

    edge_mev : (n + 1,); left, right : (n,), density at the ends of each cell; cumulative : (n + 1,);
    guide : int (n,), first cell that can hold the quantile u in [i/n, (i+1)/n).
    """

    edge_mev: Floats
    left: Floats
    right: Floats
    cumulative: Floats
    guide: NDArray[np.int64]


def _assemble(edge: Floats, left: Floats, right: Floats) -> Quantiles:
    width = np.diff(edge)
    with np.errstate(invalid="ignore"):
        mass = 0.5 * width * (left + right)
    total = float(mass.sum())
    if not (np.all(width > 0.0) and min(left.min(), right.min()) >= 0.0 and 0.0 < total < math.inf):
        msg = "a density to be sampled needs increasing energies, values >= 0 and a positive integral"
        raise PhysicsError(msg)
    cumulative = np.concatenate([[0.0], np.cumsum(mass) / total])
    cumulative[-1] = 1.0
    levels = np.arange(len(mass)) / len(mass)
    guide = np.clip(np.searchsorted(cumulative, levels, side="right") - 1, 0, len(mass) - 1)
    return Quantiles(edge, left / total, right / total, cumulative, guide.astype(np.int64))


def spectrum_quantiles(spectrum: Spectrum) -> Quantiles:
    """Prepare a piecewise-linear spectrum for sampling; PhysicsError if it is no density."""
    energy = np.ascontiguousarray(spectrum.energy_mev, dtype=np.float64)
    density = np.ascontiguousarray(spectrum.density_per_mev, dtype=np.float64)
    return _assemble(energy, density[:-1].copy(), density[1:].copy())


@njit
def quantile(table: Quantiles, uniform: float) -> float:
    """Return the energy [MeV] below which the fraction ``uniform`` (0 to 1) of the density lies."""
    cells = table.left.size
    i = table.guide[min(int(uniform * cells), cells - 1)]
    while i < cells - 1 and table.cumulative[i + 1] <= uniform:
        i += 1
    rest = max(uniform - table.cumulative[i], 0.0)
    width = table.edge_mev[i + 1] - table.edge_mev[i]
    left = table.left[i]
    slope = (table.right[i] - left) / width
    root = left + math.sqrt(max(left * left + 2.0 * slope * rest, 0.0))
    step = 2.0 * rest / root if root > 0.0 else 0.0
    return float(table.edge_mev[i] + min(step, width))


def mean_energy(spectrum: Spectrum) -> float:
    """Return the mean energy [MeV] of a piecewise-linear spectrum, integrated exactly."""
    x, y = spectrum.energy_mev, spectrum.density_per_mev
    width = np.diff(x)
    first = width / 6.0 * (x[:-1] * (2.0 * y[:-1] + y[1:]) + x[1:] * (y[:-1] + 2.0 * y[1:]))
    mass = 0.5 * width * (y[:-1] + y[1:])
    return float(first.sum() / mass.sum())
