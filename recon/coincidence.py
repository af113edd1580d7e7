"""Delayed coincidences: a prompt cluster, and a second one near it in space and time.

The search goes once through the clusters of a block and finds the pairs in time together with those of every
moved window: the delayed window shifted by k steps, where only chance makes pairs. Their number over that of
the windows is the number of accidental coincidences to expect in time.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.bright import Bright, Column
from recon.config import CoincidenceConfig
from sim.core.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Singles = NDArray[np.float32]

_ROOM = 256  # pairs of a block before the search is repeated with room enough


class Windows(NamedTuple):
    """The cuts of the search, for the kernel; times in ns."""

    prompt_min_pe: float
    prompt_max_pe: float
    delayed_min_pe: float
    delayed_max_pe: float
    dt_min_ns: int
    dt_max_ns: int
    step_ns: int
    shifts: int
    distance_m: float
    guard_ns: int  # of the multiplicity cut
    guard_pe: float


class Pairs(NamedTuple):
    """Pairs that pass charge, time and distance, shape (n,); columns of tree ``pairs``, and ``alone``."""

    run: Column
    block: Column
    prompt_event_id: Column
    prompt_cluster: Column
    delayed_event_id: Column
    delayed_cluster: Column
    prompt_time_ns: Column
    shift: Column
    dt_us: Column
    dr_m: Column
    prompt_charge_pe: Column
    delayed_charge_pe: Column
    prompt_x_m: Column
    prompt_y_m: Column
    prompt_z_m: Column
    weight: Column
    alone: Column  # bool, no third bright cluster near either of them


class Found(NamedTuple):
    """What a search found: clusters by cut, pairs by time alone, and the pairs that are also near in space.

    ``timely`` is float64 (2, 3): in time and in all moved windows together; number, sum of weights, sum of
    their squares.
    """

    n_bright: int
    n_prompt: int
    n_delayed: int
    timely: Floats
    pairs: Pairs


@njit
def _alone(time: Ints, charge: Singles, i: int, j: int, windows: Windows) -> bool:
    """Return True if no third cluster comes within the guard time of either of a pair."""
    for one in (i, j):
        for step in (-1, 1):
            k = one + step
            while 0 <= k < len(time) and abs(time[k] - time[one]) <= windows.guard_ns:
                if k not in (i, j) and charge[k] >= windows.guard_pe:
                    return False
                k += step
    return True


@njit
def _search(
    time: Ints,
    charge: Singles,
    place: Singles,
    weight: Floats,
    prompts: Ints,
    delayeds: Ints,
    windows: Windows,
    partners: Ints,
    distance: Singles,
    alone: NDArray[np.bool_],
    timely: Floats,
) -> int:
    """Fill partners (2, room), distance, alone (room,); add to timely (2, 3); return how many there are."""
    found = 0
    begin = 0
    width = windows.dt_max_ns - windows.dt_min_ns
    for i in prompts:
        earliest = time[i] + windows.dt_min_ns
        while begin < len(delayeds) and time[delayeds[begin]] < earliest:
            begin += 1
        for d in range(begin, len(delayeds)):
            j = delayeds[d]
            since = time[j] - earliest
            shift = since // windows.step_ns
            if shift > windows.shifts:
                break
            if since - shift * windows.step_ns > width:
                continue
            smaller = min(weight[i], weight[j])
            line = timely[min(shift, 1)]
            line[0] += 1.0
            line[1] += smaller
            line[2] += smaller * smaller
            square = 0.0
            for axis in range(3):
                square += (float(place[axis, i]) - float(place[axis, j])) ** 2
            if not square <= windows.distance_m**2:  # also where a vertex is NaN
                continue
            if found < len(alone):
                partners[0, found], partners[1, found] = i, j
                distance[found] = np.sqrt(square)
                alone[found] = _alone(time, charge, i, j, windows)
            found += 1
    return found


def search_windows(config: CoincidenceConfig) -> Windows:
    """Return the cuts of a search in the units of its kernel."""
    return Windows(
        config.prompt_min_pe,
        np.inf if config.prompt_max_pe is None else config.prompt_max_pe,
        config.delayed_min_pe,
        config.delayed_max_pe,
        round(config.dt_min_us * 1e3),
        round(config.dt_max_us * 1e3),
        round(config.shift_step_ms * 1e6),
        config.shifts,
        config.distance_m,
        round(config.multiplicity_ms * 1e6),
        config.multiplicity_pe if config.multiplicity_ms > 0 else np.inf,
    )


def find_pairs(bright: Bright, windows: Windows) -> Found:
    """Find the pairs of one block, in time and in every moved window.

    Parameters
    ----------
    bright : its clusters in time order.
    windows : the cuts.

    Returns
    -------
    Found, its pairs in the order of prompt and delayed times.
    """
    charge = bright.charge_pe
    prompts = np.flatnonzero((charge >= windows.prompt_min_pe) & (charge <= windows.prompt_max_pe))
    delayeds = np.flatnonzero((charge >= windows.delayed_min_pe) & (charge <= windows.delayed_max_pe))
    place = np.stack([bright.x_m, bright.y_m, bright.z_m])
    room = _ROOM
    while True:
        timely = np.zeros((2, 3))
        partners, distance, alone = (
            np.empty((2, room), np.int64),
            np.empty(room, np.float32),
            np.empty(room, bool),
        )
        n = _search(
            bright.time_ns, charge, place, bright.weight, prompts, delayeds, windows, partners, distance,
            alone, timely,
        )  # fmt: skip
        if n <= room:
            break
        room = n
    i, j = partners[:, :n]
    since_ns = bright.time_ns[j] - bright.time_ns[i]
    shift = (since_ns - windows.dt_min_ns) // windows.step_ns
    pairs = Pairs(
        bright.run[i],
        bright.block[i],
        bright.event_id[i],
        bright.cluster[i],
        bright.event_id[j],
        bright.cluster[j],
        bright.time_ns[i],
        shift.astype(np.uint16),
        (since_ns - shift * windows.step_ns) / 1e3,
        distance[:n],
        charge[i],
        charge[j],
        bright.x_m[i],
        bright.y_m[i],
        bright.z_m[i],
        np.minimum(bright.weight[i], bright.weight[j]),
        alone[:n],
    )
    return Found(len(charge), len(prompts), len(delayeds), timely, pairs)
