"""The truth of one gate: what was generated in it, and what else belongs to the same interactions."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.display.entries import find_rows, read_rows
from sim.core.schema import PROCESSES, SPECIES, TRUTH

_NEAR_NS = 1_000_000  # of the gate's start: its primaries; joined files may repeat an event id at other times
_SAME_NS = 1_000_000_000  # primaries of one interaction are nearer than this


class Primary(NamedTuple):
    """One row of the truth: what was generated, and the hits it made in this gate."""

    number: int
    species: str
    process: str
    neutrino_mev: float  # 0 for backgrounds
    energy_mev: float
    visible_mev: float
    n_pe: int
    n_hits: int
    time_ns: float  # since the gate's start
    x_m: float
    y_m: float
    z_m: float
    family: int


class Partner(NamedTuple):
    """A primary of the same interaction in another gate, such as the neutron capture of a positron."""

    process: str
    event_id: int  # -1: it opened no gate
    delay_us: float  # after the first primary of the interaction in this gate


def _name(codes: dict[str, int], code: int) -> str:
    return next((name for name, value in codes.items() if value == code), f"code {code}")


def read_primaries(
    path: Path, run: int, event_id: int, gate_time_ns: int, hit_primary: NDArray[np.int64]
) -> tuple[Primary, ...]:
    """Return the primaries of a gate in time order.

    Parameters
    ----------
    path : an events file with truth.
    run, event_id, gate_time_ns : of the gate.
    hit_primary : int (n_hits,), which primary each of its hits is from.

    Raises
    ------
    InputFileError
        The tree is damaged or not of this schema.
    """
    rows = read_rows(path, TRUTH, find_rows(path, TRUTH, run=run, event_id=event_id))
    found = [
        Primary(
            number=int(rows["primary"][i]),
            species=_name(SPECIES, int(rows["species"][i])),
            process=_name(PROCESSES, int(rows["process"][i])),
            neutrino_mev=float(rows["neutrino_energy_mev"][i]),
            energy_mev=float(rows["energy_mev"][i]),
            visible_mev=float(rows["visible_mev"][i]),
            n_pe=int(rows["n_pe"][i]),
            n_hits=int((hit_primary == rows["primary"][i]).sum()),
            time_ns=float(int(rows["time_ns"][i]) - gate_time_ns),
            x_m=float(rows["x_m"][i]),
            y_m=float(rows["y_m"][i]),
            z_m=float(rows["z_m"][i]),
            family=int(rows["family"][i]),
        )
        for i in range(len(rows["primary"]))
    ]
    return tuple(sorted((one for one in found if abs(one.time_ns) < _NEAR_NS), key=lambda one: one.time_ns))


def read_partners(
    path: Path, run: int, block: int, event_id: int, gate_time_ns: int, primaries: tuple[Primary, ...]
) -> tuple[Partner, ...]:
    """Return the primaries in other gates that are of the same interactions as those of this gate.

    Parameters
    ----------
    path : an events file with truth.
    run, block, event_id, gate_time_ns : of the gate.
    primaries : of the gate.

    Raises
    ------
    InputFileError
        The tree is damaged or not of this schema.
    """
    found = []
    first_ns = {one.family: one.time_ns for one in reversed(primaries) if one.family >= 0}
    for family, own_ns in first_ns.items():
        rows = read_rows(path, TRUTH, find_rows(path, TRUTH, run=run, block=block, family=family))
        for code, other, time_ns in zip(rows["process"], rows["event_id"], rows["time_ns"], strict=True):
            delay_ns = int(time_ns) - gate_time_ns - own_ns
            if int(other) != event_id and abs(delay_ns) < _SAME_NS:
                found.append(Partner(_name(PROCESSES, int(code)), int(other), delay_ns * 1e-3))
    return tuple(found)
