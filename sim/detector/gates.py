"""From deposits to gates of hits: the loop over groups of primaries that can share a gate."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.core.primaries import Block
from sim.core.rng import Stage, philox_key, stream
from sim.detector.afterpulses import add_afterpulses
from sim.detector.charge import CHARGE_STEPS
from sim.detector.electronics import Channels, integrate, new_channels, new_hit_list
from sim.detector.groups import Groups
from sim.detector.hits import (
    MAX_PRIMARIES,
    TICKS_PER_NS,
    Tracked,
    new_workspace,
    sort_words,
    take,
    throw,
    throw_dark,
    untracked,
)
from sim.detector.model import Detector
from sim.detector.trigger import find_gates, most_in_window

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


@njit
def _longer(column: Any, n: int, more: int) -> Any:
    """Return a column with room for ``more`` entries after its first n."""
    if n + more <= len(column):
        return column
    out = np.empty(2 * (n + more), column.dtype)
    out[:n] = column[:n]
    return out


@njit
def _digitise(
    first_group: int, last_group: int, groups: Groups, tracked: Tracked, dark: Ints, capacity: int,
    detector: Detector, channels: Channels, light_key: tuple[np.uint32, np.uint32],
    dark_key: tuple[np.uint32, np.uint32], primary_gate: Ints, gate_offset: int,
) -> tuple[Ints, Ints, Any, Any, Any, Any, int]:  # fmt: skip
    largest = 0
    for group in range(first_group, last_group):
        total = dark[group]
        for i in range(groups.deposit_start[group], groups.deposit_start[group + 1]):
            total += 2 * groups.above[i] + groups.below[i]  # at most one afterpulse each
        largest = max(largest, total)
    words = np.empty(largest, np.uint64)
    scratch = np.empty(largest, np.uint64)
    counts = np.empty(512, np.int64)
    work = new_workspace(largest)
    hits = new_hit_list(2 * largest)  # at most one reflection each
    starts = np.empty(_GATES_PER_GROUP, np.int64)
    out_time = np.empty(capacity, np.float32)
    out_pmt = np.empty(capacity, np.uint16)
    out_charge = np.empty(capacity, np.float32)
    out_primary = np.empty(capacity, np.int16)
    gate_start = np.empty(capacity // max(detector.selection.min_hits, 1) + 1, np.int64)
    gate_count = np.empty(len(gate_start), np.int64)
    n_gates = 0
    n_out = 0
    opened = 0
    optics, arrival, charge = detector.optics, detector.arrival, detector.charge
    front_end, trigger, selection = detector.front_end, detector.trigger, detector.selection
    live, charge_live, gain = detector.live, detector.charge_live, detector.pmts.gain
    deposit_start, primary_start, span_ns = groups.deposit_start, groups.primary_start, groups.span_ns
    above, below, times_ns, kinds = groups.above, groups.below, groups.time_ns, groups.kind
    xs, ys, zs, labels = groups.x_m, groups.y_m, groups.z_m, groups.label
    hit_tick, hit_tube, hit_charge, hit_primary = hits.tick, hits.tube, hits.charge, hits.primary
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
            time_ns = times_ns[i]
            begin = n
            if is_tracked:
                n = take(tracked, i, time_ns, labels[i], words, n)
                n = add_afterpulses(words, begin, n, i, dark_key, afterpulses, charge.above)
                continue
            kind = int(kinds[i])
            x, y, z, label = xs[i], ys[i], zs[i], labels[i]
            n = throw(
                above[i], time_ns, kind, x, y, z, label, i, 0, light_key[0], light_key[1],
                optics, arrival, charge.above, work, words, n,
            )  # fmt: skip
            n = add_afterpulses(words, begin, n, i, dark_key, afterpulses, charge.above)
            n = throw(
                below[i], time_ns, kind, x, y, z, label, i, 1, light_key[0], light_key[1],
                optics, arrival, charge.below, work, words, n,
            )  # fmt: skip
        n = throw_dark(
            dark[group], span_ns[group], group, dark_key[0], dark_key[1],
            live, charge.above, work, words, n,
        )  # fmt: skip
        sort_words(words, n, scratch, counts)
        n_hits = integrate(words, n, group, front_end, channels, hits)
        found = find_gates(hit_tick, n_hits, trigger, group, dark_key, starts)
        opened += found
        gate_start = _longer(gate_start, n_gates, found)
        gate_count = _longer(gate_count, n_gates, found)
        out_time = _longer(out_time, n_out, n_hits)
        out_pmt = _longer(out_pmt, n_out, n_hits)
        out_charge = _longer(out_charge, n_out, n_hits)
        out_primary = _longer(out_primary, n_out, n_hits)
        i = 0
        for g in range(found):
            while i < n_hits and hit_tick[i] < starts[g]:
                i += 1
            begin = i
            while i < n_hits and hit_tick[i] < starts[g] + trigger.gate:
                i += 1
            if most_in_window(hit_tick, begin, i, window) < selection.min_hits:
                continue
            for k in range(begin, i):
                tube = hit_tube[k]
                out_time[n_out] = (hit_tick[k] - starts[g]) / TICKS_PER_NS
                out_pmt[n_out] = tube
                steps = int(hit_charge[k] * gain[tube] + 0.5)
                out_charge[n_out] = steps / CHARGE_STEPS if charge_live[tube] else 0.0
                out_primary[n_out] = hit_primary[k]
                n_out += 1
                if hit_primary[k] >= 0:
                    place = primary_start[group] + hit_primary[k]
                    if primary_gate[place] < 0:
                        primary_gate[place] = gate_offset + n_gates
            gate_start[n_gates] = groups.origin_ns[group] + int(np.floor(starts[g] / TICKS_PER_NS))
            gate_count[n_gates] = i - begin
            n_gates += 1
    return (
        gate_start[:n_gates], gate_count[:n_gates], out_time[:n_out].copy(), out_pmt[:n_out].copy(),
        out_charge[:n_out].copy(), out_primary[:n_out].copy(), opened,
    )  # fmt: skip


def _chunks(sizes: Ints) -> list[int]:
    """Cut groups into runs of at most about _CHUNK photoelectrons; returns the borders."""
    turn = np.cumsum(sizes) // _CHUNK
    return [0, *(np.flatnonzero(np.diff(turn)) + 1).tolist(), len(sizes)]


def _made(groups: Groups) -> Ints:
    """Return the photoelectrons above threshold of each group."""
    total = np.concatenate([[0], np.cumsum(groups.above)])
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
    for first, last in pairwise(_chunks(dark + (_made(groups) if tracking is None else tracking.photons))):
        tracked = untracked() if tracking is None else tracking.shine(first, last)
        capacity = int((_made(groups) + dark)[first:last].sum())
        *part, more = _digitise(
            first, last, groups, tracked, dark, capacity, tables, channels, light_key, dark_key,
            primary_gate, offset,
        )  # fmt: skip
        parts.append(part)
        offset += len(part[0])
        opened += more
    start, count, time, pmt, charge, primary = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Gates(start, count, time, pmt, charge, primary, primary_gate, opened)
