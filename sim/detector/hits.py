"""The hot kernel: photoelectrons of an energy deposit, packed into one 64-bit word each.

A word holds, from the top: tick of 0.1 ns (30 bits), tube (12), whether it fires the discriminator (1),
charge in converter steps (10), number of the primary in its group plus one (11, 0 for dark noise).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit, njit_inline
from sim.core.rng import philox, unit
from sim.detector.arrival import Arrival, arrival_time
from sim.detector.charge import charge_steps
from sim.detector.optical.light_map import SLOWNESS_NS_M
from sim.detector.optics import Optics
from sim.detector.rays import aim, delay, follow_rays

TICKS_PER_NS = 10.0
PRIMARY_BITS, CHARGE_BITS, TUBE_BITS = 11, 10, 12
FIRES_SHIFT = PRIMARY_BITS + CHARGE_BITS
TUBE_SHIFT = FIRES_SHIFT + 1
TICK_SHIFT = TUBE_SHIFT + TUBE_BITS
MAX_PRIMARIES = 2**PRIMARY_BITS - 1  # in one group
BATCH = 64  # columns of random words made at once
_RAY, _TIME, _DARK = 0, 1, 2  # second word of the counter: what a draw is for; 3, 4: afterpulses, trigger

Words = NDArray[np.uint64]
Batch = NDArray[np.uint32]


class Tracked(NamedTuple):
    """Photoelectrons that were tracked, of a run of deposits; no deposits at all in the fast fidelity."""

    first: int  # number of the first of the deposits in its block
    start: NDArray[np.int64]  # (n_deposits + 1,) rows of the deposit; (0,) where nothing is tracked
    time_ns: NDArray[np.float32]  # since the deposit, the tube's jitter included
    tube: NDArray[np.int16]
    fires: NDArray[np.uint8]  # 1 above threshold
    charge: NDArray[np.int16]  # converter steps


class Workspace(NamedTuple):
    """Room for the kernels: words, rays of a batch, and collected rays of a deposit."""

    batch: Batch  # (4, BATCH)
    texel: NDArray[np.int32]  # (BATCH,)
    row: NDArray[np.int32]
    tube: NDArray[np.int16]  # (most rays + BATCH,)
    cell: NDArray[np.int32]


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
def fill_words(
    n: int, first: int, purpose: int, counter: int, stratum: int, key0: np.uint32, key1: np.uint32, out: Batch
) -> None:
    """Fill n columns of random words, from draw ``first`` on; a loop that the compiler vectorises."""
    c1 = np.uint32(purpose)
    c2 = np.uint32(counter)
    c3 = np.uint32(stratum)
    for i in range(n):
        out[0, i], out[1, i], out[2, i], out[3, i] = philox(np.uint32(first + i), c1, c2, c3, key0, key1)


@njit_inline
def _collect(
    n: int,
    chance: NDArray[np.uint32],
    cube: NDArray[np.int16],
    efficiency: NDArray[np.float32],
    bare: NDArray[np.uint8],
    accept: NDArray[np.float32],
    work: Workspace,
    landed: int,
) -> int:
    """Keep those of n followed rays whose light is collected; returns the number of all kept so far."""
    for i in range(n):
        tube = cube[work.texel[i]]
        row = work.row[i]
        work.tube[landed] = tube
        work.cell[landed] = row
        u = (float(chance[i] >> np.uint32(16)) + 0.5) * 2.0**-16
        landed += u < efficiency[tube] * accept[bare[tube], row]
    return landed


@njit_inline
def _rays(
    n: int, x: float, y: float, z: float, counter: int, stratum: int,
    key0: np.uint32, key1: np.uint32, optics: Optics, work: Workspace,
) -> None:  # fmt: skip
    """Throw rays until n of them are collected; their tubes and cells go to the workspace."""
    batch = work.batch
    ray = aim(x, y, z, optics)
    cube, efficiency, bare, accept = optics.cube, optics.efficiency, optics.bare, optics.accept
    landed = 0
    draw = 0
    while landed < n:
        calls = min(BATCH, int((n - landed) * optics.rays * 0.5) + 4)
        fill_words(calls, draw, _RAY, counter, stratum, key0, key1, batch)
        draw += calls
        for half in (0, 2):
            follow_rays(
                calls, batch[half], batch[half + 1], ray,
                optics.alias_below, optics.alias, optics.cosine, work.texel, work.row,
            )  # fmt: skip
            landed = _collect(calls, batch[half + 1], cube, efficiency, bare, accept, work, landed)


@njit
def throw(
    n: int,
    time_ns: float,
    kind: int,
    x: float,
    y: float,
    z: float,
    primary: int,
    counter: int,
    stratum: int,
    key0: np.uint32,
    key1: np.uint32,
    optics: Optics,
    arrival: Arrival,
    charges: NDArray[np.float32],
    work: Workspace,
    out: Words,
    at: int,
) -> int:
    """Make n photoelectrons of a deposit; returns the next free place of ``out``.

    Parameters
    ----------
    time_ns : of the deposit, since the group's origin.
    counter, stratum : number of the deposit in its block, and 0 or 1: above or below threshold.
    charges : inverse distribution of the charge in that stratum.
    work : must have room for n + 2 BATCH rays.
    """
    if n < 1:
        return at
    _rays(n, x, y, z, counter, stratum, key0, key1, optics, work)
    batch, tubes, cells, place_m = work.batch, work.tube, work.cell, optics.place_m
    bulk_ns, tail_ns = optics.bulk_ns, optics.tail_ns
    for first in range(0, n, 2 * BATCH):
        here = min(2 * BATCH, n - first)
        fill_words((here + 1) // 2, first // 2, _TIME, counter, stratum, key0, key1, batch)
        for i in range(here):
            line = 2 * (i & 1)
            tube = int(tubes[first + i])
            dx, dy, dz = place_m[tube, 0] - x, place_m[tube, 1] - y, place_m[tube, 2] - z
            word = batch[line + 1, i >> 1]
            moment = (
                time_ns
                + np.sqrt(dx * dx + dy * dy + dz * dz) * SLOWNESS_NS_M
                + delay(int(word & np.uint32(0xFFFF)), bulk_ns, tail_ns, int(cells[first + i]))
                + arrival_time(batch[line, i >> 1], kind, arrival)
            )
            tick = max(int(moment * TICKS_PER_NS + 0.5), 0)
            charge = charge_steps(np.uint32(word | np.uint32(0xFFFF)), charges)
            out[at] = pack(tick, tube, 1 - stratum, charge, primary)
            at += 1
    return at


@njit
def take(tracked: Tracked, deposit: int, time_ns: float, primary: int, out: Words, at: int) -> int:
    """Pack the tracked photoelectrons of a deposit of the block; returns the next free place of ``out``."""
    row = deposit - tracked.first
    for i in range(tracked.start[row], tracked.start[row + 1]):
        tick = max(int((time_ns + tracked.time_ns[i]) * TICKS_PER_NS + 0.5), 0)
        fires, charge = int(tracked.fires[i]), int(tracked.charge[i])
        out[at] = pack(tick, int(tracked.tube[i]), fires, charge, primary)
        at += 1
    return at


@njit
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
    batch = work.batch
    for first in range(0, n, BATCH):
        here = min(BATCH, n - first)
        fill_words(here, first, _DARK, group, 0, key0, key1, batch)
        for i in range(here):
            tick = int(unit(batch[0, i]) * span_ns * TICKS_PER_NS)
            tube = int(live[int(unit(batch[1, i]) * len(live))])
            out[at] = pack(tick, tube, 1, charge_steps(batch[2, i], charges), -1)
            at += 1
    return at


@njit
def sort_words(words: Words, n: int, scratch: Words, counts: NDArray[np.int64]) -> None:
    """Sort the first n words by tick, stable; least significant digit first, 9 bits a pass.

    ``scratch`` must hold n words, ``counts`` 512 numbers. An even number of passes is made, so that the
    result stays in ``words``.
    """
    last = np.uint64(0)
    for i in range(n):
        last = max(last, words[i])
    passes = 0
    top = last >> np.uint64(TICK_SHIFT)
    while top > np.uint64(0):
        top >>= np.uint64(9)
        passes += 1
    source, target = words, scratch
    for step in range(passes + passes % 2):
        shift = np.uint64(TICK_SHIFT + 9 * step)
        counts[:] = 0
        for i in range(n):
            counts[int((source[i] >> shift) & np.uint64(511))] += 1
        total = 0
        for digit in range(512):
            here = counts[digit]
            counts[digit] = total
            total += here
        for i in range(n):
            word = source[i]
            digit = int((word >> shift) & np.uint64(511))
            target[counts[digit]] = word
            counts[digit] += 1
        source, target = target, source


@njit_inline
def new_workspace(rays: int) -> Workspace:
    """Return room for at most ``rays`` photoelectrons of one deposit."""
    return Workspace(
        np.empty((4, BATCH), np.uint32),
        np.empty(BATCH, np.int32),
        np.empty(BATCH, np.int32),
        np.empty(rays + 2 * BATCH, np.int16),
        np.empty(rays + 2 * BATCH, np.int32),
    )


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
