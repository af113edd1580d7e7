"""From an events file to a reco file, block by block; the truth is never read."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from recon.channels import read_channels
from recon.coincidence import Found
from recon.config import CoincidenceConfig, ReconConfig, TfcConfig
from recon.gates import FLAT_COLUMNS, HIT_COLUMNS, Model, build_model, no_gates, reconstruct_gates
from recon.muon_veto import MuonVeto, live_fraction, muon_free
from recon.pair_search import PairSearch
from recon.pair_selection import Coincidences, select_pairs
from recon.record import COINCIDENCE, RECONSTRUCTION, TFC, extended_record, reach_warning
from recon.selection import Cut, add_flows
from recon.tfc import Kept, Tagger, read_showers
from sim.core import rootio
from sim.core.errors import OutputError
from sim.core.schema import EVENTS, MUONS, PAIRS, RECO, RECO_TREES, RUNS

_BLOCK_ROWS = 8000  # gates a block: about 1e6 hits of 0.5 MeV events, 30 MB
_COLUMNS = [*FLAT_COLUMNS, *HIT_COLUMNS]
_MUON_ROWS = 1_000_000  # read at a time, 13 MB
_QUEUE = 2  # blocks waiting per worker


class Summary(NamedTuple):
    """What a reconstruction did: cut flow, the exposure's factors, pairs, the output, and warnings."""

    cut_flow: tuple[Cut, ...]
    live_time_s: float
    fiducial_mass_t: float
    coincidences: Coincidences
    kept: Kept
    output: Path
    warnings: tuple[str, ...]


def reconstruct(
    events_path: Path,
    out_path: Path,
    config: ReconConfig,
    advance: Callable[[float], None] | None = None,
    workers: int = 1,
    coincidence: CoincidenceConfig | None = None,
    tfc: TfcConfig | None = None,
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
    tfc : threefold coincidence and short muon vetoes; defaults where None.

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
    tfc = tfc or TfcConfig()
    record = rootio.read_record(events_path)
    runs = rootio.read_tree(events_path, RUNS)
    periods = read_channels(events_path, runs)
    tagger = Tagger(read_showers(events_path), tfc)
    veto = MuonVeto(_muons(events_path), tfc)
    model = build_model(config, periods, tagger, veto)
    flows = [reconstruct_gates(model, events_path, no_gates())[1]]
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
            TFC: tfc.model_dump(mode="json"),
        }
        mass_t = config.fiducial_volume().mass_t()
        kept = tagger.kept(runs, config.fiducial_volume())
        left = {
            "kept_fraction": kept.fraction,
            "kept_error": kept.error,
            "points": kept.points,
            "live_time_s": coincidences.live_time_s,
            "muon_free_fraction": live_fraction(runs, tfc),
        }
        writer.record(extended_record(record, events_path, used, mass_t, cut_flow, coincidences, left))
    warnings = _warnings(events_path, cut_flow, coincidences.live_time_s)
    warnings += reach_warning(record, events_path, coincidence)
    return Summary(cut_flow, coincidences.live_time_s, mass_t, coincidences, kept, out_path, warnings)


def _reconstructed(
    model: Model, path: Path, workers: int
) -> Iterator[tuple[dict[str, Any], tuple[Cut, ...], int]]:
    """Yield rows, cut flow and number of gates of every block, in the order of the file."""
    blocks = rootio.iterate(path, EVENTS, _COLUMNS, rows=_BLOCK_ROWS)
    if workers == 1:
        for block in blocks:
            yield (*reconstruct_gates(model, path, block), len(block["event_id"]))
        return
    waiting: list[Any] = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            for block in blocks:
                waiting.append((pool.submit(reconstruct_gates, model, path, block), len(block["event_id"])))
                if len(waiting) >= _QUEUE * workers:
                    future, n_gates = waiting.pop(0)
                    yield (*future.result(), n_gates)
            for future, n_gates in waiting:
                yield (*future.result(), n_gates)
        finally:
            pool.shutdown(cancel_futures=True)


def _muons(path: Path) -> Iterator[dict[str, Any]]:
    return rootio.iterate(path, MUONS, ["run", "time_ns", "inner"], rows=_MUON_ROWS)


def _selected(
    path: Path, found: Found, runs: dict[str, Any], config: CoincidenceConfig
) -> tuple[dict[str, Any], Coincidences]:
    """Return the columns of the pairs and the result of the search; muons are read where there are pairs."""
    free = muon_free(found.pairs.run, found.pairs.prompt_time_ns, _muons(path), config)
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
