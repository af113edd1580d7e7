"""What a channel makes of photoelectrons: discriminator, charge integration, dead time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.detector.config import ElectronicsConfig
from sim.detector.hits import (
    CHARGE_BITS,
    FIRES_SHIFT,
    PRIMARY_BITS,
    TICK_SHIFT,
    TICKS_PER_NS,
    TUBE_BITS,
    TUBE_SHIFT,
    Words,
)

Ints = NDArray[np.int64]


class FrontEnd(NamedTuple):
    """Constants of a channel, in ticks."""

    integration: int
    dead: int


class Channels(NamedTuple):
    """The last hit of every channel, int64 (n_pmt,)."""

    group: Ints  # that the channel was last hit in
    tick: Ints
    place: Ints  # of the hit in the list of the group


class HitList(NamedTuple):
    """Hits of one group in time order, int64 (capacity,)."""

    tick: Ints
    tube: Ints
    charge: Ints  # converter steps
    primary: Ints  # number in the group, -1 for dark noise


@njit
def integrate(words: Words, n: int, group: int, front: FrontEnd, channels: Channels, hits: HitList) -> int:
    """Turn n sorted photoelectrons of a group into hits; returns the number of hits.

    A photoelectron above threshold opens a hit on a channel that is ready. Charge that comes within the
    integration time, above threshold or not, adds to the hit; what comes later, before the dead time is
    over, is lost. Charge below threshold on a channel that is ready is lost as well.
    """
    found = 0
    for i in range(n):
        word = words[i]
        tick = int(word >> np.uint64(TICK_SHIFT))
        tube = int((word >> np.uint64(TUBE_SHIFT)) & np.uint64(2**TUBE_BITS - 1))
        charge = int((word >> np.uint64(PRIMARY_BITS)) & np.uint64(2**CHARGE_BITS - 1))
        if channels.group[tube] == group:
            age = tick - channels.tick[tube]
            if age < front.integration:
                hits.charge[channels.place[tube]] += charge
                continue
            if age < front.dead:
                continue
        if (word >> np.uint64(FIRES_SHIFT)) & np.uint64(1):
            channels.group[tube] = group
            channels.tick[tube] = tick
            channels.place[tube] = found
            hits.tick[found] = tick
            hits.tube[found] = tube
            hits.charge[found] = charge
            hits.primary[found] = int(word & np.uint64(2**PRIMARY_BITS - 1)) - 1
            found += 1
    return found


def build_front_end(config: ElectronicsConfig) -> FrontEnd:
    """Return the constants in ticks; switched off, every photoelectron above threshold is a hit."""
    if not config.enabled:
        return FrontEnd(0, 0)
    return FrontEnd(round(config.integration_ns * TICKS_PER_NS), round(config.dead_ns * TICKS_PER_NS))


def new_channels(n_pmt: int) -> Channels:
    """Return channels that were never hit."""
    return Channels(np.full(n_pmt, -1), np.zeros(n_pmt, np.int64), np.zeros(n_pmt, np.int64))
