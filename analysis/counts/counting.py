"""Limits on a signal from one number: counts observed on an expected background.

Three methods. The background, if it is uncertain, is a Gaussian cut off at 0 that is averaged over
(Cousins and Highland [CH92]), in all three the same way.

- ``feldman-cousins``: the unified interval [FC98], with its ordering applied to the averaged probability.
- ``bayesian``: prior flat in s >= 0. Its tail beyond s is <P(N <= n | s + b)> / <P(N <= n | b)>, ...
- ``cls``: ... which is CLs of the count [READ02], so these two agree always, uncertain background or not.

A weighted sample gives a count that is no integer: the latter two continue the Poisson sum by the incomplete
gamma function, the first is interpolated linearly between the neighbouring integers.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaincc, roots_legendre

from analysis.counts.unified import interval
from sim.core.errors import FitError

Floats = NDArray[np.float64]
Method = Literal["feldman-cousins", "bayesian", "cls"]

METHODS: dict[str, str] = {
    "feldman-cousins": "Feldman-Cousins interval of the count",
    "bayesian": "Bayesian, prior flat in the signal counts >= 0",
    "cls": "CLs of the count",
}
_NODES = 16  # the limits move by less than 1e-4 with 40
_REACH = 5.0  # standard deviations of the background that are averaged over


class Counting(NamedTuple):
    """Counts observed, background expected and its standard deviation, all in counts."""

    observed: float
    background: float
    background_sigma: float = 0.0


class CountLimit(NamedTuple):
    """Interval of the signal counts; ``lower`` is 0 for methods that give upper limits only."""

    lower: float
    upper: float
    cl: float
    method: str


def check_level(cl: float) -> None:
    """Raise FitError unless the confidence level is within 0 and 1."""
    if not 0.0 < cl < 1.0:
        msg = f"confidence level = {cl}: must be above 0 and below 1"
        raise FitError(msg)


def _check(counting: Counting, method: str, cl: float) -> None:
    check_level(cl)
    if method not in METHODS:
        msg = f"method of a counting limit = {method!r}: one of {', '.join(METHODS)}"
        raise FitError(msg)
    for name, value in zip(Counting._fields, counting, strict=True):
        if not (math.isfinite(value) and value >= 0.0):
            msg = f"counting limit: {name} = {value}: must be a number >= 0"
            raise FitError(msg)


def background_nodes(background: float, sigma: float) -> tuple[Floats, Floats]:
    """Return background counts and their weights, float (k,), ascending: a Gaussian cut off at 0, sum 1.

    A known background (sigma = 0) is one node.
    """
    if sigma == 0.0:
        return np.array([background]), np.ones(1)
    x, w = roots_legendre(_NODES)
    low, high = max(0.0, background - _REACH * sigma), background + _REACH * sigma
    nodes = 0.5 * (high + low) + 0.5 * (high - low) * x
    weight = w * np.exp(-0.5 * ((nodes - background) / sigma) ** 2)
    return nodes, weight / weight.sum()


def _tail_limit(counting: Counting, cl: float) -> float:
    nodes, weight = background_nodes(counting.background, counting.background_sigma)
    n = counting.observed

    def tail(signal: float) -> float:
        return float(weight @ gammaincc(n + 1.0, signal + nodes))

    none = tail(0.0)
    if not none > 1e-250:
        msg = (
            f"counting limit: {n:g} counts on a background of {counting.background:g} "
            f"+- {counting.background_sigma:g} are too improbable for a limit; check the background"
        )
        raise FitError(msg)
    top = 1.0
    while tail(top) > (1.0 - cl) * none:
        top *= 2.0
    return float(brentq(lambda s: math.log(tail(s) / none / (1.0 - cl)), 0.0, top, xtol=1e-10))


def _unified_limit(counting: Counting, cl: float) -> tuple[float, float]:
    nodes, weight = background_nodes(counting.background, counting.background_sigma)
    below = math.floor(counting.observed)
    lower, upper = interval(below, nodes, weight, cl)
    part = counting.observed - below
    if part > 0.0:
        next_lower, next_upper = interval(below + 1, nodes, weight, cl)
        lower += part * (next_lower - lower)
        upper += part * (next_upper - upper)
    return lower, upper


def counting_limit(counting: Counting, method: Method, cl: float = 0.90) -> CountLimit:
    """Return the interval or upper limit of the signal counts.

    Parameters
    ----------
    counting : what was observed and expected.
    method : ``feldman-cousins``, ``bayesian`` or ``cls``, see the head of this module.
    cl : confidence (credibility) level.

    Raises
    ------
    FitError
        A negative or infinite number, an unknown method, a level outside 0 to 1, or counts that the
        background makes impossible.
    """
    _check(counting, method, cl)
    if method == "feldman-cousins":
        lower, upper = _unified_limit(counting, cl)
    else:
        lower, upper = 0.0, _tail_limit(counting, cl)
    return CountLimit(lower, upper, cl, METHODS[method])
