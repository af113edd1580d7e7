"""What a channel makes of photoelectrons: discriminator, charge integration, dead time, reflections."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.geometry import N_PMT
from sim.core.jit import njit_inline
from sim.core.rng import Stage, stream
from sim.detector.charge import CHARGE_STEPS
from sim.detector.config import ElectronicsConfig, ReflectionConfig
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
_NEVER = 1 << 60  # charge that no hit has
_GROUP_SHIFT = 32  # ticks have 30 bits
_CHANNELS = 2  # branch of the layout's stream; 0 and 1 are tubes and their efficiencies


class FrontEnd(NamedTuple):
    """Constants of the channels, in ticks and converter steps."""

    integration: int
    dead: Ints  # (n_pmt,), from a hit
    back: Ints  # (n_pmt,), from a hit to its reflection
    back_charge: int  # of the largest hit without a reflection
    back_share: float  # of the charge


class Channels(NamedTuple):
    """The last hit of every channel, int64 (n_pmt,)."""

    stamp: Ints  # tick, and the group above _GROUP_SHIFT: two groups are further apart than any dead time
    place: Ints  # of the hit in the list of the group
    settled: Ints  # 1: its reflection is on the way, or it is one


class HitList(NamedTuple):
    """Hits of one group in time order, int64 (capacity,), and the reflections that are on the way."""

    tick: Ints
    tube: Ints
    charge: Ints  # converter steps
    primary: Ints  # number in the group, -1 for dark noise
    due: Ints  # tick of a reflection, rising
    source: Ints  # place of the hit that it belongs to


@njit_inline
def integrate(words: Words, n: int, group: int, front: FrontEnd, channels: Channels, hits: HitList) -> int:
    """Turn n sorted photoelectrons of a group into hits; returns the number of hits.

    A photoelectron above threshold opens a hit on a channel that is ready. Charge that comes within the
    integration time, above threshold or not, adds to the hit; what comes later, before the dead time is
    over, is lost. Charge below threshold on a channel that is ready is lost as well. A hit of more than
    ``back_charge`` comes again once: a pulse above threshold on its channel, with a share of its charge.
    """
    found = 0
    group_stamp = np.int64(group) << _GROUP_SHIFT
    first = last = 0  # reflections on the way
    i = 0
    while i < n or first < last:
        if first < last and (i == n or np.uint64(hits.due[first]) <= words[i] >> np.uint64(TICK_SHIFT)):
            source = hits.source[first]
            tick, tube, fires, settled = hits.due[first], hits.tube[source], True, 1
            charge = np.int64(hits.charge[source] * front.back_share + 0.5)
            primary = hits.primary[source]
            first += 1
        else:
            word = words[i]
            tick = np.int64(word >> np.uint64(TICK_SHIFT))
            tube = np.int64((word >> np.uint64(TUBE_SHIFT)) & np.uint64(2**TUBE_BITS - 1))
            fires = (word >> np.uint64(FIRES_SHIFT)) & np.uint64(1) == np.uint64(1)
            charge = np.int64((word >> np.uint64(PRIMARY_BITS)) & np.uint64(2**CHARGE_BITS - 1))
            primary = np.int64(word & np.uint64(2**PRIMARY_BITS - 1)) - 1
            settled = 0
            i += 1
        place = -1
        stamp = group_stamp + tick
        age = stamp - channels.stamp[tube]
        if age < front.integration:
            place = channels.place[tube]
            hits.charge[place] += charge
        elif age < front.dead[tube]:
            continue
        if place < 0:
            if not fires:
                continue
            place = found
            channels.stamp[tube] = stamp
            channels.place[tube], channels.settled[tube] = place, settled
            hits.tick[place], hits.tube[place] = tick, tube
            hits.charge[place], hits.primary[place] = charge, primary
            found += 1
        if hits.charge[place] > front.back_charge and channels.settled[tube] == 0:
            channels.settled[tube] = 1
            due = hits.tick[place] + front.back[tube]
            k = last
            while k > first and hits.due[k - 1] > due:
                hits.due[k], hits.source[k] = hits.due[k - 1], hits.source[k - 1]
                k -= 1
            hits.due[k], hits.source[k] = due, place
            last += 1
    return found


def build_front_end(config: ElectronicsConfig, reflection: ReflectionConfig, layout_seed: int) -> FrontEnd:
    """Return the constants; switched off, every photoelectron above threshold is a hit.

    Parameters
    ----------
    config, reflection : of the card.
    layout_seed : decides what each channel has of the spreads; independent of the run's seed.
    """
    if not config.enabled:
        return FrontEnd(0, np.zeros(N_PMT, np.int64), np.zeros(N_PMT, np.int64), _NEVER, 0.0)
    dead, back = stream(layout_seed, Stage.LAYOUT, _CHANNELS).random((2, N_PMT))
    dead_ns = config.dead_ns - config.dead_spread_ns * dead
    back_ns = reflection.delay_ns + reflection.spread_ns * (2.0 * back - 1.0)
    return FrontEnd(
        round(config.integration_ns * TICKS_PER_NS),
        np.rint(dead_ns * TICKS_PER_NS).astype(np.int64),
        np.rint(back_ns * TICKS_PER_NS).astype(np.int64),
        round(reflection.min_charge_pe * CHARGE_STEPS) if reflection.enabled else _NEVER,
        reflection.share,
    )


def new_channels(n_pmt: int) -> Channels:
    """Return channels that were never hit."""
    return Channels(
        np.full(n_pmt, -_NEVER),
        np.zeros(n_pmt, np.int64),
        np.zeros(n_pmt, np.int64),
    )


@njit_inline
def new_hit_list(capacity: int) -> HitList:
    """Return room for hits and their reflections."""
    return HitList(
        np.empty(capacity, np.int64), np.empty(capacity, np.int64), np.empty(capacity, np.int64),
        np.empty(capacity, np.int64), np.empty(capacity, np.int64), np.empty(capacity, np.int64),
    )  # fmt: skip
