"""Which photomultipliers a gate was seen by: tree ``pmts`` by period, tree ``runs`` by block."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputFileError
from sim.core.rootio import read_tree
from sim.core.schema import PMTS, RUNS

Ints = NDArray[np.int64]
Column = NDArray[Any]
_PLACE = ("x_m", "y_m", "z_m")
_SOONEST_NS = 1_000_000  # a gate opens before its block by less: it starts ahead of its first light


class TubePeriods(NamedTuple):
    """Tree ``pmts`` of a file: periods in rising order, every column once a period."""

    number: Ints  # (n_periods,)
    columns: dict[str, Column]  # (n_periods, n_pmt) each


class BlockPeriods(NamedTuple):
    """Periods of the blocks of a file, sorted by key and start, (n_blocks,)."""

    key: Ints  # run and block in one number
    start_ns: Ints
    row: Ints  # of TubePeriods


def read_tube_periods(path: Path) -> TubePeriods:
    """Read the tree of photomultipliers; joined files may repeat periods, if every copy is the same.

    Raises
    ------
    InputFileError
        The tree is missing, damaged or empty, copies of a period differ, or tubes have moved.
    """
    columns = read_tree(path, PMTS)
    rows = len(columns["x_m"])
    if rows == 0:
        msg = f"{path}: tree {PMTS.name!r} is empty: the photomultipliers are needed"
        raise InputFileError(msg)
    # no two tubes share a place, so the place of the first one marks the copies
    copies = int(np.all([columns[name] == columns[name][0] for name in _PLACE], axis=0).sum())
    same = rows % copies == 0
    if same:
        shaped = {name: values.reshape(copies, -1) for name, values in columns.items()}
        period = shaped.pop("period")
        number, first, which = np.unique(period[:, 0], return_index=True, return_inverse=True)
        once = {name: values[first] for name, values in shaped.items()}
        same = all((values == once[name][which]).all() for name, values in shaped.items())
        same &= all((once[name] == once[name][0]).all() for name in _PLACE)
        same &= bool((period == period[:, :1]).all())
    if not same:
        msg = f"{path}: joined from files of different photomultipliers; use them one by one"
        raise InputFileError(msg)
    return TubePeriods(number.astype(np.int64), once)


def _keys(run: Column, block: Column) -> Ints:
    return np.asarray(run).astype(np.int64) << 32 | np.asarray(block).astype(np.int64)


def block_periods(path: Path, tubes: TubePeriods, runs: dict[str, Column] | None = None) -> BlockPeriods:
    """Return the periods of the blocks of a file.

    Parameters
    ----------
    path : an events file.
    tubes : its photomultipliers.
    runs : columns run, block, start_time_ns, period of its tree ``runs``; None: read them here.

    Raises
    ------
    InputFileError
        A block has a period that the photomultipliers lack; the tree is unreadable.
    """
    if runs is None:
        runs = read_tree(path, RUNS, ["run", "block", "start_time_ns", "period"])
    period = np.asarray(runs["period"]).astype(np.int64)
    unknown = ~np.isin(period, tubes.number)
    if unknown.any():
        msg = f"{path}: tree {RUNS.name!r} names period {period[unknown][0]}, which tree {PMTS.name!r} lacks"
        raise InputFileError(msg)
    key, start_ns = _keys(runs["run"], runs["block"]), np.asarray(runs["start_time_ns"], np.int64)
    order = np.lexsort((start_ns, key))
    return BlockPeriods(key[order], start_ns[order], np.searchsorted(tubes.number, period)[order])


def gate_periods(path: Path, blocks: BlockPeriods, run: Column, block: Column, time_ns: Column) -> Ints:
    """Return the period of every gate as row of ``TubePeriods``, (n_gates,).

    Where joined files repeat a run and block number, the time of the gate tells which block it was.

    Parameters
    ----------
    path : for messages.
    blocks : from ``block_periods``.
    run, block, time_ns : of the gates.

    Raises
    ------
    InputFileError
        A gate is in no block of the file, or in one of two blocks with different photomultipliers.
    """
    wanted, gate = np.unique(_keys(run, block), return_inverse=True)
    begin = np.searchsorted(blocks.key, wanted, side="left")
    end = np.searchsorted(blocks.key, wanted, side="right")
    if (begin == end).any():
        missing = int(wanted[begin == end][0])
        msg = f"{path}: tree {RUNS.name!r} has no block {missing & 0xFFFFFFFF} of run {missing >> 32}"
        raise InputFileError(msg)
    found = blocks.row[begin][gate]
    for i in np.flatnonzero(end - begin > 1):  # of the few run and block numbers that come twice
        rows, starts = blocks.row[begin[i] : end[i]], blocks.start_ns[begin[i] : end[i]]
        if (rows == rows[0]).all():
            continue
        if (rows[1:] != rows[:-1])[np.diff(starts) < _SOONEST_NS].any():
            number = f"block {int(wanted[i]) & 0xFFFFFFFF} of run {int(wanted[i]) >> 32}"
            msg = f"{path}: {number} is there twice with different photomultipliers; use the files one by one"
            raise InputFileError(msg)
        here = np.flatnonzero(gate == i)
        at = np.searchsorted(starts, np.asarray(time_ns)[here] + _SOONEST_NS, side="right") - 1
        found[here] = rows[np.maximum(at, 0)]
    return np.asarray(found, dtype=np.int64)
