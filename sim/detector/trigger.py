"""Trigger and gate: enough hits in a short window open a gate of fixed length."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.detector.config import TriggerConfig
from sim.detector.hits import TICKS_PER_NS

Ints = NDArray[np.int64]


class Trigger(NamedTuple):
    """Constants in ticks, and the number of hits that open a gate."""

    min_hits: int
    window: int
    gate: int
    pre: int
    dead: int


@njit
def find_gates(tick: Ints, n: int, trigger: Trigger, starts: Ints) -> int:
    """Find the gates in n time-ordered hits; writes their starts and returns their number.

    A channel's dead time exceeds the window, so hits in the window are on distinct tubes.
    """
    found = 0
    ready = np.int64(-(1 << 60))
    oldest = 0
    for i in range(n):
        while tick[i] - tick[oldest] >= trigger.window:
            oldest += 1
        if tick[i] >= ready and i - oldest + 1 >= trigger.min_hits and found < len(starts):
            starts[found] = tick[i] - trigger.pre
            ready = tick[i] - trigger.pre + trigger.gate + trigger.dead
            found += 1
    return found


@njit
def most_in_window(tick: Ints, first: int, last: int, window: int) -> int:
    """Return the largest number of hits of [first, last) inside any window."""
    most = 0
    oldest = first
    for i in range(first, last):
        while tick[i] - tick[oldest] >= window:
            oldest += 1
        most = max(most, i - oldest + 1)
    return most


def build_trigger(config: TriggerConfig) -> Trigger:
    """Return the trigger's constants in ticks."""
    return Trigger(
        config.min_hits,
        round(config.window_ns * TICKS_PER_NS),
        round(config.gate_ns * TICKS_PER_NS),
        round(config.pre_ns * TICKS_PER_NS),
        round(config.dead_ns * TICKS_PER_NS),
    )
