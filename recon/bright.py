"""Bright clusters, gathered into blocks of live time from rows that come in parts of blocks.

Only these are kept for the coincidence search: 49 bytes a cluster, of one block at a time.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


class Bright(NamedTuple):
    """Clusters of one block at or above a charge, in time order, shape (n,); columns of tree ``reco``."""

    run: Column  # uint32
    block: Column  # uint32
    event_id: Column  # int64
    cluster: Column  # uint8
    time_ns: Column  # int64, UTC
    charge_pe: Column  # float32, as the coordinates; these are NaN where the vertex fit failed
    x_m: Column
    y_m: Column
    z_m: Column
    weight: Column  # float64


_TYPES = ("u4", "u4", "i8", "u1", "i8", "f4", "f4", "f4", "f4", "f8")


def no_clusters() -> Bright:
    """Return a block without clusters."""
    return Bright(*(np.zeros(0, kind) for kind in _TYPES))


class BrightBlocks:
    """Collects the bright clusters of each block.

    Rows of a block must follow each other with rising ``event_id``, as they do in our files. Where run or
    block changes or the id falls back a new block begins: files of the same run and block, joined, are never
    mixed.
    """

    def __init__(self, threshold_pe: float, correct_charge: bool = False) -> None:
        self._threshold_pe = threshold_pe
        self._correct_charge = correct_charge
        self._parts: list[Bright] = []
        self._last: tuple[int, int, int] | None = None

    def add(self, rows: Mapping[str, Any]) -> Iterator[Bright]:
        """Take rows of tree ``reco``; yield the blocks that they complete."""
        rows = {**rows, "charge_pe": self._charge_pe(rows)}
        identity = [np.asarray(rows[name]).astype(np.int64) for name in ("run", "block", "event_id")]
        if len(identity[0]) == 0:
            return
        last = self._last or tuple(int(column[0]) for column in identity)
        run, block, event = (np.diff(column, prepend=at) for column, at in zip(identity, last, strict=True))
        begins = np.flatnonzero((run != 0) | (block != 0) | (event < 0))
        self._last = (int(identity[0][-1]), int(identity[1][-1]), int(identity[2][-1]))
        at = np.flatnonzero(rows["charge_pe"] >= self._threshold_pe)
        for number, piece in enumerate(np.split(at, np.searchsorted(at, begins))):
            if number > 0:
                yield from self.finish()
            if len(piece):
                self._parts.append(_pick(rows, piece))

    def _charge_pe(self, rows: Mapping[str, Any]) -> Column:
        """Return the charges, divided by the light expected at the vertex where that is asked for."""
        charge = np.asarray(rows["charge_pe"], np.float32)
        return charge / np.asarray(rows["light_ratio"], np.float32) if self._correct_charge else charge

    def finish(self) -> Iterator[Bright]:
        """Yield the block in hand, if it holds anything; no more of it can come."""
        if self._parts:
            joined = Bright(*(np.concatenate(columns) for columns in zip(*self._parts, strict=True)))
            order = np.argsort(joined.time_ns, kind="stable")
            self._parts = []
            yield Bright(*(column[order] for column in joined))


def _pick(rows: Mapping[str, Any], at: NDArray[np.int64]) -> Bright:
    valid = np.asarray(rows["vertex_valid"])[at] != 0
    names = ("cluster_time_ns" if name == "time_ns" else name for name in Bright._fields)
    columns = (
        np.where(valid, rows[name][at], np.nan) if name in ("x_m", "y_m", "z_m") else rows[name][at]
        for name in names
    )
    return Bright(*(np.asarray(column).astype(kind) for column, kind in zip(columns, _TYPES, strict=True)))
