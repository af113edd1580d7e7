"""Hits of a gate, in time order, and the clusters among them."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.config import ReconConfig
from sim.core.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_CLUSTERS = 255  # per gate; the column is a uint8


class Hits(NamedTuple):
    """Hits of many gates; gate g owns rows offsets[g] to offsets[g + 1]."""

    time_ns: NDArray[np.floating]  # (n_hits,), float32 as read, float64 when sorted
    pmt: NDArray[np.uint16]  # (n_hits,)
    charge_pe: NDArray[np.float32]  # (n_hits,)
    offsets: Ints  # (n_gates + 1,)


class FalseHits(NamedTuple):
    """Hits that are no light, by what came before them on their photomultiplier."""

    retrigger_ns: float  # sooner after a hit
    back_from_ns: float  # between these after a hit of more than back_pe: its reflection
    back_to_ns: float
    back_pe: float


KEEP_ALL = FalseHits(0.0, np.inf, -np.inf, np.inf)


class Search(NamedTuple):
    """Parameters of the cluster search, for the kernel; the words of ``ReconConfig``."""

    start_hits: int
    start_window_ns: float
    onset_hits: int
    onset_window_ns: float
    min_hits: int
    quiet_window_ns: float
    quiet_hits: int
    tail_ns: float
    max_duration_ns: float


class Clusters(NamedTuple):
    """Clusters in the order of gates and times; cluster c owns the sorted hits first[c] to last[c] - 1."""

    gate: Ints  # (n_clusters,), row of the block
    number: Ints  # (n_clusters,), within the gate
    in_gate: Ints  # (n_clusters,), clusters of that gate
    first: Ints
    last: Ints
    start_ns: Floats
    duration_ns: Floats


def cluster_search(config: ReconConfig, n_live: int) -> Search:
    """Return the search parameters for ``n_live`` photomultipliers (they set the dark rate)."""
    dark = config.dark_rate_hz * n_live * config.quiet_window_ns * 1e-9
    return Search(
        config.start_hits,
        config.start_window_ns,
        config.onset_hits,
        config.onset_window_ns,
        config.min_hits,
        config.quiet_window_ns,
        int(dark + config.quiet_sigma * math.sqrt(dark)),
        config.tail_ns,
        config.max_duration_ns,
    )


@njit
def _sort_gate(
    time: NDArray[np.floating], pmt: NDArray[np.uint16], charge: NDArray[np.float32], first: int, last: int
) -> None:
    ordered = True
    for i in range(first + 1, last):
        if time[i] < time[i - 1] or (time[i] == time[i - 1] and pmt[i] < pmt[i - 1]):
            ordered = False
            break
    if ordered:
        return
    order = np.argsort(time[first:last])
    t = time[first:last][order]
    p = pmt[first:last][order]
    q = charge[first:last][order]
    for i in range(1, last - first):
        k = i
        while k > 0 and t[k] == t[k - 1] and (p[k] < p[k - 1] or (p[k] == p[k - 1] and q[k] < q[k - 1])):
            p[k], p[k - 1] = p[k - 1], p[k]
            q[k], q[k - 1] = q[k - 1], q[k]
            k -= 1
    time[first:last] = t
    pmt[first:last] = p
    charge[first:last] = q


@njit
def _drop_false(
    time: Floats,
    pmt: NDArray[np.uint16],
    charge: NDArray[np.float32],
    first: int,
    last: int,
    false: FalseHits,
    previous: Floats,
    large: Floats,
) -> int:
    """Move the good hits of a sorted gate together; returns the new end. The last two are work space."""
    previous[:] = -np.inf
    large[:] = -np.inf
    kept = first
    for i in range(first, last):
        tube = pmt[i]
        good = time[i] - previous[tube] >= false.retrigger_ns
        previous[tube] = time[i]
        age = time[i] - large[tube]
        good &= age < false.back_from_ns or age > false.back_to_ns
        if charge[i] > false.back_pe and age > false.back_to_ns:
            large[tube] = time[i]
        if good:
            time[kept], pmt[kept], charge[kept] = time[i], tube, charge[i]
            kept += 1
    return kept


@njit
def _live_sorted(
    time: NDArray[np.floating],
    pmt: NDArray[np.uint16],
    charge: NDArray[np.float32],
    offsets: Ints,
    live: NDArray[np.bool_],
    false: FalseHits,
) -> tuple[Floats, NDArray[np.uint16], NDArray[np.float32], Ints]:
    out_time = np.empty(len(time), np.float64)
    out_pmt = np.empty(len(time), np.uint16)
    out_charge = np.empty(len(time), np.float32)
    out_offsets = np.zeros(len(offsets), np.int64)
    previous, large = np.empty(len(live), np.float64), np.empty(len(live), np.float64)
    n = 0
    for gate in range(len(offsets) - 1):
        begin = n
        for i in range(offsets[gate], offsets[gate + 1]):
            if live[pmt[i]]:
                out_time[n] = time[i]
                out_pmt[n] = pmt[i]
                out_charge[n] = charge[i]
                n += 1
        _sort_gate(out_time, out_pmt, out_charge, begin, n)
        if false.retrigger_ns > 0.0 or false.back_pe < np.inf:
            n = _drop_false(out_time, out_pmt, out_charge, begin, n, false, previous, large)
        out_offsets[gate + 1] = n
    return out_time[:n], out_pmt[:n], out_charge[:n], out_offsets


@njit
def _starts(time: NDArray[np.floating], i: int, last: int, search: Search) -> bool:
    k = i + search.start_hits - 1
    return k < last and time[k] - time[i] < search.start_window_ns


@njit
def _onset(time: NDArray[np.floating], i: int, last: int, search: Search) -> int:
    for j in range(i, min(i + search.start_hits, last)):
        k = j + search.onset_hits - 1
        if k < last and time[k] - time[j] < search.onset_window_ns:
            return j
    return i


@njit
def _end(time: NDArray[np.floating], first: int, last: int, search: Search) -> float:
    """Return the time of a cluster's end: quiet plus tail, next onset, or the longest duration."""
    longest = float(time[first]) + search.max_duration_ns
    quiet = first + search.start_hits - 1
    while quiet < last:
        after = quiet + 1 + search.quiet_hits
        if after >= last or time[after] - time[quiet] > search.quiet_window_ns:
            break
        quiet += 1
    quiet = min(quiet, last - 1)
    end = min(float(time[quiet]) + search.quiet_window_ns + search.tail_ns, longest)
    i = quiet + 1
    while i < last and time[i] < end:
        if _starts(time, i, last, search):
            return min(end, float(time[_onset(time, i, last, search)]))
        i += 1
    return end


