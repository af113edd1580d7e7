"""What the reconstruction knows of the photomultipliers, read from the file it reconstructs."""

from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputFileError
from sim.core.tube_periods import BlockPeriods, block_periods, gate_periods, read_tube_periods

Floats = NDArray[np.float64]


class Channels(NamedTuple):
    """Positions in m, float64 (n_pmt,), and status flags, bool (n_pmt,)."""

    x_m: Floats
    y_m: Floats
    z_m: Floats
    live: NDArray[np.bool_]
    charge_live: NDArray[np.bool_]
    concentrator: NDArray[np.bool_]


class ChannelPeriods(NamedTuple):
    """The photomultipliers of all periods of a file; at least one."""

    channels: tuple[Channels, ...]
    gain: tuple[Floats | None, ...]  # factor on the charges, (n_pmt,); None: 1 for all
    blocks: BlockPeriods

    @property
    def n_pmt(self) -> int:
        """Return the number of photomultipliers, dead ones too."""
        return len(self.channels[0].live)

    def pieces(self, path: Path, gates: dict[str, Any]) -> list[tuple[int, int, int]]:
        """Cut gates into runs of one period: first gate, one after the last, row of the period.

        Parameters
        ----------
        path : for messages.
        gates : columns run, block, gate_time_ns; gates of a block follow each other.

        Raises
        ------
        InputFileError
            A gate is in no block of the file.
        """
        n = len(gates["run"])
        if len(self.channels) == 1 or n == 0:
            return [(0, n, 0)]
        period = gate_periods(path, self.blocks, gates["run"], gates["block"], gates["gate_time_ns"])
        edges = [0, *(np.flatnonzero(np.diff(period)) + 1).tolist(), n]
        return [(first, last, int(period[first])) for first, last in pairwise(edges)]


def read_channels(path: Path, runs: dict[str, Any]) -> ChannelPeriods:
    """Read the photomultipliers of every period.

    Parameters
    ----------
    path : an events file.
    runs : its tree ``runs``.

    Raises
    ------
    InputFileError
        The tree of photomultipliers is missing, damaged or empty, its copies differ, no channel is live, or
        a block has a period without photomultipliers.
    """
    tubes = read_tube_periods(path)
    columns = tubes.columns
    x_m, y_m, z_m = (np.ascontiguousarray(columns[name][0], np.float64) for name in ("x_m", "y_m", "z_m"))
    channels, gains = [], []
    for row in range(len(tubes.number)):
        live, gain = columns["live"][row] != 0, columns["gain"][row].astype(np.float64)
        if not live.any():
            msg = f"{path}: no photomultiplier is live"
            raise InputFileError(msg)
        if not (gain > 0).all():
            msg = f"{path}: a photomultiplier has the gain {gain.min():g}, expected > 0"
            raise InputFileError(msg)
        charge_live = live & (columns["charge_live"][row] != 0)
        channels.append(Channels(x_m, y_m, z_m, live, charge_live, columns["concentrator"][row] != 0))
        gains.append(None if (gain == 1.0).all() else gain)
    return ChannelPeriods(tuple(channels), tuple(gains), block_periods(path, tubes, runs))
