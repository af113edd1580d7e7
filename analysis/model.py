"""The expected spectrum for a set of parameters, and what its gradient needs, compiled.

Every electron-like species lives on the same nodes in visible energy; so the line shapes are evaluated once a
node (about 200) and not once a species. A node's row spans the bins where it matters. ``210Po`` is one more
node with its own moments, ``11C`` has nodes that move with the start of the positron's spectrum.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.lineshape import Shape, fill_row
from analysis.nodes import STEEP_MEV, close_nodes, place, straight_nodes, wide_nodes
from analysis.parameters import (
    C11_START,
    GAIN_SKEW,
    INDEX,
    LIGHT_YIELD,
    MU_SQUARED,
    NAMES,
    PO210_PEAK,
    PO210_WIDTH,
    RATE_PO210,
    RESOLUTION_A,
    SOLAR_RATES,
    YIELD_VARIANCE,
)
from analysis.response import Response, electron_moments
from analysis.species import BETAS, EDGES_MEV, Spectra
from sim.core.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SCALED = 100  # added to the code of a shape whose third cumulant is that of a scaled Poisson
_REACH_DOWN, _REACH_UP = 6.0, 7.5  # standard deviations below and above the mean that a row spans
_YIELD_SPAN = 0.15  # a fit may move the light yield by this without running out of nodes


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
    begin = max(math.floor((mean - _REACH_DOWN * sigma - bins.first) / bins.step), 0)
    end = min(math.ceil((mean + _REACH_UP * sigma - bins.first) / bins.step) + 1, bins.n_unit)
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
def _jacobian(
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


@dataclass(frozen=True)
class Model:
    """The expected spectrum of one configuration; made by ``build_model``."""

    shape: int
    grid: Grid
    bins: Bins
    response: Response
    ssm_cpd_100t: dict[str, float]
    work: Work
    unit: Floats

    @property
    def n_bins(self) -> int:
        """Number of fit bins."""
        return self.bins.n_unit // self.bins.width

    def centres(self) -> Floats:
        """Return the centres of the fit bins, float (n_bins,)."""
        place = (np.arange(self.n_bins) + 0.5) * self.bins.width - 0.5
        return np.asarray(self.bins.first + self.bins.step * place, dtype=np.float64)

    def expected(self, theta: Floats) -> Floats:
        """Return the expected counts of the fit bins, float (n_bins,); theta as ``parameters.NAMES``."""
        forward(self.shape, self.grid, self.bins, self.response, theta, self.work, self.unit)
        out = np.empty(self.n_bins)
        join(self.unit, self.bins.width, out)
        return out

    def jacobian(self, theta: Floats) -> Floats:
        """Return d(expected)/d(parameters), float (n_parameters, n_bins)."""
        forward(self.shape, self.grid, self.bins, self.response, theta, self.work, self.unit)
        out = np.empty((len(NAMES), self.bins.n_unit))
        _jacobian(self.shape, self.grid, self.bins, self.response, theta, self.work, out)
        return np.asarray(out.reshape(len(NAMES), self.n_bins, self.bins.width).sum(axis=2), dtype=np.float64)

    def component(self, theta: Floats, name: str) -> Floats:
        """Return the expected counts of one rate alone (``pp``, ``210Po`` ...), magnetic part included."""
        alone = theta.copy()
        for i, other in enumerate(NAMES):
            if other.startswith("rate_") and other != f"rate_{name}":
                alone[i] = 0.0
        return self.expected(alone)


def _reachable(
    response: Response, low: float, high: float, *, first_mev: float, last_mev: float
) -> tuple[float, float]:
    """Visible energies between which a node can reach estimator values low to high, for any light yield."""
    energy = np.linspace(first_mev, last_mev, 4000)
    kept = []
    for factor in (1.0 - _YIELD_SPAN, 1.0 + _YIELD_SPAN):
        moments = [
            electron_moments.py_func(  # type: ignore[attr-defined]
                response,
                response.light_yield * factor,
                response.resolution_a,
                response.yield_variance,
                0.0,
                e,
            )
            for e in energy
        ]
        mean = np.array([m.mean for m in moments])
        sigma = np.sqrt([m.variance for m in moments])
        kept.append((mean + _REACH_UP * sigma > low) & (mean - _REACH_DOWN * sigma < high))
    use = energy[kept[0] | kept[1]]
    return float(use.min()), float(use.max())


def _band(response: Response, energy_mev: float, step: float) -> int:
    """Length of the longest row, with room for a resolution 1.5 times worse than the response's."""
    r = response
    m = electron_moments.py_func(r, r.light_yield, r.resolution_a, r.yield_variance, 0.0, energy_mev)  # type: ignore[attr-defined]
    return int(1.5 * (_REACH_DOWN + _REACH_UP) * math.sqrt(m.variance) / step) + 3


