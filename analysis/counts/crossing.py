"""Where the profile likelihood of a signal crosses a level, compiled.

Signals are in counts here. Delta(s) = -2 ln L, all other scales at their best, less its least value over
s >= 0; it is convex in s, and its slope comes with the fit, so a safeguarded Newton search needs few fits.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.counts.scales import Templates, best_scales
from sim.core.jit import njit

Floats = NDArray[np.float64]

_SEARCH = 100
_PRECISE = 1e-9  # relative, of a crossing


class Summary(NamedTuple):
    """Best signal, ends of the interval Delta < 1, Delta(0), least -2 ln L; counts."""

    best: float
    lower: float
    upper: float
    q0: float
    minimum: float


@njit
def start_scales(counts: Floats, templates: Templates) -> Floats:
    """Return scales to start from: constrained ones at their centre, free ones sharing the counts."""
    x = templates.centre.copy()
    n_free = 0
    for i in range(x.size):
        n_free += templates.curvature[i] == 0.0
    share = (counts.sum() + 1.0) / (n_free + 1.0)
    for i in range(x.size):
        if templates.curvature[i] == 0.0:
            x[i] = share
    return x


@njit
def best_value(counts: Floats, templates: Templates) -> tuple[float, float]:
    """Return the best signal >= 0 and the least -2 ln L."""
    x = start_scales(counts, templates)
    value, _ = best_scales(counts, templates, False, x)
    return x[0], value


@njit
def value_at(counts: Floats, templates: Templates, signal: float) -> float:
    """Return -2 ln L at a signal, all other scales at their best."""
    x = start_scales(counts, templates)
    x[0] = signal
    return best_scales(counts, templates, True, x)[0]


@njit
def _crossing(counts: Floats, templates: Templates, goal: float, inside: float, outside: float) -> float:
    """Return where -2 ln L reaches goal, between a signal inside (below goal) and one outside."""
    x = start_scales(counts, templates)
    signal = outside
    for _ in range(_SEARCH):
        x[0] = signal
        value, slope = best_scales(counts, templates, True, x)
        if math.isnan(value):
            return math.nan
        if value > goal:
            outside = signal
        else:
            inside = signal
        if abs(outside - inside) <= _PRECISE * max(outside, inside):
            break
        following = signal - (value - goal) / slope if slope != 0.0 else math.nan
        if abs(following - signal) <= _PRECISE * max(following, signal):
            return following
        low, high = min(inside, outside), max(inside, outside)
        signal = following if low < following < high else 0.5 * (low + high)
    return 0.5 * (inside + outside)


@njit
def rise_above(counts: Floats, templates: Templates, summary: Summary, rise: float) -> float:
    """Return the signal above the best at which Delta reaches a rise; the best itself for a rise of 0."""
    if rise <= 0.0:
        return summary.best
    reach = math.sqrt(rise * (summary.best + 1.0)) + rise
    for _ in range(_SEARCH):
        outside = summary.best + reach
        value = value_at(counts, templates, outside)
        if math.isnan(value):
            return math.nan
        if value >= summary.minimum + rise:
            return _crossing(counts, templates, summary.minimum + rise, summary.best, outside)
        reach *= 2.0
    return math.nan


@njit
def rise_below(counts: Floats, templates: Templates, summary: Summary, rise: float) -> float:
    """Return the signal below the best at which Delta reaches a rise, 0 if it never does."""
    if summary.q0 <= rise:
        return 0.0
    return _crossing(counts, templates, summary.minimum + rise, summary.best, 0.0)


@njit
def summarise(counts: Floats, templates: Templates) -> Summary:
    """Fit the signal and find its interval; NaN where a fit did not converge."""
    best, minimum = best_value(counts, templates)
    q0 = value_at(counts, templates, 0.0) - minimum
    q0 = max(q0, 0.0) if not math.isnan(q0) else math.nan
    if q0 == 0.0:
        best = 0.0
    found = Summary(best, math.nan, math.nan, q0, minimum)
    if math.isnan(q0):
        return found
    lower = rise_below(counts, templates, found, 1.0)
    upper = rise_above(counts, templates, found, 1.0)
    return Summary(best, lower, upper, q0, minimum)
