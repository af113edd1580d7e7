"""From deposits to gates of hits: the loop over groups of primaries that can share a gate."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit, njit_inline
from sim.core.primaries import Block
from sim.core.rng import Stage, philox_key, stream
from sim.detector.afterpulses import add_afterpulses
from sim.detector.charge import CHARGE_STEPS
from sim.detector.electronics import Channels, HitList, integrate, new_channels, new_hit_list
from sim.detector.groups import Groups
from sim.detector.hits import (
    MAX_PRIMARIES,
    SORT_COUNTS,
    TICKS_PER_NS,
    Tracked,
    sort_words,
    take,
    throw,
    throw_dark,
    untracked,
)
from sim.detector.model import Detector
from sim.detector.rays import new_workspace
from sim.detector.trigger import find_gates, reaches

Ints = NDArray[np.int64]
_GATES_PER_GROUP = 64
_CHUNK = 4_000_000  # photoelectrons, or tracked photons, that are digitised at once; bounds the memory


class Tracking(NamedTuple):
    """Who makes the light of groups, where it is tracked."""

    photons: Ints  # (n_groups,), about how many photons are tracked
    shine: Callable[[int, int], Tracked]  # light of groups first to last; sets their ``above`` and ``below``


class Gates(NamedTuple):
    """Gates and their hits; times in whole ns or ticks as said."""

    start_ns: Ints  # (n_gates,), since the block's start
    counts: Ints  # (n_gates,), hits
    hit_time_ns: NDArray[np.float32]  # since the gate's start
    hit_pmt: NDArray[np.uint16]
    hit_charge_pe: NDArray[np.float32]
    hit_primary: NDArray[np.int16]  # number in the group, of false hits their cause's; -1 for dark noise
    primary_gate: Ints  # (n_primaries of the groups,), gate that holds its first hit, or -1
    opened: int  # gates that the trigger opened, written or not


class _Columns(NamedTuple):
    """Gates and hits of some groups, in the types of ``Gates``; what is not filled takes no memory."""

    start_ns: Ints
    counts: Ints
    time_ns: NDArray[np.float32]
    pmt: NDArray[np.uint16]
    charge_pe: NDArray[np.float32]
    primary: NDArray[np.int16]

    def filled(self, gates: int, hits: int) -> "_Columns":
        """Return the parts that were filled."""
        return _Columns(
            self.start_ns[:gates], self.counts[:gates], self.time_ns[:hits],
            self.pmt[:hits], self.charge_pe[:hits], self.primary[:hits],
        )  # fmt: skip


def _room(hits: int, gates: int) -> _Columns:
    return _Columns(
        np.empty(gates, np.int64), np.empty(gates, np.int64), np.empty(hits, np.float32),
        np.empty(hits, np.uint16), np.empty(hits, np.float32), np.empty(hits, np.int16),
    )  # fmt: skip


@njit_inline
def _write(
    hits: HitList, begin: int, end: int, start: int, detector: Detector, out: _Columns, at: int
) -> None:
    """Write the hits [begin, end) of a gate that starts at a tick, from place ``at`` on."""
    gain, charge_live = detector.pmts.gain, detector.charge_live
    tick, tube, charge, primary = hits.tick, hits.tube, hits.charge, hits.primary
    time_ns, pmt, charge_pe, owner = out.time_ns, out.pmt, out.charge_pe, out.primary
    for k in range(np.uint64(end - begin)):
        source, place = np.uint64(begin) + k, np.uint64(at) + k
        time_ns[place] = (tick[source] - start) / TICKS_PER_NS
        owner[place] = primary[source]
    for k in range(np.uint64(end - begin)):
        source, place = np.uint64(begin) + k, np.uint64(at) + k
        number = np.uint64(tube[source])
        pmt[place] = number
        steps = int(charge[source] * gain[number] + 0.5)
        charge_pe[place] = steps / CHARGE_STEPS if charge_live[number] else 0.0


@njit
def _digitise(
    first_group: int, last_group: int, groups: Groups, tracked: Tracked, dark: Ints, largest: int,
    detector: Detector, channels: Channels, light_key: tuple[np.uint32, np.uint32],
    dark_key: tuple[np.uint32, np.uint32], primary_gate: Ints, gate_offset: int, out: _Columns,
) -> tuple[int, int, int]:  # fmt: skip
    words = np.empty(largest, np.uint64)
    scratch = np.empty(largest, np.uint64)
    counts = np.empty(SORT_COUNTS, np.int64)
    work = new_workspace(largest)
    hits = new_hit_list(2 * largest)
    starts = np.empty(_GATES_PER_GROUP, np.int64)
    n_gates = 0
    n_out = 0
    opened = 0
    optics, arrival, charge = detector.optics, detector.arrival, detector.charge
    front_end, trigger, selection = detector.front_end, detector.trigger, detector.selection
    live = detector.live
    deposit_start, primary_start, span_ns = groups.deposit_start, groups.primary_start, groups.span_ns
    above, below, times_ns, kinds = groups.above, groups.below, groups.time_ns, groups.kind
    xs, ys, zs, labels = groups.x_m, groups.y_m, groups.z_m, groups.label
    hit_tick, hit_primary, gate_start, gate_count = hits.tick, hits.primary, out.start_ns, out.counts
    afterpulses = detector.afterpulses
    window = int(selection.window_ns * TICKS_PER_NS)
    is_tracked = len(tracked.start) > 0
    for group in range(first_group, last_group):
        n = 0
        if is_tracked:
            made = 0
            for i in range(deposit_start[group], deposit_start[group + 1]):
                made += above[i]
            if made < selection.min_photoelectrons:
                continue
        for i in range(deposit_start[group], deposit_start[group + 1]):
            begin = n
            if is_tracked:
                n = take(tracked, i, times_ns[i], labels[i], words, n)
            else:
                n = throw(
                    above[i], below[i], times_ns[i], int(kinds[i]), xs[i], ys[i], zs[i], labels[i], i,
                    light_key[0], light_key[1], optics, arrival, charge, work, words, n,
                )  # fmt: skip
            n = add_afterpulses(words, begin, n, i, dark_key, afterpulses, charge.above)
        n = throw_dark(
            dark[group], span_ns[group], group, dark_key[0], dark_key[1],
            live, charge.above, work, words, n,
        )  # fmt: skip
        sort_words(words, n, scratch, counts)
        n_hits = integrate(words, n, group, front_end, channels, hits)
        found = find_gates(hit_tick, n_hits, trigger, group, dark_key, starts)
        opened += found
        i = 0
        for g in range(found):
            start = starts[g]
            while i < n_hits and hit_tick[i] < start:
                i += 1
            begin = i
            while i < n_hits and hit_tick[i] < start + trigger.gate:
                i += 1
            if not reaches(hit_tick, begin, i, window, selection.min_hits):
                continue
            _write(hits, begin, i, start, detector, out, n_out)
            last = -1
            for k in range(begin, i):
                if hit_primary[k] != last and hit_primary[k] >= 0:
                    last = hit_primary[k]
                    place = primary_start[group] + last
                    if primary_gate[place] < 0:
                        primary_gate[place] = gate_offset + n_gates
            gate_start[n_gates] = groups.origin_ns[group] + int(np.floor(start / TICKS_PER_NS))
            gate_count[n_gates] = i - begin
            n_gates += 1
            n_out += i - begin
    return n_gates, n_out, opened


def _chunks(sizes: Ints) -> list[int]:
    """Cut groups into runs of at most about _CHUNK photoelectrons; returns the borders."""
    turn = np.cumsum(sizes) // _CHUNK
    return [0, *(np.flatnonzero(np.diff(turn)) + 1).tolist(), len(sizes)]


def _per_group(groups: Groups, of_deposit: Ints) -> Ints:
    """Return sums over the deposits of each group."""
    total = np.concatenate([[0], np.cumsum(of_deposit)])
    return np.asarray(np.diff(total[groups.deposit_start]), dtype=np.int64)


def digitise(block: Block, groups: Groups, detector: Detector, tracking: Tracking | None = None) -> Gates:
    """Make the hits of all groups of a block, and the gates they open.

    Parameters
    ----------
    block : gives the random streams.
    groups : primaries that can share a gate, with their photoelectrons.
    detector : tables and constants.
    tracking : makes the light photon by photon; groups it leaves below the cut open no gate. None: the
        photoelectrons that the groups came with are drawn.

    Raises
    ------
    PhysicsError
        More primaries in one group than a hit can point to.
    """
    crowd = int(np.diff(groups.primary_start).max(initial=0))
    if crowd > MAX_PRIMARIES:
        msg = (
            f"{crowd} primaries follow each other within a gate's reach, at most {MAX_PRIMARIES} are possible"
        )
        raise PhysicsError(msg)
    rng = stream(block.seed, Stage.ELECTRONICS, block.index)
    dark = rng.poisson(groups.span_ns * (detector.dark_rate_hz * 1e-9)).astype(np.int64)
    light_key = philox_key(block.seed, Stage.LIGHT, block.index)
    dark_key = philox_key(block.seed, Stage.ELECTRONICS, block.index)
    primary_gate = np.full(int(groups.primary_start[-1]), -1, np.int64)
    channels = new_channels(len(detector.pmts.live))
    tables = detector._replace(optical=None)  # what kernels can read
    parts = []
    offset = opened = 0
    for first, last in pairwise(
        _chunks(dark + (_per_group(groups, groups.above) if tracking is None else tracking.photons))
    ):
        tracked = untracked() if tracking is None else tracking.shine(first, last)
        most = dark[first:last] + _per_group(groups, 2 * groups.above + groups.below)[first:last]
        room = 2 * int(most.sum())  # hits: an afterpulse and a reflection each
        out = _room(room, room // max(detector.selection.min_hits, 1) + 1)
        n_gates, n_hits, more = _digitise(
            first, last, groups, tracked, dark, int(most.max(initial=0)), tables, channels, light_key,
            dark_key, primary_gate, offset, out,
        )  # fmt: skip
        parts.append(out.filled(n_gates, n_hits))
        offset += n_gates
        opened += more
    every = parts[0] if len(parts) == 1 else _Columns(*map(np.concatenate, zip(*parts, strict=True)))
    return Gates(*every, primary_gate, opened)
