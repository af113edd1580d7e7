"""The binned Poisson likelihood with penalty terms, value and gradient compiled.

``chi2 = 2 sum(nu - n + n ln(n/nu))`` is the likelihood ratio to the saturated model [BAKER84]: -2 ln L up to
a constant, and a goodness of fit as it is.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.expectation import Bins, Grid, Work, backward, forward, join, spread
from analysis.model import Model
from analysis.pulls import Constraint
from analysis.response import Response
from sim.core.jit import njit

Floats = NDArray[np.float64]

_SMALLEST = 1e-12  # counts; an expectation below is taken as this, with the slope it has there


class Data(NamedTuple):
    """Counts of the fit bins and buffers, all (n_bins,) but the last, (n_unit,)."""

    counts: Floats
    joined: Floats
    slope: Floats
    unit: Floats
    by_unit: Floats


@njit
def poisson_chi2(counts: Floats, expected: Floats, slope: Floats) -> float:
    """Return the chi2 of [BAKER84] and fill its derivative by the expectation, all (n,)."""
    total = 0.0
    for i in range(counts.size):
        n = counts[i]
        nu = max(expected[i], _SMALLEST)
        if n > 0.0:
            total += 2.0 * (nu - n + n * math.log(n / nu))
        else:
            total += 2.0 * nu
        slope[i] = 2.0 * (1.0 - n / nu)
    return total


@njit
def _evaluate(
    shape: int,
    grid: Grid,
    bins: Bins,
    response: Response,
    work: Work,
    data: Data,
    theta: Floats,
    gradient: Floats,
) -> float:
    forward(shape, grid, bins, response, theta, work, data.unit)
    join(data.unit, bins.width, data.joined)
    value = poisson_chi2(data.counts, data.joined, data.slope)
    spread(data.slope, bins.width, data.by_unit)
    backward(shape, grid, bins, response, theta, work, data.by_unit, gradient)
    return value


@dataclass(frozen=True)
class Likelihood:
    """-2 ln L of one data set under one model; made by ``build_likelihood``.

    Attributes
    ----------
    model : expected spectrum.
    data : counts and buffers.
    constraints : penalty terms, added as ((c . theta - value)/sigma)^2.
    """

    model: Model
    data: Data
    constraints: tuple[Constraint, ...]

    def evaluate(self, theta: Floats, gradient: Floats) -> float:
        """Return -2 ln L and fill its gradient; both float (n_parameters,), order of ``parameters.NAMES``."""
        m = self.model
        value = float(_evaluate(m.shape, m.grid, m.bins, m.response, m.work, self.data, theta, gradient))
        for constraint in self.constraints:
            pull = constraint.pull(theta)
            value += pull * pull
            gradient += 2.0 * pull / constraint.sigma * constraint.coefficients
        return value

    def information(self, theta: Floats) -> Floats:
        """Return the expected second derivatives of -2 ln L, float (n_parameters, n_parameters)."""
        by_parameter = self.model.jacobian(theta)
        expected = np.maximum(self.model.expected(theta), _SMALLEST)
        out = 2.0 * (by_parameter / expected) @ by_parameter.T
        for constraint in self.constraints:
            out += 2.0 * np.outer(constraint.coefficients, constraint.coefficients) / constraint.sigma**2
        return np.asarray(out)

    def with_counts(self, counts: Floats) -> "Likelihood":
        """Return the likelihood of other counts, float (n_bins,), of the same bins (toys)."""
        return replace(self, data=_buffers(self.model, counts))

    def with_constraints(self, *more: Constraint) -> "Likelihood":
        """Return the likelihood with further penalty terms."""
        return replace(self, constraints=(*self.constraints, *more))


def _buffers(model: Model, counts: Floats) -> Data:
    n, n_unit = model.n_bins, model.bins.n_unit
    return Data(
        np.ascontiguousarray(counts, dtype=np.float64),
        np.empty(n),
        np.empty(n),
        np.empty(n_unit),
        np.empty(n_unit),
    )


def build_likelihood(model: Model, counts: Floats, constraints: tuple[Constraint, ...]) -> Likelihood:
    """Join a model and data.

    Parameters
    ----------
    model : expected spectrum.
    counts : float (model.n_bins,), or of the unit bins, which are then joined.
    constraints : penalty terms.

    Raises
    ------
    ValueError
        Another number of bins.
    """
    values = np.asarray(counts, dtype=np.float64)
    if values.size == model.bins.n_unit:
        joined = np.empty(model.n_bins)
        join(np.ascontiguousarray(values), model.bins.width, joined)
        values = joined
    if values.shape != (model.n_bins,):
        msg = f"{values.size} bins of data for {model.n_bins} bins of the model"
        raise ValueError(msg)
    return Likelihood(model, _buffers(model, values), constraints)
