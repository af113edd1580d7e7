"""The clusters of one gate, from the reco file made of its events file."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.display.entries import find_rows, read_rows
from sim.core import rootio
from sim.core.errors import HeliospinError, InputFileError
from sim.core.schema import ESTIMATORS, RECO

_SAME_NS = 2.0  # the gate's start from its clusters: UTC and start are rounded on their own
_RECORD = "reconstruction"
NO_RECO = "no reco file yet"


class Cluster(NamedTuple):
    """One row of the reco tree."""

    number: int
    start_ns: float  # since the gate's start
    duration_ns: float
    n_raw_hits: int
    estimators: dict[str, float]  # for 2000 channels, by name
    x_m: float
    y_m: float
    z_m: float
    sigma_m: float
    valid: bool
    fiducial: bool
    selected: bool


def read_clusters(
    events: Path, record: dict[str, Any], reco: Path | None, run: int, event_id: int, gate_time_ns: int
) -> tuple[tuple[Cluster, ...] | None, str]:
    """Return the clusters of a gate, in time order, and where they are from; None where there is no reco.

    Parameters
    ----------
    events : the events file.
    record : its run record.
    reco : the reco file; None looks beside the events file, for one that was made from it.
    run, event_id, gate_time_ns : of the gate.

    Raises
    ------
    InputFileError
        The named reco file is unreadable or was made from another events file.
    """
    if reco is not None:
        return _read(reco, record, run, event_id, gate_time_ns), reco.name
    note = NO_RECO
    for name in dict.fromkeys((events.name.replace("events", "reco"), "reco.root")):
        path = events.with_name(name)
        if path == events or not path.is_file():
            continue
        try:
            source = rootio.read_record(path).get(_RECORD, {}).get("input")
            if source != events.name:
                note = f"{name} beside it was made from {source}: not used"
            else:
                return _read(path, record, run, event_id, gate_time_ns), f"{name}, beside the events file"
        except HeliospinError as error:
            note = f"not used: {error}"
    return None, note


def _read(
    path: Path, record: dict[str, Any], run: int, event_id: int, gate_time_ns: int
) -> tuple[Cluster, ...]:
    step = rootio.read_record(path).get(_RECORD, {})
    rows = read_rows(path, RECO, find_rows(path, RECO, run=run, event_id=event_id))
    start_ns = rows["start_ns"].astype(np.float64)
    same = np.abs(rows["cluster_time_ns"] - gate_time_ns - start_ns) < _SAME_NS
    other_card = step.get("input_card_sha256") != record.get("card_sha256")
    if other_card or (len(same) and not same.any()):
        msg = f"{path}: made from another events file ({step.get('input', 'unknown')}): run it anew"
        raise InputFileError(msg)
    found = [
        Cluster(
            number=int(rows["cluster"][i]),
            start_ns=float(start_ns[i]),
            duration_ns=float(rows["duration_ns"][i]),
            n_raw_hits=int(rows["n_raw_hits"][i]),
            estimators={name: float(rows[name][i]) for name in ESTIMATORS},
            x_m=float(rows["x_m"][i]),
            y_m=float(rows["y_m"][i]),
            z_m=float(rows["z_m"][i]),
            sigma_m=float(rows["vertex_sigma_m"][i]),
            valid=bool(rows["vertex_valid"][i]),
            fiducial=bool(rows["fiducial"][i]),
            selected=bool(rows["selected"][i]),
        )
        for i in np.flatnonzero(same)
    ]
    return tuple(sorted(found, key=lambda one: one.number))
