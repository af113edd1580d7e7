"""Gates of an events file: their hits, and what the reconstruction makes of them."""

from pathlib import Path
from typing import Any, NamedTuple

import awkward as ak
import numpy as np

from recon.channels import ChannelPeriods, Channels
from recon.clusters import Clusters, Search, cluster_search, find_clusters
from recon.config import ReconConfig
from recon.energy import estimate_energy
from recon.hits import Hits, false_hits, sort_hits
from recon.muon_veto import MuonVeto
from recon.pattern import Pattern, light_ratio, pattern_model
from recon.pulse_features import pulse_features
from recon.pulse_shape import PulseModel, discriminate, pulse_model
from recon.selection import Cut, add_flows, select
from recon.tfc import Tagger
from recon.timing import Timing, timing_model
from recon.vertex import Vertices, fit_vertices
from sim.core.hit_columns import check_hits
from sim.core.schema import EVENTS

HIT_COLUMNS = ["hit_time_ns", "hit_pmt", "hit_charge_pe"]
FLAT_COLUMNS = ["run", "block", "event_id", "gate_time_ns", "weight"]


class Period(NamedTuple):
    """What a reconstruction knows of the photomultipliers of one period."""

    channels: Channels
    search: Search
    pattern: Pattern


class Model(NamedTuple):
    """All that does not change from block to block."""

    config: ReconConfig
    periods: ChannelPeriods
    tubes: tuple[Period, ...]  # by period
    timing: Timing
    pulse: PulseModel
    tagger: Tagger
    veto: MuonVeto


class Fitted(NamedTuple):
    """Sorted hits of some gates, their clusters and vertices."""

    hits: Hits
    clusters: Clusters
    vertices: Vertices


def build_periods(config: ReconConfig, periods: ChannelPeriods) -> tuple[Period, ...]:
    """Prepare the photomultipliers of every period of an events file."""
    return tuple(
        Period(
            channels,
            cluster_search(config, int(channels.live.sum())),
            pattern_model(channels, config.vertex_pattern),
        )
        for channels in periods.channels
    )


def build_model(config: ReconConfig, periods: ChannelPeriods, tagger: Tagger, veto: MuonVeto) -> Model:
    """Prepare the reconstruction of an events file.

    Parameters
    ----------
    config : what to assume and to cut.
    periods : photomultipliers of the file.
    tagger, veto : threefold coincidence and short muon vetoes.
    """
    tubes = build_periods(config, periods)
    return Model(config, periods, tubes, timing_model(config), pulse_model(), tagger, veto)


def read_hits(path: Path, block: dict[str, Any], n_pmt: int) -> Hits:
    """Return the hits of a block of rows as flat arrays; InputFileError for hits that cannot be.

    Parameters
    ----------
    path : for messages.
    block : columns ``HIT_COLUMNS``, awkward.
    n_pmt : photomultipliers that there are.
    """
    counts = ak.to_numpy(ak.num(block["hit_time_ns"], axis=1)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    time_ns, pmt, charge_pe = (
        np.ascontiguousarray(ak.to_numpy(ak.flatten(block[name], axis=1))) for name in HIT_COLUMNS
    )
    check_hits(path, n_pmt, time_ns, pmt, charge_pe)
    return Hits(time_ns, pmt, charge_pe, offsets)


def no_gates() -> dict[str, Any]:
    """Return a block without rows."""
    empty = {c.name: np.zeros(0, c.dtype) for c in EVENTS.flat()}
    jagged = {c.name: ak.Array(np.zeros((0, 1), c.dtype)) for c in EVENTS.columns if c.group}
    return empty | jagged


def fit_hits(hits: Hits, tubes: Period, timing: Timing, config: ReconConfig) -> Fitted:
    """Return sorted hits without false ones, clusters and vertices of gates of one period.

    Parameters
    ----------
    hits : as read by ``read_hits``.
    tubes : of the period.
    timing : when hits come.
    config : which hits are false.
    """
    channels = tubes.channels
    hits = sort_hits(hits, channels.live, false_hits(config), channels.charge_live)
    clusters = find_clusters(hits, tubes.search)
    return Fitted(hits, clusters, fit_vertices(hits, clusters, tubes.channels, timing, tubes.pattern))


def reconstruct_gates(
    model: Model, path: Path, block: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Cut, ...]]:
    """Return the columns of tree ``reco`` of some gates, and their cut flow; gates of a period go together.

    Parameters
    ----------
    model : of the file.
    path : for messages.
    block : rows of tree ``events``, columns ``FLAT_COLUMNS`` and ``HIT_COLUMNS``.

    Raises
    ------
    InputFileError
        Hits that cannot be; a gate of no block.
    """
    hits = read_hits(path, block, model.periods.n_pmt)
    pieces = model.periods.pieces(path, block)
    if len(pieces) == 1:
        return _piece(model, pieces[0][2], hits, block)
    parts = []
    for first, last, period in pieces:
        offsets = hits.offsets[first : last + 1]
        own = slice(offsets[0], offsets[-1])
        cut = Hits(hits.time_ns[own], hits.pmt[own], hits.charge_pe[own], offsets - offsets[0])
        flat = {name: block[name][first:last] for name in FLAT_COLUMNS}
        parts.append(_piece(model, period, cut, flat))
    rows = {name: np.concatenate([part[0][name] for part in parts]) for name in parts[0][0]}
    return rows, add_flows([part[1] for part in parts])


def _piece(
    model: Model, period: int, hits: Hits, block: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Cut, ...]]:
    """Return the columns and the cut flow of gates of one period."""
    tubes, gain = model.tubes[period], model.periods.gain[period]
    if gain is not None and model.config.correct_gain:
        hits = hits._replace(charge_pe=(hits.charge_pe / gain[hits.pmt]).astype(np.float32))
    hits, clusters, vertices = fit_hits(hits, tubes, model.timing, model.config)
    estimators = estimate_energy(hits, clusters, tubes.channels, model.config)
    features = pulse_features(hits, clusters, tubes.channels, vertices, model.timing.slowness_ns_m)
    shapes = discriminate(features, model.pulse)
    selection = select(len(hits.offsets) - 1, clusters, vertices, shapes, model.config)
    gate = clusters.gate
    time_ns = block["gate_time_ns"][gate] + np.rint(clusters.start_ns).astype(np.int64)
    run = block["run"][gate]
    place = vertices.x_m, vertices.y_m, vertices.z_m
    rows = {
        "run": run,
        "block": block["block"][gate],
        "event_id": block["event_id"][gate],
        "cluster": clusters.number,
        "n_clusters": clusters.in_gate,
        "cluster_time_ns": time_ns,
        "start_ns": clusters.start_ns,
        "duration_ns": clusters.duration_ns,
        "n_raw_hits": clusters.last - clusters.first,
        **estimators._asdict(),
        "x_m": vertices.x_m,
        "y_m": vertices.y_m,
        "z_m": vertices.z_m,
        "vertex_sigma_m": vertices.sigma_m,
        "vertex_valid": vertices.valid,
        **shapes._asdict(),
        "light_ratio": light_ratio(tubes.pattern, *place),
        "fiducial": selection.fiducial,
        "selected": selection.selected,
        "muon_free": model.veto.free(run, time_ns),
        "tfc": model.tagger.tag(run, time_ns, *place),
        "weight": block["weight"][gate],
    }
    return rows, selection.cut_flow
