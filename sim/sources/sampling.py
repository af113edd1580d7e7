"""Random draws from tabulated densities, by their exact quantiles.

A two-dimensional table is drawn at a value between two rows by taking one of the two with the weights of
linear interpolation: that is the interpolated density, exactly.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.quantile import Quantiles, quantile, spectrum_quantiles
from sim.physics.spectra import Spectrum

Floats = NDArray[np.float64]


class RowQuantiles(NamedTuple):
    """Quantiles of a density of x for each of m row values, on n + 1 common edges; kernels take it as it is.

    rows : (m,), strictly rising; edge : (n + 1,); the rest as in ``Quantiles``, one row each.
    """

    rows: Floats
    edge: Floats
    left: Floats
    right: Floats
    cumulative: Floats
    guide: NDArray[np.int64]


@njit
def row_quantile(table: RowQuantiles, value: float, u_row: float, u_place: float) -> float:
    """Return x at a row value for two uniform numbers; outside the rows the nearest one is taken."""
    rows = table.rows
    row = min(max(int(np.searchsorted(rows, value)) - 1, 0), rows.size - 1)
    if row < rows.size - 1 and u_row * (rows[row + 1] - rows[row]) < value - rows[row]:
        row += 1
    chosen = Quantiles(table.edge, table.left[row], table.right[row], table.cumulative[row], table.guide[row])
    return quantile(chosen, u_place)


@njit
def _fill(rng: np.random.Generator, table: Quantiles, out: Floats) -> None:
    for i in range(out.size):
        out[i] = quantile(table, rng.random())


@njit
def _fill_rows(rng: np.random.Generator, table: RowQuantiles, value: Floats, out: Floats) -> None:
    for i in range(out.size):
        u_row = rng.random()
        out[i] = row_quantile(table, value[i], u_row, rng.random())


def linear_quantiles(knots: ArrayLike, density: ArrayLike) -> Quantiles:
    """Prepare a density (of any integral), linear between rising knots; PhysicsError if it is none."""
    x = np.asarray(knots, dtype=np.float64)
    y = np.asarray(density, dtype=np.float64)
    if x.ndim != 1 or x.size < 2 or y.shape != x.shape:
        msg = f"{x.size} knots for a density of shape {y.shape}: expected one value a knot, at least two"
        raise PhysicsError(msg)
    return spectrum_quantiles(Spectrum(x, y))


def row_quantiles(rows: ArrayLike, knots: ArrayLike, density: ArrayLike) -> RowQuantiles:
    """Prepare densities of x, one for each row value; each row is normalised on its own.

    Parameters
    ----------
    rows : float (m,), strictly rising.
    knots : float (n,), strictly rising, common to all rows.
    density : float (m, n), >= 0, no row all zero.

    Raises
    ------
    PhysicsError
        Shapes that do not fit, rows or knots that do not rise, a row that is no density.
    """
    r = np.ascontiguousarray(rows, dtype=np.float64)
    y = np.asarray(density, dtype=np.float64)
    if y.ndim != 2 or len(y) != r.size or r.size == 0 or np.any(np.diff(r) <= 0.0):
        msg = f"density of shape {y.shape} for {r.size} rows: expected one line a row, rows rising"
        raise PhysicsError(msg)
    tables = [linear_quantiles(knots, row) for row in y]
    stacked = [np.stack(column) for column in zip(*tables, strict=True)]
    return RowQuantiles(r, tables[0].edge_mev, *stacked[1:])


def sample(rng: np.random.Generator, table: Quantiles, n: int) -> Floats:
    """Draw n values, float (n,)."""
    out = np.empty(n)
    _fill(rng, table, out)
    return out


def sample_rows(rng: np.random.Generator, table: RowQuantiles, value: Floats) -> Floats:
    """Draw one x for each row value, float (n,)."""
    out = np.empty(value.size)
    _fill_rows(rng, table, np.ascontiguousarray(value, dtype=np.float64), out)
    return out
