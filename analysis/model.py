"""The expected spectrum for a set of parameters: which nodes, which species, and the kernels put to work."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.expectation import (
    REACH_DOWN,
    REACH_UP,
    SCALED,
    Bins,
    Grid,
    Work,
    fill_jacobian,
    forward,
    join,
)
from analysis.lineshape import Shape
from analysis.nodes import STEEP_MEV, close_nodes, place, straight_nodes, wide_nodes
from analysis.parameters import INDEX, NAMES, SOLAR_RATES
from analysis.response import Response, electron_moments
from analysis.species import BETAS, EDGES_MEV, EXTERNAL, Spectra

Floats = NDArray[np.float64]

_YIELD_SPAN = 0.15  # a fit may move the light yield by this without running out of nodes


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
        fill_jacobian(self.shape, self.grid, self.bins, self.response, theta, self.work, out)
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
        kept.append((mean + REACH_UP * sigma > low) & (mean - REACH_DOWN * sigma < high))
    use = energy[kept[0] | kept[1]]
    return float(use.min()), float(use.max())


def _band(response: Response, energy_mev: float, step: float) -> int:
    """Length of the longest row, with room for a resolution 1.5 times worse than the response's."""
    r = response
    m = electron_moments.py_func(r, r.light_yield, r.resolution_a, r.yield_variance, 0.0, energy_mev)  # type: ignore[attr-defined]
    return int(1.5 * (REACH_DOWN + REACH_UP) * math.sqrt(m.variance) / step) + 3


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
    species = [
        *((name, 0) for name in (*SOLAR_RATES, *BETAS, *EXTERNAL)),
        *((name, 1) for name in SOLAR_RATES),
    ]
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
