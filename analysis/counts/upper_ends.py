"""Upper limits on a signal from its profile likelihood, compiled; in counts, Delta as in ``crossing``."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.counts.crossing import Summary, rise_above, rise_below, start_scales, value_at
from analysis.counts.scales import Templates, best_scales
from sim.core.jit import njit

Floats = NDArray[np.float64]

_SEARCH = 100
_PRECISE = 1e-9  # relative, of a limit by CLs
_FAR = 30.0  # of Delta: beyond, exp(-15) of the likelihood is left out of integrals
_PANELS = 16  # of the integrals, each by the 4-point Gauss rule
_NOTHING = 1e-8  # of -2 ln L: what a signal too small to matter expects
_SETTLED = 1e-7  # of a panel's width
_X = np.array([-0.8611363115940526, -0.3399810435848563, 0.3399810435848563, 0.8611363115940526])
_W = np.array([0.34785484513745385, 0.6521451548625461, 0.6521451548625461, 0.34785484513745385])


@njit
def ratio_upper(counts: Floats, templates: Templates, summary: Summary, rise: float) -> float:
    """Return the upper limit by the likelihood ratio; rise is the squared one-sided quantile."""
    return rise_above(counts, templates, summary, rise)


@njit
def _weight(
    counts: Floats, templates: Templates, minimum: float, low: float, high: float, x: Floats
) -> float:
    """Return the integral of exp(-Delta/2) from low to high."""
    total = 0.0
    for i in range(_X.size):
        x[0] = 0.5 * (low + high) + 0.5 * (high - low) * _X[i]
        value, _ = best_scales(counts, templates, True, x)
        total += _W[i] * math.exp(-0.5 * (value - minimum))
    return 0.5 * (high - low) * total


@njit
def bayesian_upper(counts: Floats, templates: Templates, summary: Summary, cl: float) -> float:
    """Return the signal below which cl of the integral of exp(-Delta/2) over s >= 0 lies."""
    low = rise_below(counts, templates, summary, _FAR)
    high = rise_above(counts, templates, summary, _FAR)
    if math.isnan(low) or math.isnan(high):
        return math.nan
    x = start_scales(counts, templates)
    width = (high - low) / _PANELS
    cumulative = np.zeros(_PANELS + 1)
    for p in range(_PANELS):
        part = _weight(counts, templates, summary.minimum, low + p * width, low + (p + 1) * width, x)
        cumulative[p + 1] = cumulative[p] + part
    goal = cl * cumulative[-1]
    p = 0
    while p < _PANELS - 1 and cumulative[p + 1] < goal:
        p += 1
    left = low + p * width
    inside, outside = left, left + width
    signal = left + width * (goal - cumulative[p]) / (cumulative[p + 1] - cumulative[p])
    for _ in range(_SEARCH):
        missing = goal - cumulative[p] - _weight(counts, templates, summary.minimum, left, signal, x)
        if missing > 0.0:
            inside = signal
        else:
            outside = signal
        x[0] = signal
        value, _ = best_scales(counts, templates, True, x)
        following = signal + missing * math.exp(0.5 * (value - summary.minimum))
        if abs(following - signal) <= _SETTLED * width or outside - inside <= _SETTLED * width:
            return float(following)
        signal = following if inside < following < outside else 0.5 * (inside + outside)
    return math.nan


@njit
def _above(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))


@njit
def _asymptotic_cls(q: float, q_expected: float) -> float:
    """Return CLs of a statistic with the value q_expected for the expected background alone [COWAN11]."""
    if q_expected <= _NOTHING:
        return 1.0
    root = math.sqrt(q_expected)
    if q <= q_expected:
        return _above(math.sqrt(q)) / _above(math.sqrt(q) - root)
    return _above(0.5 * (q + q_expected) / root) / _above(0.5 * (q - q_expected) / root)


@njit
def cls_upper(counts: Floats, templates: Templates, summary: Summary, cl: float) -> float:
    """Return the signal whose asymptotic CLs is 1 - cl.

    The statistic is Delta(s) for s above the best signal, 0 below; the expected background is that of the fit
    without signal.
    """
    x = start_scales(counts, templates)
    x[0] = 0.0
    best_scales(counts, templates, True, x)
    expected = templates.base + x @ templates.shapes
    background = Templates(templates.base, templates.shapes, x.copy(), templates.curvature)
    low, high = summary.best, summary.upper
    at_low, at_high = math.nan, math.nan
    target = math.log(1.0 - cl)
    signal = low
    side = 0
    for step in range(_SEARCH):
        q = value_at(counts, templates, signal) - summary.minimum
        cls = _asymptotic_cls(max(q, 0.0), value_at(expected, background, signal))
        if math.isnan(cls):
            return math.nan
        gap = math.log(max(cls, 1e-300)) - target
        if step == 0 and gap <= 0.0:
            return signal
        if gap > 0.0:
            low, at_low = signal, gap
            if side == 1 and not math.isnan(at_high):
                at_high *= 0.5
            side = 1
        else:
            high, at_high = signal, gap
            if side == -1:
                at_low *= 0.5
            side = -1
        if abs(gap) < 1e-9:
            return signal
        if math.isnan(at_high):
            signal = high if step == 0 else low + 2.0 * (low - summary.best)
        else:
            signal = low + (high - low) * at_low / (at_low - at_high)
            if high - low <= _PRECISE * high:
                return signal
    return math.nan
