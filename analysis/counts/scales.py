"""The best scales of template spectra for binned counts: a small convex minimisation, compiled.

-2 ln L = 2 sum(nu - n + n ln(n/nu)) + sum(((x - x0)/sigma)^2) [BAKER84], with nu = base + sum_i x_i shape_i
and all x_i >= 0, is convex in the scales x, so Newton steps with a set of scales held at their bound find the
one minimum. Scale 0 is the signal. A fit of some dozen bins and scales takes microseconds, which toys need.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit

Floats = NDArray[np.float64]

_SMALLEST = 1e-9  # counts; below, -2 ln L goes on as a parabola
_RIDGE = 1e-11  # relative: keeps scales that the data cannot tell apart from wandering off
_DONE = 1e-11  # of -2 ln L: expected gain of the next step
_AT_BOUND = 1e-12  # of a step: a scale that it takes below 0 at once is at 0 already
_STEPS = 400


class Templates(NamedTuple):
    """What is fitted to counts; scales are in counts, each shape sums to 1.

    Attributes
    ----------
    base : (n,), counts that are not scaled.
    shapes : (m, n), row 0 the signal.
    centre, curvature : (m,), constraint of each scale: value and 1/sigma^2 (0: free).
    """

    base: Floats
    shapes: Floats
    centre: Floats
    curvature: Floats


@njit
def _value(counts: Floats, templates: Templates, x: Floats, expected: Floats) -> float:
    """Return -2 ln L and fill the expected counts."""
    total = 0.0
    m, n_bins = templates.shapes.shape
    for j in range(n_bins):
        nu = templates.base[j]
        for i in range(m):
            nu += x[i] * templates.shapes[i, j]
        expected[j] = nu
        n = counts[j]
        if n > 0.0:
            floor = max(nu, _SMALLEST)
            above = (floor - n) / n
            beyond = (nu - floor) / floor
            log = math.log1p(above) if above > -0.5 else math.log(floor / n)  # either is precise there
            total += n * (above - log - beyond + 0.5 * beyond * beyond) + nu - floor
        else:
            total += nu
    for i in range(m):
        total += 0.5 * templates.curvature[i] * (x[i] - templates.centre[i]) ** 2
    return 2.0 * total


@njit
def _slopes(
    counts: Floats, templates: Templates, x: Floats, expected: Floats, slope: Floats, second: Floats
) -> None:
    """Fill first and second derivatives of -2 ln L, (m,) and (m, m)."""
    m, n_bins = templates.shapes.shape
    for i in range(m):
        slope[i] = 2.0 * templates.curvature[i] * (x[i] - templates.centre[i])
        second[i, : i + 1] = 0.0
        second[i, i] = 2.0 * templates.curvature[i]
    for j in range(n_bins):
        floor = max(expected[j], _SMALLEST)
        first = 2.0 * (1.0 - counts[j] / floor * (1.0 - (expected[j] - floor) / floor))
        curved = 2.0 * counts[j] / (floor * floor)
        for i in range(m):
            shape = templates.shapes[i, j]
            slope[i] += first * shape
            if curved > 0.0:
                for k in range(i + 1):
                    second[i, k] += curved * shape * templates.shapes[k, j]


@njit
def _newton_step(
    slope: Floats, second: Floats, held: NDArray[np.bool_], factor: Floats, step: Floats
) -> None:
    """Fill the Newton step of the scales that are not held (Cholesky), 0 for the others."""
    m = slope.size
    for i in range(m):
        step[i] = 0.0
        if held[i]:
            continue
        partial = -slope[i]
        for k in range(i + 1):
            if held[k]:
                continue
            total = second[i, k]
            for q in range(k):
                if not held[q]:
                    total -= factor[i, q] * factor[k, q]
            if k == i:
                factor[i, i] = math.sqrt(max(total, 0.0) + _RIDGE * (second[i, i] + _RIDGE))
            else:
                factor[i, k] = total / factor[k, k]
                partial -= factor[i, k] * step[k]
        step[i] = partial / factor[i, i]
    for i in range(m - 1, -1, -1):
        if held[i]:
            continue
        for k in range(i + 1, m):
            if not held[k]:
                step[i] -= factor[k, i] * step[k]
        step[i] /= factor[i, i]


@njit
def best_scales(counts: Floats, templates: Templates, hold_signal: bool, x: Floats) -> tuple[float, float]:
    """Minimise -2 ln L over scales >= 0.

    Parameters
    ----------
    counts : (n,).
    templates : what is fitted.
    hold_signal : keep x[0] as given.
    x : (m,), start, all >= 0; filled with the best scales.

    Returns
    -------
    value, slope : -2 ln L and its derivative by the signal there; both NaN if the minimum was not reached.
    """
    m, n_bins = templates.shapes.shape
    expected = np.empty(n_bins)
    trial_expected = np.empty(n_bins)
    slope = np.empty(m)
    second = np.empty((m, m))
    factor = np.empty((m, m))
    step = np.empty(m)
    trial = np.empty(m)
    held = np.zeros(m, dtype=np.bool_)
    for i in range(m):
        held[i] = x[i] <= 0.0
    held[0] = held[0] or hold_signal
    stuck = np.zeros(m, dtype=np.bool_)  # released before, and the step led straight back to the bound
    value = _value(counts, templates, x, expected)
    for _ in range(_STEPS):
        _slopes(counts, templates, x, expected, slope, second)
        _newton_step(slope, second, held, factor, step)
        moved = False
        bound = -1
        for diagonal in (False, True):  # shapes that cannot be told apart spoil the Newton step
            if diagonal:
                for i in range(m):
                    step[i] = 0.0 if held[i] else -slope[i] / (second[i, i] * m + _RIDGE)
            gain = 0.0
            for i in range(m):
                gain -= slope[i] * step[i]
            if gain <= _DONE * (1.0 + value):
                continue
            length = 1.0
            blocking = -1
            for i in range(m):
                if step[i] < 0.0 and x[i] + length * step[i] <= 0.0:
                    length = -x[i] / step[i]
                    blocking = i
            if length < _AT_BOUND:
                bound = blocking
                break
            for _halving in range(60):
                for i in range(m):
                    trial[i] = max(0.0, x[i] + length * step[i])
                if blocking >= 0:
                    trial[blocking] = 0.0
                lower = _value(counts, templates, trial, trial_expected)
                if lower < value and lower <= value - 1e-4 * length * gain:
                    moved = True
                    break
                length *= 0.5
                blocking = -1
            if moved:
                break
        if bound >= 0:
            x[bound] = 0.0
            value = _value(counts, templates, x, expected)
            held[bound] = True
            stuck[bound] = True
            continue
        if moved:
            stuck[:] = False
            value = lower
            x[:] = trial
            expected[:] = trial_expected
            if blocking >= 0:
                held[blocking] = True
            continue
        released = -1  # the held scale that gains most when it may grow
        steepest = 0.0
        for i in range(m):
            free_to_go = held[i] and not stuck[i] and not (i == 0 and hold_signal)
            if free_to_go and slope[i] < steepest and slope[i] ** 2 > _DONE * (second[i, i] + _DONE):
                steepest = slope[i]
                released = i
        if released < 0:
            return value, slope[0]
        held[released] = False
    return math.nan, math.nan
