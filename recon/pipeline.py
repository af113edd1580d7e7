"""From an events file to a reco file, block by block; the truth is never read."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import awkward as ak
import numpy as np

from recon.channels import Channels, read_channels
from recon.config import ReconConfig
from recon.energy import estimate_energy
from recon.hits import Hits, Search, cluster_search, find_clusters, sort_hits
from recon.selection import Cut, add_flows, select
from recon.timing import Timing, timing_model
from recon.vertex import fit_vertices
from sim.core import rootio
from sim.core.config import Card, card_from_values
from sim.core.errors import CardError, InputFileError, OutputError
from sim.core.provenance import run_record
from sim.core.schema import EVENTS, RECO, RECO_TREES, RUNS

SECTION = "reconstruction"
_BLOCK_ROWS = 8000  # gates a block: about 1e6 hits of 0.5 MeV events, 30 MB
_COLUMNS = ["run", "block", "event_id", "gate_time_ns", "hit_time_ns", "hit_pmt", "hit_charge_pe"]
_QUEUE = 2  # blocks waiting per worker


class Model(NamedTuple):
    """All that does not change from block to block."""

    config: ReconConfig
    channels: Channels
    search: Search
    timing: Timing


class Summary(NamedTuple):
    """What a reconstruction did: the cut flow, the exposure's two factors, the output, and warnings."""

    cut_flow: tuple[Cut, ...]
    live_time_s: float
    fiducial_mass_t: float
    output: Path
    warnings: tuple[str, ...]


def reconstruct(
    events_path: Path,
    out_path: Path,
    config: ReconConfig,
    advance: Callable[[float], None] | None = None,
    workers: int = 1,
) -> Summary:
    """Reconstruct every gate of an events file.

    Parameters
    ----------
    events_path : an events file, or several joined into one.
    out_path : the reco file; it appears when it is complete.
    config : what to assume and to cut.
    advance : told the number of gates done, after each block.
    workers : threads (the kernels release the GIL); the output is the same for any number.

    Raises
    ------
    InputFileError
        The input is unreadable, not ours, or holds hits that cannot be.
    OutputError
        The output cannot be written.
    """
    if out_path.resolve() == events_path.resolve():
        msg = f"{out_path}: the output would replace the input; name another file"
        raise OutputError(msg)
    record = rootio.read_record(events_path)
    channels = read_channels(events_path)
    runs = rootio.read_tree(events_path, RUNS)
    search = cluster_search(config, int(channels.live.sum()))
    model = Model(config, channels, search, timing_model(config))
    flows = [_rows(model, events_path, _no_gates())[1]]
    with rootio.create(out_path, RECO_TREES) as writer:
        for rows, flow, n_gates in _reconstructed(model, events_path, max(workers, 1)):
            writer.extend(RECO.name, rows)
            flows.append(flow)
            if advance is not None:
                advance(n_gates)
        writer.extend(RUNS.name, runs)
        cut_flow = add_flows(flows)
        writer.record(_extended(record, events_path, config, cut_flow))
    live_time_s = float(runs["live_time_s"].sum())
    found = _warnings(events_path, cut_flow, live_time_s)
    return Summary(cut_flow, live_time_s, config.fiducial_volume().mass_t(), out_path, found)


def recorded_card(events_path: Path, overrides: tuple[str, ...] | list[str] = ()) -> Card:
    """Return the card of an events file's run record with ``reconstruction.key=value`` overrides applied.

    Raises
    ------
    CardError
        An override is malformed or belongs to another section: what was simulated cannot be changed.
    InputFileError
        The file has no run record.
    """
    for text in overrides:
        if not text.strip().startswith(f"{SECTION}."):
            msg = (
                f"--set {text!r}: only {SECTION}.key=value can be changed here; the rest is simulated already"
            )
            raise CardError(msg)
    values = rootio.read_record(events_path).get("card")
    if not isinstance(values, dict):
        msg = f"{events_path}: the run record holds no card: not an events file of this program"
        raise InputFileError(msg)
    return card_from_values(f"{events_path} (run record)", values, overrides)


