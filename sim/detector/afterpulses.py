"""Afterpulses, words of their own that follow those of the photoelectrons that made them.

Ions that a pulse makes in the tube drift back to the cathode. Which photoelectrons of a deposit have an
afterpulse is decided by jumps from one to the next, a geometric number each: one call of Philox a jump. The
counter is (jump, 3, deposit, 0) under the key of the electronics.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline
from sim.core.rng import philox, unit
from sim.detector.charge import charge_distribution, charge_steps
from sim.detector.config import AfterpulseConfig, DetectorConfig
from sim.detector.hits import (
    CHARGE_BITS,
    FIRES_SHIFT,
    PRIMARY_BITS,
    TICK_SHIFT,
    TICKS_PER_NS,
    Words,
)

_PURPOSE = 3  # second word of the counter, see ``sim.detector.hits``


class Afterpulses(NamedTuple):
    """Constants of the kernel."""

    fraction: float  # of the photoelectrons above threshold; 0 where switched off
    jump: float  # 1 / log(1 - fraction)
    first_ticks: float
    log_span: float  # log(last / first)


@njit_inline
def add_afterpulses(
    words: Words,
    begin: int,
    end: int,
    deposit: int,
    key: tuple[np.uint32, np.uint32],
    table: Afterpulses,
    charges: NDArray[np.float32],
) -> int:
    """Append the afterpulses of the words [begin, end) of a deposit; returns the next free place.

    An afterpulse keeps tube and primary. Words below threshold make none.

    Parameters
    ----------
    deposit : its number in the block.
    charges : inverse distribution of the charge above threshold.
    """
    at = end
    if table.fraction <= 0.0:
        return at
    place = begin - 1
    jumps = 0
    while True:
        w0, w1, w2, _ = philox(
            np.uint32(jumps), np.uint32(_PURPOSE), np.uint32(deposit), np.uint32(0), key[0], key[1]
        )
        jumps += 1
        step = math.log(unit(w0)) * table.jump  # words without an afterpulse before the next with one
        if step >= end - 1 - place:
            return at
        place += 1 + int(step)
        word = words[place]
        if not (word >> np.uint64(FIRES_SHIFT)) & np.uint64(1):
            continue
        delay = int(table.first_ticks * math.exp(unit(w1) * table.log_span) + 0.5)
        moved = word + (np.uint64(delay) << np.uint64(TICK_SHIFT))
        cleared = moved & ~np.uint64((2**CHARGE_BITS - 1) << PRIMARY_BITS)
        words[at] = cleared | (np.uint64(charge_steps(w2, charges)) << np.uint64(PRIMARY_BITS))
        at += 1


def afterpulse_share(config: AfterpulseConfig, delay_ns: float) -> float:
    """Return the part of the afterpulses that come within ``delay_ns`` > 0 of their pulse."""
    share = math.log(delay_ns / config.first_ns) / math.log(config.last_ns / config.first_ns)
    return min(max(share, 0.0), 1.0)


def false_hits(config: DetectorConfig, window_ns: float) -> float:
    """Return how many false hits a photoelectron above threshold makes at most within a window, in the mean.

    Afterpulses within the window, and reflections of single photoelectrons. A reflection of a hit of several
    is no gain: the hit has used up at least two, and what is below threshold adds less than the threshold.

    Parameters
    ----------
    window_ns : length of the window.
    """
    mean = 0.0
    if config.afterpulses.enabled:
        mean += config.afterpulses.fraction * afterpulse_share(config.afterpulses, window_ns)
    if config.reflection.enabled and config.electronics.enabled:
        least_pe = config.reflection.min_charge_pe - config.charge.threshold_pe
        if config.charge.enabled:
            low, high = charge_distribution(config.charge, np.array([config.charge.threshold_pe, least_pe]))
            mean += min(float((1.0 - high) / (1.0 - low)), 1.0)
        elif least_pe < 2.0:  # all have the mean charge, about 1 p.e.
            mean += 1.0
    return mean


def build_afterpulses(config: AfterpulseConfig) -> Afterpulses:
    """Return the constants of the kernel."""
    fraction = config.fraction if config.enabled else 0.0
    jump = 1.0 / math.log1p(-fraction) if fraction > 0.0 else 0.0
    return Afterpulses(
        fraction, jump, config.first_ns * TICKS_PER_NS, math.log(config.last_ns / config.first_ns)
    )
