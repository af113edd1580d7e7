"""Hits of a gate, in time order, without false ones."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.config import ReconConfig
from sim.core.jit import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    back_pe: float  # and after any hit of a photomultiplier whose charge is not known; infinite: none


KEEP_ALL = FalseHits(0.0, np.inf, -np.inf, np.inf)


def false_hits(config: ReconConfig) -> FalseHits:
    """Return which hits are dropped."""
    return FalseHits(
        config.retrigger_ns,
        config.reflection_ns - config.reflection_spread_ns,
        config.reflection_ns + config.reflection_spread_ns,
        config.reflection_pe if config.reflection_spread_ns > 0 else np.inf,
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
    charge_live: NDArray[np.bool_],
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
        is_large = charge[i] > false.back_pe or (false.back_pe < np.inf and not charge_live[tube])
        if is_large and age > false.back_to_ns:
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
    charge_live: NDArray[np.bool_],
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
            n = _drop_false(out_time, out_pmt, out_charge, begin, n, false, charge_live, previous, large)
        out_offsets[gate + 1] = n
    return out_time[:n], out_pmt[:n], out_charge[:n], out_offsets


def sort_hits(
    hits: Hits,
    live: NDArray[np.bool_],
    false: FalseHits = KEEP_ALL,
    charge_live: NDArray[np.bool_] | None = None,
) -> Hits:
    """Return the hits of live photomultipliers, in time order within each gate (equal times: by tube).

    False hits are left out: those less than ``retrigger_ns`` after the previous one of their
    photomultiplier, dropped or not, and those where the reflection of a large hit is expected. Of large hits
    that follow each other before that time is over the first counts. Where the charge is not usable any hit
    may be large: kept, the reflections of a few channels come within 20 ns of each other and make a false
    cluster after one event of 2 to 5 MeV in 150.

    Parameters
    ----------
    hits : as read, in any order within a gate.
    live : bool (n_pmt,).
    false : what is dropped.
    charge_live : bool (n_pmt,), photomultipliers whose charge is usable; all where None.
    """
    known = np.ones(len(live), bool) if charge_live is None else charge_live
    return Hits(*_live_sorted(*hits, live, false, known))