@njit
def _clusters(
    time: NDArray[np.floating], offsets: Ints, search: Search
) -> tuple[Ints, Ints, Ints, Ints, Ints, Floats, Floats]:
    most = len(time) // search.min_hits
    gate = np.empty(most, np.int64)
    number = np.empty(most, np.int64)
    in_gate = np.empty(most, np.int64)
    first = np.empty(most, np.int64)
    last = np.empty(most, np.int64)
    start = np.empty(most, np.float64)
    duration = np.empty(most, np.float64)
    n = 0
    for g in range(len(offsets) - 1):
        found = 0
        stop = offsets[g + 1]
        i = offsets[g]
        while i < stop and found < _MOST_CLUSTERS:
            if not _starts(time, i, stop, search):
                i += 1
                continue
            begin = _onset(time, i, stop, search)
            end = _end(time, begin, stop, search)
            k = begin
            while k < stop and time[k] < end:
                k += 1
            if k - begin >= search.min_hits:
                gate[n], number[n], first[n], last[n] = g, found, begin, k
                start[n], duration[n] = time[begin], end - time[begin]
                n += 1
                found += 1
            i = max(k, i + 1)
        in_gate[n - found : n] = found
    return gate[:n], number[:n], in_gate[:n], first[:n], last[:n], start[:n], duration[:n]


def false_hits(config: ReconConfig) -> FalseHits:
    """Return which hits are dropped."""
    return FalseHits(
        config.retrigger_ns,
        config.reflection_ns - config.reflection_spread_ns,
        config.reflection_ns + config.reflection_spread_ns,
        config.reflection_pe if config.reflection_spread_ns > 0 else np.inf,
    )


def sort_hits(hits: Hits, live: NDArray[np.bool_], false: FalseHits = KEEP_ALL) -> Hits:
    """Return the hits of live photomultipliers, in time order within each gate (equal times: by tube).

    False hits are left out: those less than ``retrigger_ns`` after the previous one of their
    photomultiplier, dropped or not, and those where the reflection of a large hit is expected. Of large hits
    that follow each other before that time is over the first counts.

    Parameters
    ----------
    hits : as read, in any order within a gate.
    live : bool (n_pmt,).
    false : what is dropped.
    """
    return Hits(*_live_sorted(*hits, live, false))


def find_clusters(hits: Hits, search: Search) -> Clusters:
    """Find the clusters of each gate.

    A cluster starts at a hit that begins ``start_hits`` hits in ``start_window_ns``; leading hits that do not
    begin ``onset_hits`` in ``onset_window_ns`` (dark ones) are left out. It is over after the first hit
    followed by a quiet window, one that the dark rate can explain, and ends ``tail_ns`` after that window,
    or at the onset of another start within that tail, or after ``max_duration_ns``. So a second pulse is a
    cluster of its own once the first was quiet; before that the two pile up in one. A cluster of fewer than
    ``min_hits`` is dropped.

    Parameters
    ----------
    hits : sorted (``sort_hits``).
    search : parameters.
    """
    return Clusters(*_clusters(hits.time_ns, hits.offsets, search))