def _reconstructed(
    model: Model, path: Path, workers: int
) -> Iterator[tuple[dict[str, Any], tuple[Cut, ...], int]]:
    """Yield rows, cut flow and number of gates of every block, in the order of the file."""
    blocks = rootio.iterate(path, EVENTS, _COLUMNS, rows=_BLOCK_ROWS)
    if workers == 1:
        for block in blocks:
            yield (*_rows(model, path, block), len(block["event_id"]))
        return
    waiting: list[Any] = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            for block in blocks:
                waiting.append((pool.submit(_rows, model, path, block), len(block["event_id"])))
                if len(waiting) >= _QUEUE * workers:
                    future, n_gates = waiting.pop(0)
                    yield (*future.result(), n_gates)
            for future, n_gates in waiting:
                yield (*future.result(), n_gates)
        finally:
            pool.shutdown(cancel_futures=True)


def _rows(model: Model, path: Path, block: dict[str, Any]) -> tuple[dict[str, Any], tuple[Cut, ...]]:
    """Return the reco columns of one block and its cut flow."""
    hits = sort_hits(_hits(path, block, len(model.channels.live)), model.channels.live)
    clusters = find_clusters(hits, model.search)
    estimators = estimate_energy(hits, clusters, model.channels, model.config)
    vertices = fit_vertices(hits, clusters, model.channels, model.timing)
    selection = select(len(hits.offsets) - 1, clusters, vertices, model.config)
    gate = clusters.gate
    rows = {
        "run": block["run"][gate],
        "block": block["block"][gate],
        "event_id": block["event_id"][gate],
        "cluster": clusters.number,
        "n_clusters": clusters.in_gate,
        "cluster_time_ns": block["gate_time_ns"][gate] + np.rint(clusters.start_ns).astype(np.int64),
        "start_ns": clusters.start_ns,
        "duration_ns": clusters.duration_ns,
        "n_raw_hits": clusters.last - clusters.first,
        **estimators._asdict(),
        "x_m": vertices.x_m,
        "y_m": vertices.y_m,
        "z_m": vertices.z_m,
        "vertex_sigma_m": vertices.sigma_m,
        "vertex_valid": vertices.valid,
        "fiducial": selection.fiducial,
        "selected": selection.selected,
    }
    return rows, selection.cut_flow


def _hits(path: Path, block: dict[str, Any], n_pmt: int) -> Hits:
    """Return the hits of a block as flat arrays; InputFileError for hits that cannot be."""
    counts = ak.to_numpy(ak.num(block["hit_time_ns"], axis=1)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    time_ns, pmt, charge_pe = (
        np.ascontiguousarray(ak.to_numpy(ak.flatten(block[name], axis=1)))
        for name in ("hit_time_ns", "hit_pmt", "hit_charge_pe")
    )
    if len(pmt) and int(pmt.max()) >= n_pmt:
        msg = f"{path}: a hit on photomultiplier {int(pmt.max())}, the file describes {n_pmt}"
        raise InputFileError(msg)
    if not (np.isfinite(time_ns).all() and np.isfinite(charge_pe).all()):
        msg = f"{path}: a hit's time or charge is not a finite number"
        raise InputFileError(msg)
    return Hits(time_ns, pmt, charge_pe, offsets)


def _no_gates() -> dict[str, Any]:
    empty = {c.name: np.zeros(0, c.dtype) for c in EVENTS.flat()}
    jagged = {c.name: ak.Array(np.zeros((0, 1), c.dtype)) for c in EVENTS.columns if c.group}
    return empty | jagged


def _extended(
    record: dict[str, Any], path: Path, config: ReconConfig, cut_flow: tuple[Cut, ...]
) -> dict[str, Any]:
    resolved = {SECTION: config.model_dump(mode="json")}
    step = run_record(
        "reconstruct",
        Card(path.name, resolved),
        resolved,
        input=path.name,
        fiducial_mass_t=config.fiducial_volume().mass_t(),
        cut_flow=[cut._asdict() for cut in cut_flow],
    )
    return {**record, SECTION: step}


def _warnings(path: Path, cut_flow: tuple[Cut, ...], live_time_s: float) -> tuple[str, ...]:
    kept = {cut.name: cut.kept for cut in cut_flow}
    found = []
    if kept["gates"] == 0:
        found.append(f"{path}: the file holds no events; the output is empty")
    elif kept["clusters"] == 0:
        found.append(
            f"{path}: no clusters found in {kept['gates']} gates; is the start condition too strict?"
        )
    if live_time_s <= 0:
        found.append(f"{path}: the live time is zero; no rate can be made of this file")
    return tuple(found)
