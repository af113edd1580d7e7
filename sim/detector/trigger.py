"""Trigger and gate: enough hits in a short window open a gate of fixed length.

The threshold is not sharp: for each burst of hits it is a normal number about ``min_hits - 0.5``, so a burst
of at most n hits in the window opens a gate with probability Phi((n - min_hits + 0.5) / spread_hits), which
is a step between min_hits - 1 and min_hits where the spread is 0. A burst ends where no hit follows within
the window, or with its gate.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline
from sim.core.rng import philox, unit
from sim.detector.config import TriggerConfig
from sim.detector.hits import TICKS_PER_NS

Ints = NDArray[np.int64]
_PURPOSE = 4  # second word of the counter, see ``sim.detector.hits``
_LARGEST_NORMAL = 7.0  # that two random words make is 6.8


class Trigger(NamedTuple):
    """Constants in ticks, and the number of hits that open a gate."""

    min_hits: int
    window: int
    gate: int
    pre: int
    dead: int
    least: int  # hits below which no threshold can fall
    spread: float  # of the threshold, in hits


@njit_inline
def _threshold(number: int, group: int, key: tuple[np.uint32, np.uint32], trigger: Trigger) -> float:
    """Return the threshold of a burst of a group."""
    if trigger.spread <= 0.0:
        return float(trigger.min_hits)
    w0, w1, _, _ = philox(
        np.uint32(number), np.uint32(_PURPOSE), np.uint32(group), np.uint32(0), key[0], key[1]
    )
    normal = math.sqrt(-2.0 * math.log(unit(w0))) * math.cos(2.0 * math.pi * unit(w1))
    return trigger.min_hits - 0.5 + trigger.spread * normal


@njit_inline
def find_gates(
    tick: Ints, n: int, trigger: Trigger, group: int, key: tuple[np.uint32, np.uint32], starts: Ints
) -> int:
    """Find the gates in n time-ordered hits of a group; writes their starts and returns their number.

    A channel's dead time exceeds the window, so hits in the window are on distinct tubes.
    """
    found = 0
    ready = np.int64(-(1 << 60))
    oldest = 0
    bursts = 0  # whose threshold was asked for
    threshold = -1.0  # of this burst; negative: not asked for yet
    for i in range(n):
        if tick[i] < ready:  # a gate ended its burst: no threshold is waiting
            continue
        if i > 0 and tick[i] - tick[i - 1] >= trigger.window:
            threshold = -1.0
        if i + 1 < trigger.least or tick[i] - tick[i + 1 - trigger.least] >= trigger.window:
            continue
        while tick[i] - tick[oldest] >= trigger.window:
            oldest += 1
        hits = i - oldest + 1
        if threshold < 0.0:
            threshold = max(_threshold(bursts, group, key, trigger), 0.0)
            bursts += 1
        if hits >= threshold and found < len(starts):
            starts[found] = tick[i] - trigger.pre
            ready = tick[i] - trigger.pre + trigger.gate + trigger.dead
            found += 1
            threshold = -1.0
    return found


@njit_inline
def reaches(tick: Ints, first: int, last: int, window: int, hits: int) -> bool:
    """Return True if some window holds that many of the time-ordered hits [first, last)."""
    if hits <= 0:
        return True
    i = first + hits - 1
    while i < last and tick[i] - tick[i - hits + 1] >= window:
        i += 1
    return i < last


def build_trigger(config: TriggerConfig) -> Trigger:
    """Return the trigger's constants in ticks."""
    return Trigger(
        config.min_hits,
        round(config.window_ns * TICKS_PER_NS),
        round(config.gate_ns * TICKS_PER_NS),
        round(config.pre_ns * TICKS_PER_NS),
        round(config.dead_ns * TICKS_PER_NS),
        max(math.floor(config.min_hits - 0.5 - _LARGEST_NORMAL * config.spread_hits), 1)
        if config.spread_hits > 0
        else config.min_hits,
        config.spread_hits,
    )
