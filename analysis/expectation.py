"""Kernels of the expected spectrum: forward, its gradient backward, and its derivatives by parameter.

Every electron-like species lives on the same nodes in visible energy; so the line shapes are evaluated once a
node (about 200) and not once a species. A node's row spans the bins where it matters. ``210Po`` is one more
node with its own moments, ``11C`` has nodes that move with the start of the positron's spectrum.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.lineshape import fill_row
from analysis.parameters import (
    C11_START,
    GAIN_SKEW,
    LIGHT_YIELD,
    MU_SQUARED,
    PO210_PEAK,
    PO210_WIDTH,
    RATE_PO210,
    RESOLUTION_A,
    YIELD_VARIANCE,
)
from analysis.response import Response, electron_moments
from sim.core.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCALED = 100  # added to the code of a shape whose third cumulant is that of a scaled Poisson
REACH_DOWN, REACH_UP = 6.0, 7.5  # standard deviations below and above the mean that a row spans


class Grid(NamedTuple):
    """Nodes and what stands on them; kernels take it as it is.

    Attributes
    ----------
    energy_mev, spread_mev2 : (n_nodes,), visible energy and its extra variance.
    moves : (n_nodes,), 1 where the energy is counted from the start of 11C.
    contents : (n_shapes, n_nodes), counts a day and 100 t for amplitude 1.
    rate, magnetic : (n_shapes,), parameter that is the amplitude; whether mu^2 multiplies it.
    po210 : 1, or 0 where a template stands for it.
    template : (n_templates, n_unit), counts a day and 100 t in the bins for amplitude 1.
    template_rate, template_magnetic : (n_templates,), as above.
    """

    energy_mev: Floats
    spread_mev2: Floats
    moves: Ints
    contents: Floats
    rate: Ints
    magnetic: Ints
    po210: float
    template: Floats
    template_rate: Ints
    template_magnetic: Ints


class Bins(NamedTuple):
    """Bins of the estimator: first centre, number of bins, how many make one fit bin, exposure, bin width."""

    first: float
    n_unit: int
    width: int
    exposure_d_100t: float
    step: float


class Work(NamedTuple):
    """Buffers of one model: rows (n_rows, 4, band), their first bin and length, moments and source."""

    rows: Floats
    begin: Ints
    length: Ints
    moments: Floats  # (n_rows, 8), see _electron_row
    source: Floats  # (n_rows,)


@njit
def _amplitude(grid: Grid, theta: Floats, s: int) -> float:
    amplitude = float(theta[grid.rate[s]])
    return amplitude * float(theta[MU_SQUARED]) if grid.magnetic[s] else amplitude


@njit
def _electron_row(shape: int, grid: Grid, response: Response, theta: Floats, j: int, moments: Floats) -> None:
    energy = grid.energy_mev[j] + (theta[C11_START] if grid.moves[j] else 0.0)
    m = electron_moments(
        response, theta[LIGHT_YIELD], theta[RESOLUTION_A], theta[YIELD_VARIANCE], theta[GAIN_SKEW], energy
    )
    variance = m.variance + grid.spread_mev2[j] * m.mean_by_energy * m.mean_by_energy
    moments[0] = m.mean
    moments[1] = variance
    moments[2] = variance * variance / m.mean if shape >= SCALED else m.third
    moments[3] = m.mean_by_yield
    moments[4] = m.mean_by_energy
    moments[5] = m.variance_by_mean
    moments[6] = m.third_by_mean
    moments[7] = m.mean_by_energy_2


@njit
def _fill_row(shape: int, bins: Bins, j: int, work: Work) -> None:
    mean, variance, third = work.moments[j, 0], work.moments[j, 1], work.moments[j, 2]
    sigma = math.sqrt(variance)
    begin = max(math.floor((mean - REACH_DOWN * sigma - bins.first) / bins.step), 0)
    end = min(math.ceil((mean + REACH_UP * sigma - bins.first) / bins.step) + 1, bins.n_unit)
    length = min(max(end - begin, 0), work.rows.shape[2])
    work.begin[j] = begin
    work.length[j] = length
    if length > 0:
        family = shape - SCALED if shape >= SCALED else shape
        first = bins.first + begin * bins.step
        fill_row(family, first, bins.step, (mean, variance, third), work.rows[j, :, :length])


@njit
def forward(
    shape: int, grid: Grid, bins: Bins, response: Response, theta: Floats, work: Work, expected: Floats
) -> None:
    """Fill ``expected`` (n_unit,) with counts and the work space with what the gradient needs."""
    expected[:] = 0.0
    n_nodes = grid.energy_mev.size
    for j in range(n_nodes + 1):
        if j < n_nodes:
            _electron_row(shape, grid, response, theta, j, work.moments[j])
            source = 0.0
            for s in range(grid.rate.size):
                source += _amplitude(grid, theta, s) * grid.contents[s, j]
        else:
            variance = theta[PO210_WIDTH] * theta[PO210_WIDTH]
            work.moments[j, 0] = theta[PO210_PEAK]
            work.moments[j, 1] = variance
            work.moments[j, 2] = variance * variance / theta[PO210_PEAK]
            source = theta[RATE_PO210] * grid.po210
        source *= bins.exposure_d_100t
        work.source[j] = source
        _fill_row(shape, bins, j, work)
        begin = work.begin[j]
        for k in range(work.length[j]):
            expected[begin + k] += source * work.rows[j, 0, k]
    for t in range(grid.template_rate.size):
        amplitude = theta[grid.template_rate[t]] * bins.exposure_d_100t
        if grid.template_magnetic[t]:
            amplitude *= theta[MU_SQUARED]
        for k in range(expected.size):
            expected[k] += amplitude * grid.template[t, k]


@njit
def _coefficients(
    shape: int, grid: Grid, bins: Bins, response: Response, theta: Floats, work: Work, j: int, out: Floats
) -> None:
    """Fill ``out`` (n_parameters, 4): d(expected of row j) = out . (density and its three derivatives)."""
    out[:] = 0.0
    source = work.source[j]
    mean, variance = work.moments[j, 0], work.moments[j, 1]
    # with the third cumulant of a scaled Poisson, variance^2 / mean, its derivative belongs to the others
    third_by_mean_alone = -variance * variance / (mean * mean)
    third_by_variance = 2.0 * variance / mean
    if j == grid.energy_mev.size:
        out[PO210_PEAK, 1] = source
        out[PO210_PEAK, 3] = source * third_by_mean_alone
        by_width = 2.0 * theta[PO210_WIDTH] * source
        out[PO210_WIDTH, 2] = by_width
        out[PO210_WIDTH, 3] = by_width * third_by_variance
        out[RATE_PO210, 0] = bins.exposure_d_100t * grid.po210
        return
    for s in range(grid.rate.size):
        content = grid.contents[s, j] * bins.exposure_d_100t
        if grid.magnetic[s]:
            out[grid.rate[s], 0] += content * theta[MU_SQUARED]
            out[MU_SQUARED, 0] += content * theta[grid.rate[s]]
        else:
            out[grid.rate[s], 0] += content
    a, v, skew = theta[RESOLUTION_A], theta[YIELD_VARIANCE], theta[GAIN_SKEW]
    yield_slope, energy_slope = work.moments[j, 3], work.moments[j, 4]
    variance_slope, third_slope = work.moments[j, 5], work.moments[j, 6]
    m = theta[LIGHT_YIELD] * yield_slope
    root = math.sqrt(max(v, 0.0))
    stretch = 2.0 * grid.spread_mev2[j] * energy_slope
    out[LIGHT_YIELD, 1] = yield_slope
    out[LIGHT_YIELD, 2] = variance_slope * yield_slope + stretch * energy_slope / theta[LIGHT_YIELD]
    out[LIGHT_YIELD, 3] = third_slope * yield_slope
    out[RESOLUTION_A, 2] = m
    out[RESOLUTION_A, 3] = response.skew_factor * (m * (2.0 * a + 3.0 * m * v) + response.floor_variance)
    out[YIELD_VARIANCE, 2] = m * m
    out[YIELD_VARIANCE, 3] = m * m * (response.skew_factor * 3.0 * a + 1.5 * skew * root * m)
    out[GAIN_SKEW, 3] = root**3 * m * m * m
    if grid.moves[j]:
        out[C11_START, 1] = energy_slope
        out[C11_START, 2] = variance_slope * energy_slope + stretch * work.moments[j, 7]
        out[C11_START, 3] = third_slope * energy_slope
    for p in (LIGHT_YIELD, RESOLUTION_A, YIELD_VARIANCE, GAIN_SKEW, C11_START):
        if shape >= SCALED:
            out[p, 3] = third_by_mean_alone * out[p, 1] + third_by_variance * out[p, 2]
        for i in range(1, 4):
            out[p, i] *= source


@njit
def backward(
    shape: int,
    grid: Grid,
    bins: Bins,
    response: Response,
    theta: Floats,
    work: Work,
    by_bin: Floats,
    gradient: Floats,
) -> None:
    """Turn d/d(expected), ``by_bin`` (n_unit,), into d/d(parameters); to be called after ``forward``."""
    gradient[:] = 0.0
    coefficients = np.empty((gradient.size, 4))
    sums = np.empty(4)
    for j in range(work.source.size):
        begin = work.begin[j]
        length = work.length[j]
        if length == 0:
            continue
        for i in range(4):
            total = 0.0
            for k in range(length):
                total += by_bin[begin + k] * work.rows[j, i, k]
            sums[i] = total
        _coefficients(shape, grid, bins, response, theta, work, j, coefficients)
        for p in range(gradient.size):
            for i in range(4):
                gradient[p] += coefficients[p, i] * sums[i]
    for t in range(grid.template_rate.size):
        total = 0.0
        for k in range(by_bin.size):
            total += by_bin[k] * grid.template[t, k]
        total *= bins.exposure_d_100t
        rate = grid.template_rate[t]
        if grid.template_magnetic[t]:
            gradient[rate] += total * theta[MU_SQUARED]
            gradient[MU_SQUARED] += total * theta[rate]
        else:
            gradient[rate] += total


@njit
def fill_jacobian(
    shape: int, grid: Grid, bins: Bins, response: Response, theta: Floats, work: Work, out: Floats
) -> None:
    """Fill ``out`` (n_parameters, n_unit) with d(expected)/d(parameters); to be called after ``forward``."""
    out[:] = 0.0
    coefficients = np.empty((out.shape[0], 4))
    for j in range(work.source.size):
        begin = work.begin[j]
        length = work.length[j]
        if length == 0:
            continue
        _coefficients(shape, grid, bins, response, theta, work, j, coefficients)
        for p in range(out.shape[0]):
            for i in range(4):
                c = coefficients[p, i]
                if c != 0.0:
                    for k in range(length):
                        out[p, begin + k] += c * work.rows[j, i, k]
    for t in range(grid.template_rate.size):
        rate = grid.template_rate[t]
        for k in range(out.shape[1]):
            content = grid.template[t, k] * bins.exposure_d_100t
            if grid.template_magnetic[t]:
                out[rate, k] += content * theta[MU_SQUARED]
                out[MU_SQUARED, k] += content * theta[rate]
            else:
                out[rate, k] += content


@njit
def join(unit: Floats, width: int, out: Floats) -> None:
    """Sum every ``width`` bins of ``unit`` (n width,) into ``out`` (n,)."""
    for i in range(out.size):
        total = 0.0
        for k in range(width):
            total += unit[i * width + k]
        out[i] = total


@njit
def spread(joined: Floats, width: int, out: Floats) -> None:
    """Copy every value of ``joined`` (n,) to its ``width`` bins of ``out`` (n width,)."""
    for i in range(joined.size):
        for k in range(width):
            out[i * width + k] = joined[i]
