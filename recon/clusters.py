"""Clusters of hits in a gate: one an event, or several that pile up."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from recon.config import ReconConfig
from recon.hits import Floats, Hits, Ints
from sim.core.jit import njit

_MOST_CLUSTERS = 255  # per gate; the column is a uint8


class Search(NamedTuple):
    """Parameters of the cluster search, for the kernel; the words of ``ReconConfig``."""

    start_hits: int
    start_window_ns: float
    onset_hits: int
    onset_window_ns: float
    min_hits: int
    quiet_window_ns: float
    quiet_hits: int  # that dark noise may put into it
    large_hits: int
    large_window_ns: float
    large_quiet_window_ns: float
    large_quiet_hits: int
    tail_ns: float
    min_duration_ns: float
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
    dark_hz = config.dark_rate_hz * n_live
    return Search(
        config.start_hits,
        config.start_window_ns,
        config.onset_hits,
        config.onset_window_ns,
        config.min_hits,
        config.quiet_window_ns,
        _dark_hits(dark_hz * config.quiet_window_ns * 1e-9, config.quiet_chance),
        config.large_hits,
        config.large_window_ns,
        config.large_quiet_window_ns,
        _dark_hits(dark_hz * config.large_quiet_window_ns * 1e-9, config.quiet_chance),
        config.tail_ns,
        config.min_duration_ns,
        config.max_duration_ns,
    )


def _dark_hits(mean: float, chance: float) -> int:
    """Return the least number >= 1 that a Poisson number of this mean exceeds with at most ``chance``."""
    return max(int(poisson.isf(chance, mean)), 1) if mean > 0.0 else 1


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
def _quiet(time: NDArray[np.floating], first: int, last: int, search: Search) -> int:
    """Return the last hit before the first quiet window; clusters with many early hits need a longer one."""
    early = first
    while early < last and time[early] - time[first] < search.large_window_ns:
        early += 1
    large = early - first > search.large_hits
    window_ns = search.large_quiet_window_ns if large else search.quiet_window_ns
    allowed = search.large_quiet_hits if large else search.quiet_hits
    quiet = first + search.start_hits - 1
    while quiet < last:
        after = quiet + 1 + allowed
        if after >= last or time[after] - time[quiet] > window_ns:
            break
        quiet += 1
    return min(quiet, last - 1)


@njit
def _end(time: NDArray[np.floating], first: int, quiet: int, last: int, search: Search) -> float:
    """Return the time of a cluster's end: of its tail or its shortest duration, or the next onset."""
    end = max(float(time[quiet]) + search.tail_ns, float(time[first]) + search.min_duration_ns)
    end = min(end, float(time[first]) + search.max_duration_ns)
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
            quiet = _quiet(time, begin, stop, search)
            end = _end(time, begin, quiet, stop, search)
            k = begin
            while k < stop and time[k] < end:
                k += 1
            if min(quiet + 1, k) - begin < search.min_hits:
                i = quiet + 1
                continue
            gate[n], number[n], first[n], last[n] = g, found, begin, k
            start[n], duration[n] = time[begin], end - time[begin]
            n += 1
            found += 1
            i = max(k, i + 1)
        in_gate[n - found : n] = found
    return gate[:n], number[:n], in_gate[:n], first[:n], last[:n], start[:n], duration[:n]


def find_clusters(hits: Hits, search: Search) -> Clusters:
    """Find the clusters of each gate.

    A cluster starts at a hit that begins ``start_hits`` hits in ``start_window_ns``; leading hits that do not
    begin ``onset_hits`` in ``onset_window_ns`` (dark ones) are left out. Its pulse is over before the first
    quiet window: one whose hits dark noise can explain. That window is longer for clusters with more than
    ``large_hits`` hits in their first ``large_window_ns``, in which late and false hits are many. The cluster
    ends ``tail_ns`` after the last hit of the pulse, but not before ``min_duration_ns`` nor after
    ``max_duration_ns``; earlier at the onset of another start. So a second pulse is a cluster of its own once
    the first was quiet; before that the two pile up in one. A pulse of fewer than ``min_hits`` is dropped.

    Parameters
    ----------
    hits : sorted (``sort_hits``).
    search : parameters.
    """
    return Clusters(*_clusters(hits.time_ns, hits.offsets, search))
