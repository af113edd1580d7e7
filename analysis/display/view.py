"""One trigger gate as a person looks at it: hits, photomultipliers, truth, and clusters if there is reco."""

from pathlib import Path
from typing import Any, NamedTuple

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.display.clusters import Cluster, read_clusters
from analysis.display.entries import find_rows, read_rows, tree_names
from analysis.display.truth import Partner, Primary, read_partners, read_primaries
from sim.core import rootio
from sim.core.errors import CardError, InputFileError
from sim.core.geometry import Photomultipliers
from sim.core.hit_columns import check_hits
from sim.core.schema import EVENTS, TRUTH
from sim.core.tube_periods import block_periods, gate_periods, read_tube_periods

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BUSY_NS = 60.0  # without clusters: the pulse is where most hits are in so short a time
_PULSE_NS = 800.0  # and lasts as long


class Hits(NamedTuple):
    """Hits of the gate in time order, shape (n_hits,)."""

    time_ns: Floats  # since the gate's start
    pmt: Ints
    charge_pe: Floats
    primary: Ints  # truth: number of the primary, -1 for dark noise


class Span(NamedTuple):
    """The hits that are looked at: a cluster, or without reco where most hits are."""

    start_ns: float
    stop_ns: float
    cluster: Cluster | None

    @property
    def name(self) -> str:
        """What it is called in figures."""
        return "the pulse" if self.cluster is None else f"cluster {self.cluster.number}"

    def holds(self, time_ns: Floats) -> NDArray[np.bool_]:
        """Return True for times inside, shape of the input."""
        return (time_ns >= self.start_ns) & (time_ns < self.stop_ns)


class EventView(NamedTuple):
    """All that is known of one gate."""

    path: Path
    entry: int  # row of the file, counted from 0
    n_entries: int
    run: int
    block: int
    event_id: int
    gate_time_ns: int  # UTC since 1970-01-01
    weight: float
    hits: Hits
    tubes: Photomultipliers
    primaries: tuple[Primary, ...] | None  # None: the file holds no truth
    partners: tuple[Partner, ...]
    clusters: tuple[Cluster, ...] | None  # None: no reco file
    reco_note: str  # where the clusters are from, or how to get them

    def span(self, cluster: int | None = None) -> Span:
        """Return the hits to look at: a cluster by its number, or the one with most hits.

        Raises
        ------
        CardError
            There is no such cluster.
        """
        if cluster is not None:
            for one in self.clusters or ():
                if one.number == cluster:
                    return Span(one.start_ns, one.start_ns + one.duration_ns, one)
            known = "no reco file" if self.clusters is None else f"{len(self.clusters)} clusters"
            msg = f"--cluster {cluster}: no such cluster in event {self.entry} ({known})"
            raise CardError(msg)
        if self.clusters:
            return self.span(max(self.clusters, key=lambda one: one.n_raw_hits).number)
        time_ns = self.hits.time_ns
        if len(time_ns) == 0:
            return Span(0.0, _PULSE_NS, None)
        ahead = np.searchsorted(time_ns, time_ns + _BUSY_NS) - np.arange(len(time_ns))
        start_ns = float(time_ns[int(np.argmax(ahead))])
        return Span(start_ns, start_ns + _PULSE_NS, None)


def read_event(
    path: Path, entry: int | None = None, event_id: int | None = None, reco: Path | None = None
) -> EventView:
    """Read one gate; of the trees' jagged columns this one row is read, the rest of the file is not.

    Parameters
    ----------
    path : an events file.
    entry : row of tree ``events``, counted from 0 (the default).
    event_id : its event id instead.
    reco : the reco file made from it; else one that lies beside it is taken, if there is one.

    Raises
    ------
    CardError
        Both ways to name the event are used.
    InputFileError
        No such event; the file is no events file, or damaged; the reco file was made from another one.
    """
    record = rootio.read_record(path)
    names = tree_names(path)
    if EVENTS.name not in names:
        msg = f"{path}: not an events file: no tree {EVENTS.name!r}, it holds {', '.join(sorted(names))}"
        raise InputFileError(msg)
    n_entries = rootio.count_rows(path, EVENTS)
    entry = _entry(path, n_entries, entry, event_id)
    row = read_rows(path, EVENTS, np.array([entry]))
    run, block, identity, gate_time_ns = (
        int(row[name][0]) for name in ("run", "block", "event_id", "gate_time_ns")
    )
    tubes = _tubes(path, row)
    hits = _hits(path, row, len(tubes.live))
    primaries: tuple[Primary, ...] | None = None
    partners: tuple[Partner, ...] = ()
    if TRUTH.name in names:
        primaries = read_primaries(path, run, identity, gate_time_ns, hits.primary)
        partners = read_partners(path, run, block, identity, gate_time_ns, primaries)
    clusters, note = read_clusters(path, record, reco, run, identity, gate_time_ns)
    return EventView(
        path, entry, n_entries, run, block, identity, gate_time_ns, float(row["weight"][0]),
        hits, tubes, primaries, partners, clusters, note,
    )  # fmt: skip


def _entry(path: Path, n_entries: int, entry: int | None, event_id: int | None) -> int:
    if n_entries == 0:
        msg = f"{path}: the file holds no events"
        raise InputFileError(msg)
    if event_id is None:
        entry = 0 if entry is None else entry
        if not 0 <= entry < n_entries:
            msg = f"{path}: no event {entry}; the file holds {n_entries}, numbered 0 to {n_entries - 1}"
            raise InputFileError(msg)
        return entry
    if entry is not None:
        msg = "--event and --event-id: give one of the two"
        raise CardError(msg)
    rows = find_rows(path, EVENTS, event_id=event_id)
    if len(rows) == 0:
        msg = f"{path}: no event with event_id {event_id} among the {n_entries} of the file; see --event"
        raise InputFileError(msg)
    if len(rows) > 1:
        several = ", ".join(str(number) for number in rows[:5])
        msg = f"{path}: event_id {event_id} is there {len(rows)} times (joined runs); give --event {several}"
        raise InputFileError(msg)
    return int(rows[0])


def _tubes(path: Path, gate: dict[str, Any]) -> Photomultipliers:
    """Return the photomultipliers of the period of a gate; ``gate`` is its row of the tree."""
    periods = read_tube_periods(path)
    row = 0
    if len(periods.number) > 1:
        blocks = block_periods(path, periods)
        row = int(gate_periods(path, blocks, gate["run"], gate["block"], gate["gate_time_ns"])[0])
    columns = {name: values[row] for name, values in periods.columns.items()}
    flags = {name: columns.pop(name) != 0 for name in ("live", "charge_live", "concentrator")}
    number = np.full(len(flags["live"]), periods.number[row], np.uint16)
    return Photomultipliers(**columns, **flags, period=number)


def _hits(path: Path, row: dict[str, Any], n_pmt: int) -> Hits:
    time_ns, charge_pe = (
        ak.to_numpy(row[name][0]).astype(np.float64) for name in ("hit_time_ns", "hit_charge_pe")
    )
    pmt, primary = (ak.to_numpy(row[name][0]).astype(np.int64) for name in ("hit_pmt", "hit_primary"))
    if len({len(column) for column in (time_ns, pmt, charge_pe, primary)}) > 1:
        msg = f"{path}: tree {EVENTS.name!r} is damaged near this event: its hit columns differ in length"
        raise InputFileError(msg)
    check_hits(path, n_pmt, time_ns, pmt, charge_pe)
    order = np.argsort(time_ns, kind="stable")
    return Hits(time_ns[order], pmt[order], charge_pe[order], primary[order])
