"""Single rows of large trees: found by their flat columns, read without the rows around them."""

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from sim.core import rootio
from sim.core.errors import InputFileError
from sim.core.schema import Tree

_ROWS = 1_000_000  # of a flat column at a time, 8 MB


def tree_names(path: Path) -> set[str]:
    """Return the names of what a ROOT file holds; InputFileError if it is none."""
    with rootio.open_root(path) as file:
        return rootio.object_names(file)


def find_rows(path: Path, tree: Tree, **wanted: int) -> NDArray[np.int64]:
    """Return the numbers of the rows whose columns have the wanted values; only these columns are read.

    Parameters
    ----------
    path : file of ours.
    tree : where to look.
    wanted : flat columns and their values.

    Raises
    ------
    InputFileError
        The file or the tree is unreadable, or not of this schema.
    """
    found = []
    begin = 0
    for block in rootio.iterate(path, tree, list(wanted), rows=_ROWS):
        hit = np.all([block[name] == value for name, value in wanted.items()], axis=0)
        found.append(begin + np.flatnonzero(hit))
        begin += len(hit)
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def read_rows(path: Path, tree: Tree, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Read a few rows, all columns; flat ones come as NumPy, jagged ones as awkward arrays.

    Parameters
    ----------
    path : file of ours.
    tree : which tree.
    rows : row numbers, rising; neighbours are read together.

    Raises
    ------
    InputFileError
        The file or the tree is unreadable, not of this schema, or damaged at these rows.
    """
    names = [column.name for column in tree.columns]
    jagged = {column.name for column in tree.columns if column.group}
    if len(rows) == 0:
        return {c.name: ak.Array([]) if c.group else np.zeros(0, c.dtype) for c in tree.columns}
    spans = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    with rootio.open_root(path) as file:
        found = rootio.tree_in(file, path, tree)
        parts = []
        for span in spans:
            try:
                parts.append(rootio.columns_in(found, tree, names, int(span[0]), int(span[-1]) + 1))
            except Exception as error:
                msg = f"{path}: tree {tree.name!r} is damaged near row {span[0]}: {type(error).__name__}"
                raise InputFileError(msg) from None
    joined = {name: ak.concatenate([part[name] for part in parts]) for name in names}
    return {name: values if name in jagged else ak.to_numpy(values) for name, values in joined.items()}
