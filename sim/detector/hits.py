"""The hot kernel: photoelectrons of an energy deposit, packed into one 64-bit word each.

A word holds, from the top: tick of 0.1 ns (30 bits), tube (12), whether it fires the discriminator (1),
charge in converter steps (10), number of the primary in its group plus one (11, 0 for dark noise).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline
from sim.core.rng import fill_words, single, unit
from sim.detector.arrival import Arrival, arrival_time
from sim.detector.charge import Charge, charge_steps
from sim.detector.optical.light_map import BULK, SLOWNESS_NS_M, TAIL
from sim.detector.optics import Optics
from sim.detector.rays import BATCH, Workspace, throw_rays
from sim.detector.tail_table import tail_quantile

TICKS_PER_NS = 10.0
PRIMARY_BITS, CHARGE_BITS, TUBE_BITS = 11, 10, 12
FIRES_SHIFT = PRIMARY_BITS + CHARGE_BITS
TUBE_SHIFT = FIRES_SHIFT + 1
TICK_SHIFT = TUBE_SHIFT + TUBE_BITS
MAX_PRIMARIES = 2**PRIMARY_BITS - 1  # in one group
# Second word of the counter, what a draw is for; 0: rays, 3: afterpulses, 4: trigger.
_TIME, _DARK = 1, 2
_SLOWNESS = np.float32(SLOWNESS_NS_M * TICKS_PER_NS)
_PER_NS = np.float32(TICKS_PER_NS)
_FEW, _FEW_BITS, _MANY_BITS = 400, 6, 9  # words; bits of a digit for fewer, for more
SORT_COUNTS = 2048  # digits that a tick of 30 bits has, times their values
_AHEAD = 1000  # ticks; more than delays can be negative

Words = NDArray[np.uint64]


class Tracked(NamedTuple):
    """Photoelectrons that were tracked, of a run of deposits; no deposits at all in the fast fidelity."""

    first: int  # number of the first of the deposits in its block
    start: NDArray[np.int64]  # (n_deposits + 1,) rows of the deposit; (0,) where nothing is tracked
    time_ns: NDArray[np.float32]  # since the deposit, the tube's jitter included
    tube: NDArray[np.int16]
    fires: NDArray[np.uint8]  # 1 above threshold
    charge: NDArray[np.int16]  # converter steps


@njit_inline
def pack(tick: int, tube: int, fires: int, charge: int, primary: int) -> np.uint64:
    """Pack a photoelectron."""
    return np.uint64(
        (tick << TICK_SHIFT)
        | (tube << TUBE_SHIFT)
        | (fires << FIRES_SHIFT)
        | (charge << PRIMARY_BITS)
        | (primary + 1)
    )


@njit_inline
def throw(
    above: int,
    below: int,
    time_ns: float,
    kind: int,
    x: float,
    y: float,
    z: float,
    primary: int,
    counter: int,
    key0: np.uint32,
    key1: np.uint32,
    optics: Optics,
    arrival: Arrival,
    charge: Charge,
    work: Workspace,
    out: Words,
    at: int,
) -> int:
    """Make the photoelectrons of a deposit; returns the next free place of ``out``.

    Parameters
    ----------
    above, below : photoelectrons above and below the discriminator's threshold.
    time_ns : of the deposit, since the group's origin.
    counter : number of the deposit in its block.
    work : must have room for above + below + BATCH rays.
    """
    n = above + below
    if n < 1:
        return at
    throw_rays(n, x, y, z, counter, key0, key1, optics, work)
    words, tubes, cells, place_m, delays = work.words, work.tube, work.cell, optics.place_m, optics.delay_ns
    times, charge_above, charge_below = arrival.quantiles_ns, charge.above, charge.below
    x0, y0, z0 = np.float32(x), np.float32(y), np.float32(z)
    begin = int(time_ns * TICKS_PER_NS) - _AHEAD
    since = np.float32(time_ns * TICKS_PER_NS - begin + 0.5)
    for first in range(0, n, BATCH):
        here = min(BATCH, n - first)
        fill_words(here, first, _TIME, counter, 0, key0, key1, words)
        for i in range(here):
            tube = np.uint64(tubes[first + i])
            dx, dy, dz = place_m[tube, 0] - x0, place_m[tube, 1] - y0, place_m[tube, 2] - z0
            late = tail_quantile(single(words[1, i]), delays, cells[first + i], BULK, TAIL)
            late += arrival_time(words[0, i], kind, times)
            flight = np.sqrt(dx * dx + dy * dy + dz * dz) * _SLOWNESS
            tick = max(begin + int(flight + late * _PER_NS + since), 0)
            fires = first + i < above
            steps = charge_steps(words[2, i], charge_above if fires else charge_below)
            out[at] = pack(tick, int(tube), int(fires), steps, primary)
            at += 1
    return at


@njit_inline
def take(tracked: Tracked, deposit: int, time_ns: float, primary: int, out: Words, at: int) -> int:
    """Pack the tracked photoelectrons of a deposit of the block; returns the next free place of ``out``."""
    row = deposit - tracked.first
    for i in range(tracked.start[row], tracked.start[row + 1]):
        tick = max(int((time_ns + tracked.time_ns[i]) * TICKS_PER_NS + 0.5), 0)
        fires, charge = int(tracked.fires[i]), int(tracked.charge[i])
        out[at] = pack(tick, int(tracked.tube[i]), fires, charge, primary)
        at += 1
    return at


@njit_inline
def throw_dark(
    n: int,
    span_ns: float,
    group: int,
    key0: np.uint32,
    key1: np.uint32,
    live: NDArray[np.int16],
    charges: NDArray[np.float32],
    work: Workspace,
    out: Words,
    at: int,
) -> int:
    """Make n dark pulses above threshold, uniform over the span and over the live tubes."""
    words = work.words
    for first in range(0, n, BATCH):
        here = min(BATCH, n - first)
        fill_words(here, first, _DARK, group, 0, key0, key1, words)
        for i in range(here):
            tick = int(unit(words[0, i]) * span_ns * TICKS_PER_NS)
            tube = int(live[int(unit(words[1, i]) * len(live))])
            out[at] = pack(tick, tube, 1, charge_steps(words[2, i], charges), -1)
            at += 1
    return at


@njit_inline
def sort_words(words: Words, n: int, scratch: Words, counts: NDArray[np.int64]) -> None:
    """Sort the first n words by tick, stable; least significant digit first, few bits a pass where few words.

    ``scratch`` must hold n words, ``counts`` SORT_COUNTS numbers.
    """
    last = np.uint64(0)
    for i in range(n):
        last = max(last, words[i])
    few = n < _FEW
    bits = np.uint64(_FEW_BITS if few else _MANY_BITS)
    size = np.uint64(2**_FEW_BITS if few else 2**_MANY_BITS)
    mask = np.uint64(size - np.uint64(1))
    passes = np.uint64(0)
    last >>= np.uint64(TICK_SHIFT)
    while last > np.uint64(0):
        last >>= bits
        passes += np.uint64(1)
    counts[: passes * size] = 0
    for i in range(n):
        tick = words[i] >> np.uint64(TICK_SHIFT)
        for step in range(passes):
            counts[step * size + (tick & mask)] += 1
            tick >>= bits
    source, target = words, scratch
    for step in range(passes):
        total = 0
        for digit in range(step * size, (step + np.uint64(1)) * size):
            here = counts[digit]
            counts[digit] = total
            total += here
        shift = np.uint64(TICK_SHIFT + step * bits)
        for i in range(n):
            word = source[i]
            digit = step * size + ((word >> shift) & mask)
            target[counts[digit]] = word
            counts[digit] += 1
        source, target = target, source
    if passes % np.uint64(2) == np.uint64(1):
        words[:n] = source[:n]


def untracked() -> Tracked:
    """Return no photoelectrons: the fast fidelity draws them where they are needed."""
    return Tracked(
        0,
        np.zeros(0, np.int64),
        np.zeros(0, np.float32),
        np.zeros(0, np.int16),
        np.zeros(0, np.uint8),
        np.zeros(0, np.int16),
    )
