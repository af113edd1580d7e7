"""Hits as they are read from a file: what cannot be is refused."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputFileError


def check_hits(
    path: Path, n_pmt: int, time_ns: NDArray[np.floating], pmt: NDArray[np.integer],
    charge_pe: NDArray[np.floating],
) -> None:  # fmt: skip
    """Check columns of hits, (n,) each, against a detector of ``n_pmt`` photomultipliers.

    Raises
    ------
    InputFileError
        Columns of different lengths, an unknown photomultiplier, times or charges that are no numbers.
    """
    if not len(time_ns) == len(pmt) == len(charge_pe):
        msg = f"{path}: hit columns of different lengths: the file is damaged"
        raise InputFileError(msg)
    if len(pmt) and int(pmt.max()) >= n_pmt:
        msg = f"{path}: a hit on photomultiplier {int(pmt.max())}, the file describes {n_pmt}"
        raise InputFileError(msg)
    if not (np.isfinite(time_ns).all() and np.isfinite(charge_pe).all()):
        msg = f"{path}: a hit's time or charge is not a finite number"
        raise InputFileError(msg)
