"""Limits on a signal's strength by the likelihood ratio, its distribution from toys: right for few counts.

The statistic is the profile-likelihood ratio with the boundary s >= 0. Its distribution at a signal s comes
from toy spectra with that signal; constrained backgrounds are drawn from their constraints, free ones stand
at their best fit to the data for that s.

- ``feldman-cousins``: two-sided statistic; the upper end of the unified interval [FC98] with nuisances.
- ``cls``: one-sided statistic (0 below the best signal), tail with signal over tail without [READ02].

The tails at several signals are smoothed by a parabola in their logarithm, whose crossing with 1 - cl is the
limit: 2000 toys place it to about 2 %. The tail of a lone count has steps, which this smooths away: take
``analysis.counts.counting`` there.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.counts.crossing import best_value, start_scales, summarise, value_at
from analysis.counts.scales import Templates, best_scales
from analysis.counts.sensitivity import draw_counts
from analysis.counts.strength import (
    Binned,
    Prepared,
    StrengthLimit,
    assemble,
    check_method,
    prepare,
    upper_counts,
)
from sim.core.errors import FitError
from sim.core.jit import njit

Floats = NDArray[np.float64]
Method = Literal["feldman-cousins", "cls"]

METHODS: dict[str, str] = {
    "feldman-cousins": "Feldman-Cousins, likelihood ratio, toys",
    "cls": "CLs, likelihood ratio, toys",
}
_POINTS = 13
_SAME = 1e-7  # statistics closer than this are equal
_LEAST_TOYS = 100
_EXTENSIONS = 8


@njit
def _statistic(counts: Floats, templates: Templates, signal: float, one_sided: bool) -> float:
    best, least = best_value(counts, templates)
    if one_sided and best >= signal:
        return 0.0
    difference = value_at(counts, templates, signal) - least
    return difference if not difference < 0.0 else 0.0


@njit
def _tail(counts: Floats, templates: Templates, signal: float, one_sided: bool, observed: float) -> float:
    """Return the part of the toys with a statistic of at least the observed one; NaN if a fit failed."""
    above = 0
    for t in range(counts.shape[0]):
        value = _statistic(counts[t], templates, signal, one_sided)
        if math.isnan(value):
            return math.nan
        above += value >= observed - _SAME
    return float(above / counts.shape[0])


def _conditional(prepared: Prepared, signal: float) -> Floats:
    scales = start_scales(prepared.counts, prepared.templates)
    scales[0] = signal
    best_scales(prepared.counts, prepared.templates, True, scales)
    return scales


def tail_probability(
    prepared: Prepared, signal: float, method: Method, rng: np.random.Generator, n_toys: int
) -> float:
    """Return the p-value (``feldman-cousins``) or CLs of a signal in counts, from ``n_toys`` toys.

    Raises
    ------
    FitError
        A fit of a toy did not converge.
    """
    templates, one_sided = prepared.templates, method == "cls"
    observed = float(_statistic(prepared.counts, templates, signal, one_sided))
    toys = draw_counts(prepared, _conditional(prepared, signal), rng, n_toys)
    tail = _tail(toys, templates, signal, one_sided, observed)
    if one_sided:
        background = draw_counts(prepared, _conditional(prepared, 0.0), rng, n_toys)
        tail /= max(_tail(background, templates, signal, one_sided, observed), 1.0 / n_toys)
    if math.isnan(tail):
        msg = f"limit from toys: a fit at {signal * prepared.unit:g} did not converge"
        raise FitError(msg)
    return min(tail, 1.0)


def _smooth_crossing(signal: Floats, tail: Floats, n_toys: int, target: float) -> float:
    """Return where a parabola through ln(tail), weighted by counting errors, falls through ln(target)."""
    use = (tail > 0.2 * target) & (tail < min(4.0 * target, 0.9))
    if use.sum() < 4:
        below = int(np.argmax(tail <= target))
        here = slice(below - 1, below + 1) if below > 0 else slice(0, 2)
        return float(np.interp(target, tail[here][::-1], signal[here][::-1]))
    error = np.sqrt((1.0 - tail[use]) / (tail[use] * n_toys))
    middle, width = float(signal[use].mean()), float(np.ptp(signal[use]))
    c2, c1, c0 = np.polyfit(
        (signal[use] - middle) / width, np.log(tail[use]) - math.log(target), 2, w=1.0 / error
    )
    fine = np.linspace(signal[use].min(), signal[use].max(), 2001)
    x = (fine - middle) / width
    above = np.nonzero(c0 + c1 * x + c2 * x * x >= 0.0)[0]
    return float(fine[above[-1]] if above.size else fine[0])


def toy_limit(
    binned: Binned,
    rng: np.random.Generator,
    method: Method = "feldman-cousins",
    n_toys: int = 2000,
    cl: float = 0.90,
) -> StrengthLimit:
    """Return best strength, interval (Delta < 1) and an upper limit from toys.

    Parameters
    ----------
    binned : counts, signal and backgrounds.
    rng : random numbers.
    method : ``feldman-cousins`` or ``cls``, see the head of this module.
    n_toys : toys at each of about a dozen strengths, at least 100.
    cl : confidence level.

    Raises
    ------
    FitError
        An unusable spectrum, method, level or number of toys, or a fit that does not converge.
    """
    check_method(method, cl, METHODS)
    if n_toys < _LEAST_TOYS:
        msg = f"limit from toys: number of toys = {n_toys}: must be at least {_LEAST_TOYS}"
        raise FitError(msg)
    prepared = prepare(binned)
    summary = summarise(prepared.counts, prepared.templates)
    first = upper_counts(prepared.counts, prepared.templates, summary, "bayesian", cl)
    assemble(prepared, summary, first, cl, METHODS[method])  # refuses fits that did not converge
    low, high = summary.best + 0.3 * (first - summary.best), summary.best + 1.6 * (first - summary.best)
    target = 1.0 - cl
    for _ in range(_EXTENSIONS):
        signal = np.linspace(low, high, _POINTS)
        tail = np.array([tail_probability(prepared, float(s), method, rng, n_toys) for s in signal])
        if tail[-1] > 0.5 * target:
            high = summary.best + 1.6 * (high - summary.best)
        elif tail[0] < target:
            low = summary.best + 0.3 * (low - summary.best)
        else:
            upper = _smooth_crossing(signal, tail, n_toys, target)
            return assemble(prepared, summary, upper, cl, METHODS[method])
    msg = "limit from toys: the data exclude no strength; the signal may hide in a background that is free"
    raise FitError(msg)
