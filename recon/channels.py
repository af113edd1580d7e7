"""What the reconstruction knows of the photomultipliers, read from the file it reconstructs."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputFileError
from sim.core.rootio import read_tree
from sim.core.schema import PMTS

Floats = NDArray[np.float64]


class Channels(NamedTuple):
    """Positions in m, float64 (n_pmt,), and status flags, bool (n_pmt,)."""

    x_m: Floats
    y_m: Floats
    z_m: Floats
    live: NDArray[np.bool_]
    charge_live: NDArray[np.bool_]


def read_channels(path: Path) -> Channels:
    """Read the tree of photomultipliers; joined files may repeat it, if every copy is the same.

    Raises
    ------
    InputFileError
        The tree is missing, damaged or empty, no channel is live, or its copies differ.
    """
    names = list(Channels._fields)
    columns = read_tree(path, PMTS, names)
    rows = len(columns["x_m"])
    if rows == 0:
        msg = f"{path}: tree {PMTS.name!r} is empty: the reconstruction needs the photomultipliers"
        raise InputFileError(msg)
    # no two tubes share a place, so the place of the first one marks the copies
    first = np.all([columns[name] == columns[name][0] for name in names[:3]], axis=0)
    n_pmt = rows // int(first.sum())
    copies = {name: values[: n_pmt * int(first.sum())].reshape(-1, n_pmt) for name, values in columns.items()}
    if n_pmt * len(copies["x_m"]) != rows or any((v != v[0]).any() for v in copies.values()):
        msg = f"{path}: joined from files of different photomultipliers; reconstruct them one by one"
        raise InputFileError(msg)
    x_m, y_m, z_m = (np.ascontiguousarray(copies[name][0], np.float64) for name in names[:3])
    live, charge_live = (copies[name][0] != 0 for name in names[3:])
    charge_live &= live
    if not live.any():
        msg = f"{path}: no photomultiplier is live"
        raise InputFileError(msg)
    return Channels(x_m, y_m, z_m, live, charge_live)