def build_model(spectra: Spectra, response: Response, shape: int, bins: Bins) -> Model:
    """Place the species on nodes and make the buffers.

    Parameters
    ----------
    spectra : the species.
    response : constants of the estimator.
    shape : a ``Shape``, plus 100 where the third cumulant is that of a scaled Poisson.
    bins : bins, their joining and the exposure.
    """
    low = bins.first - 0.5 * bins.step
    high = low + bins.step * bins.n_unit
    first, last = _reachable(response, low, high, first_mev=0.02, last_mev=float(EDGES_MEV[-1]) - 0.01)
    centres = 0.5 * (EDGES_MEV[1:] + EDGES_MEV[:-1])
    root = np.sqrt(centres)
    species = [*((name, 0) for name in (*SOLAR_RATES, *BETAS)), *((name, 1) for name in SOLAR_RATES)]
    sources = [(spectra.magnetic if magnetic else spectra.weak)[name] for name, magnetic in species]
    species.append(("pile_up", 0))
    sources.append(spectra.pile_up)
    # the 14C edge is seen through the far tail of the line shape and needs close nodes, the rest does not
    divide = min(max(STEEP_MEV, first + 1e-3), last - 1e-3)
    steep = centres < divide
    close, wide = close_nodes(first, divide, response), wide_nodes(divide, last, response)
    contents = [
        np.concatenate(
            [
                place(root[steep], values[steep], np.sqrt(close)),
                place(root[~steep], values[~steep], np.sqrt(wide)),
            ]
        )
        for values in sources
    ]
    common = np.concatenate([close, wide])
    top = float(centres[np.nonzero(spectra.positron)[0][-1]])
    moving = straight_nodes(top, response)
    carbon = place(centres, spectra.positron, moving)
    n_common, n_moving = common.size, moving.size
    grid = Grid(
        energy_mev=np.concatenate([common, moving]),
        spread_mev2=np.concatenate(
            [np.zeros(n_common), np.full(n_moving, spectra.annihilation.variance_mev2)]
        ),
        moves=np.concatenate([np.zeros(n_common, np.int64), np.ones(n_moving, np.int64)]),
        contents=np.vstack(
            [
                np.hstack([np.array(contents), np.zeros((len(contents), n_moving))]),
                np.hstack([np.zeros(n_common), carbon])[None, :],
            ]
        ),
        rate=np.array([*(INDEX[f"rate_{name}"] for name, _ in species), INDEX["rate_11C"]], dtype=np.int64),
        magnetic=np.array([*(magnetic for _, magnetic in species), 0], dtype=np.int64),
        po210=1.0,
        template=np.zeros((0, bins.n_unit)),
        template_rate=np.zeros(0, np.int64),
        template_magnetic=np.zeros(0, np.int64),
    )
    n_rows = n_common + n_moving + 1
    work = Work(
        rows=np.zeros((n_rows, 4, min(_band(response, last, bins.step), bins.n_unit))),
        begin=np.zeros(n_rows, np.int64),
        length=np.zeros(n_rows, np.int64),
        moments=np.zeros((n_rows, 8)),
        source=np.zeros(n_rows),
    )
    return Model(shape, grid, bins, response, spectra.ssm_cpd_100t, work, np.zeros(bins.n_unit))


def shape_code(name: str) -> int:
    """Return the code of a line shape of the card."""
    return {
        "cumulant": int(Shape.CUMULANT),
        "scaled_poisson": int(Shape.CUMULANT) + SCALED,
        "generalised_gamma": int(Shape.GENERALISED_GAMMA),
        "gaussian": int(Shape.GAUSSIAN),
    }[name]
