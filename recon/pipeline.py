"""From an events file to a reco file, block by block; the truth is never read."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import awkward as ak
import numpy as np

from recon.channels import Channels, read_channels
from recon.coincidence import Found
from recon.config import CoincidenceConfig, ReconConfig
from recon.energy import estimate_energy
from recon.hits import Hits, Search, cluster_search, find_clusters, sort_hits
from recon.muon_veto import live_fraction, muon_free
from recon.pair_search import PairSearch
from recon.pair_selection import Coincidences, select_pairs
from recon.record import COINCIDENCE, RECONSTRUCTION, extended_record, reach_warning
from recon.selection import Cut, add_flows, select
from recon.timing import Timing, timing_model
from recon.vertex import fit_vertices
from sim.core import rootio
from sim.core.errors import OutputError
from sim.core.hit_columns import check_hits
from sim.core.schema import EVENTS, MUONS, PAIRS, RECO, RECO_TREES, RUNS

_BLOCK_ROWS = 8000  # gates a block: about 1e6 hits of 0.5 MeV events, 30 MB
_COLUMNS = ["run", "block", "event_id", "gate_time_ns", "weight", "hit_time_ns", "hit_pmt", "hit_charge_pe"]
_MUON_ROWS = 1_000_000  # read at a time, 13 MB
_QUEUE = 2  # blocks waiting per worker


class Model(NamedTuple):
    """All that does not change from block to block."""

    config: ReconConfig
    channels: Channels
    search: Search
    timing: Timing


class Summary(NamedTuple):
    """What a reconstruction did: cut flow, the exposure's two factors, pairs, the output, and warnings."""

    cut_flow: tuple[Cut, ...]
    live_time_s: float
    fiducial_mass_t: float
    coincidences: Coincidences
    output: Path
    warnings: tuple[str, ...]


def reconstruct(
    events_path: Path,
    out_path: Path,
    config: ReconConfig,
    advance: Callable[[float], None] | None = None,
    workers: int = 1,
    coincidence: CoincidenceConfig | None = None,
) -> Summary:
    """Reconstruct every gate of an events file, and find the delayed coincidences among its clusters.

    Parameters
    ----------
    events_path : an events file, or several joined into one.
    out_path : the reco file; it appears when it is complete.
    config : what to assume and to cut.
    advance : told the number of gates done, after each block.
    workers : threads (the kernels release the GIL); the output is the same for any number.
    coincidence : cuts of the coincidence search; defaults where None.

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
    coincidence = coincidence or CoincidenceConfig()
    record = rootio.read_record(events_path)
    channels = read_channels(events_path)
    runs = rootio.read_tree(events_path, RUNS)
    search = cluster_search(config, int(channels.live.sum()))
    model = Model(config, channels, search, timing_model(config))
    flows = [_rows(model, events_path, _no_gates())[1]]
    search_of_pairs = PairSearch(coincidence)
    with rootio.create(out_path, RECO_TREES) as writer:
        for rows, flow, n_gates in _reconstructed(model, events_path, max(workers, 1)):
            writer.extend(RECO.name, rows)
            search_of_pairs.add(rows)
            flows.append(flow)
            if advance is not None:
                advance(n_gates)
        writer.extend(RUNS.name, runs)
        pairs, coincidences = _selected(events_path, search_of_pairs.finish(), runs, coincidence)
        writer.extend(PAIRS.name, pairs)
        cut_flow = add_flows(flows)
        used = {
            RECONSTRUCTION: config.model_dump(mode="json"),
            COINCIDENCE: coincidence.model_dump(mode="json"),
        }
        mass_t = config.fiducial_volume().mass_t()
        writer.record(extended_record(record, events_path, used, mass_t, cut_flow, coincidences))
    warnings = _warnings(events_path, cut_flow, coincidences.live_time_s)
    warnings += reach_warning(record, events_path, coincidence)
    return Summary(cut_flow, coincidences.live_time_s, mass_t, coincidences, out_path, warnings)


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
        "weight": block["weight"][gate],
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
    check_hits(path, n_pmt, time_ns, pmt, charge_pe)
    return Hits(time_ns, pmt, charge_pe, offsets)


def _no_gates() -> dict[str, Any]:
    empty = {c.name: np.zeros(0, c.dtype) for c in EVENTS.flat()}
    jagged = {c.name: ak.Array(np.zeros((0, 1), c.dtype)) for c in EVENTS.columns if c.group}
    return empty | jagged


def _selected(
    path: Path, found: Found, runs: dict[str, Any], config: CoincidenceConfig
) -> tuple[dict[str, Any], Coincidences]:
    """Return the columns of the pairs and the result of the search; muons are read where there are pairs."""
    muons = rootio.iterate(path, MUONS, ["run", "time_ns", "inner"], rows=_MUON_ROWS)
    free = muon_free(found.pairs.run, found.pairs.prompt_time_ns, muons, config)
    live_time_s = float(runs["live_time_s"].sum())
    return select_pairs(found, free, live_time_s, live_fraction(runs, config), config)


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
