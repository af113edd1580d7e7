"""The unified intervals of Feldman and Cousins for a count on a background [FC98].

A count n is accepted at a signal s if the counts that rank before it hold less than the confidence level; the
rank is the likelihood ratio P(n | s) / max P(n | s' >= 0). The interval of n holds every s that accepts n. An
uncertain background enters as a mixture: P(n | s) = sum_j w_j Poisson(n; s + b_j), the same in the ratio
[CONRAD03]. Counts are discrete, so the plain upper end jumps up here and there as the background grows; as in
the published tables the interval is lengthened until its upper end never does.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from sim.core.jit import njit

Floats = NDArray[np.float64]

_TIE = 1e-12  # relative: counts of equal rank
_STEP = 0.005  # of the signal, in the scan for the ends (that of [FC98]), times the scale below
_BISECTIONS = 40
_HALVINGS = 18  # of ten standard deviations of the background, to the best signal: ln P to 1e-9
_FAR = 8.0  # standard deviations to which counts are summed
_LENGTHEN_STEP = 0.005  # of the background, where larger backgrounds are tried
_LENGTHEN_RANGE = 2.0  # of the background, times the scale below: twice the longest period of the jumps seen


@njit
def _fill(signal: float, nodes: Floats, weight: Floats, out: Floats) -> None:
    """Fill P(n | signal) for n = 0 ... out.size - 1."""
    out[:] = 0.0
    for j in range(nodes.size):
        mean = signal + nodes[j]
        if mean <= 0.0:
            out[0] += weight[j]
            continue
        width = _FAR * math.sqrt(mean) + 2.0 * _FAR
        first = max(0, int(mean - width))
        last = min(out.size - 1, int(mean + width))
        term = weight[j] * math.exp(first * math.log(mean) - mean - math.lgamma(first + 1.0))
        for n in range(first, last + 1):
            out[n] += term
            term *= mean / (n + 1.0)


@njit
def _log_probability(n: int, signal: float, nodes: Floats, weight: Floats) -> float:
    total = 0.0
    top = -math.inf
    for j in range(nodes.size):
        mean = signal + nodes[j]
        if mean <= 0.0 and n > 0:
            continue
        power = n * math.log(mean) - mean if n > 0 else -mean
        if power > top:
            total = total * math.exp(top - power) + weight[j]
            top = power
        else:
            total += weight[j] * math.exp(power - top)
    return top + math.log(total) - math.lgamma(n + 1.0) if total > 0.0 else -math.inf


@njit
def _rises(n: int, signal: float, nodes: Floats, weight: Floats) -> bool:
    """Return True if P(n | signal) rises with the signal."""
    total = 0.0
    top = -math.inf
    for j in range(nodes.size):
        mean = signal + nodes[j]
        power = n * math.log(mean) - mean
        if power > top:
            total *= math.exp(top - power)
            top = power
        total += weight[j] * math.exp(power - top) * (n / mean - 1.0)
    return total > 0.0


@njit
def best_log_probability(nodes: Floats, weight: Floats, out: Floats) -> None:
    """Fill the largest ln P(n | s) over s >= 0 for n = 0 ... out.size - 1.

    ln P is concave in s (a Gaussian times a log-concave function, integrated, stays log-concave): it has one
    maximum.
    """
    for n in range(out.size):
        low = max(0.0, n - nodes[-1])
        high = max(0.0, n - nodes[0])
        if nodes.size > 1 and high > 0.0:
            for _ in range(_HALVINGS):
                middle = 0.5 * (low + high)
                if _rises(n, middle, nodes, weight):
                    low = middle
                else:
                    high = middle
        out[n] = _log_probability(n, high, nodes, weight)


@njit
def _accepted(
    n: int, signal: float, cl: float, nodes: Floats, weight: Floats, best: Floats, work: Floats
) -> bool:
    """Return True if the counts that rank before n hold less than cl."""
    _fill(signal, nodes, weight, work)
    if work[n] <= 0.0:
        return False
    rank = math.log(work[n]) - best[n] + _TIE
    before = 0.0
    for k in range(work.size):
        if work[k] > 0.0 and math.log(work[k]) - best[k] > rank:
            before += work[k]
    return before < cl


@njit
def _scan(
    n: int,
    start: float,
    stop: float,
    step: float,
    cl: float,
    nodes: Floats,
    weight: Floats,
    best: Floats,
) -> float:
    """Return the end of the accepted signals met first on the way from start to stop; stop if none is met."""
    work = np.empty(best.size)
    n_steps = int(abs(stop - start) / step) + 1
    outside = start
    for i in range(n_steps + 1):
        signal = start + (stop - start) * i / n_steps
        if _accepted(n, signal, cl, nodes, weight, best, work):
            if i == 0:
                return signal
            inside = signal
            for _ in range(_BISECTIONS):
                middle = 0.5 * (inside + outside)
                if _accepted(n, middle, cl, nodes, weight, best, work):
                    inside = middle
                else:
                    outside = middle
            return inside
        outside = signal
    return stop


def _highest(n: int, nodes: Floats, cl: float) -> float:
    """Return a signal above every upper end: classical at a far higher level, and a floor for few counts."""
    classical = float(gammaincinv(n + 1.0, 1.0 - 0.02 * (1.0 - cl)) - nodes[0])
    return max(classical, 2.0 * math.sqrt(nodes[-1]) - 1.5 * math.log(1.0 - cl))


def _best(n: int, nodes: Floats, weight: Floats, top: float) -> Floats:
    mean = top + float(nodes[-1])
    out = np.empty(max(n, int(mean + _FAR * math.sqrt(mean) + 2.0 * _FAR)) + 1)
    best_log_probability(nodes, weight, out)
    return out


def interval(
    n: int, nodes: Floats, weight: Floats, cl: float, *, lengthen: bool = True
) -> tuple[float, float]:
    """Return the ends of the unified interval of the signal.

    Parameters
    ----------
    n : observed count.
    nodes, weight : float (k,), background counts, ascending, and their weights, sum 1; (1,) if known.
    cl : confidence level.
    lengthen : keep the upper end from rising with the background, as the tables of [FC98] do.
    """
    scale = max(1.0, 0.5 * math.sqrt(n + nodes[-1]))
    step = _STEP * scale
    top = _highest(n, nodes, cl)
    best = _best(n, nodes, weight, top)
    upper = _scan(n, top, 0.0, step, cl, nodes, weight, best)
    floor = max(0.0, float(gammaincinv(max(n, 0.5), 0.02 * (1.0 - cl))) - nodes[-1])
    lower = _scan(n, floor, upper, step, cl, nodes, weight, best)
    if lengthen:
        unit = _LENGTHEN_STEP * scale * (1.0 if nodes.size == 1 else 4.0)  # a mixture rounds the jumps off
        for i in range(1, int(_LENGTHEN_RANGE * scale / unit) + 1):
            moved = nodes + i * unit
            top = upper + 0.5 * scale
            best = _best(n, moved, weight, top)
            upper = _scan(n, top, upper, step, cl, moved, weight, best)
    return lower, upper
