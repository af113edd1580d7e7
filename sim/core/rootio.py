"""ROOT files: our trees to arrays and back, block by block, checked against the schema."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import awkward as ak
import numpy as np
import uproot

from sim.core.errors import InputFileError
from sim.core.output import complete_file
from sim.core.schema import Tree, describe

Format = Literal["ttree", "rntuple"]
Block = Mapping[str, Any]
RECORD = "run_record"
SCHEMA = "schema"


class RootWriter:
    """Writes the trees of one file block by block; made by ``create``."""

    def __init__(self, file: Any, trees: tuple[Tree, ...], kind: Format) -> None:
        self._file = file
        self._trees = {tree.name: tree for tree in trees}
        self._kind = kind
        self._open: dict[str, Any] = {}
        for tree in trees:
            self._open[tree.name] = self._make(tree)

    def _make(self, tree: Tree) -> Any:
        types: dict[str, Any] = {column.name: np.dtype(column.dtype) for column in tree.flat()}
        for group, columns in tree.jagged().items():
            fields = ", ".join(f"{_inner(c.name, group)}: {c.dtype}" for c in columns)
            types[group] = ak.types.from_datashape(f"var * {{{fields}}}", highlevel=False)
        if self._kind == "rntuple":
            return self._file.mkrntuple(tree.name, types, tree.meaning)
        return self._file.mktree(
            tree.name,
            types,
            title=tree.meaning,
            counter_name=lambda counted: f"n_{counted}",
            field_name=lambda outer, inner: inner if outer == "" else f"{outer}_{inner}",
        )

    def extend(self, name: str, flat: Block, counts: Any = None, jagged: Block | None = None) -> None:
        """Append rows to a tree.

        Parameters
        ----------
        name : tree.
        flat : every flat column, arrays (n_rows,).
        counts : int (n_rows,), length of the jagged group in each row; for trees that have one.
        jagged : every jagged column, flat arrays (sum of counts,).

        Raises
        ------
        KeyError
            A declared column is missing: a programming error, not a user's.
        """
        tree = self._trees[name]
        rows: dict[str, Any] = {
            c.name: np.asarray(flat[c.name]).astype(c.dtype, copy=False) for c in tree.flat()
        }
        if rows and len(next(iter(rows.values()))) == 0:
            return
        for group, columns in tree.jagged().items():
            rows[group] = _zip(group, columns, np.asarray(counts), jagged or {})
        if self._kind == "rntuple":
            self._open[name].extend(ak.zip(rows, depth_limit=1))
        else:
            self._open[name].extend(rows)

    def record(self, values: dict[str, Any]) -> None:
        """Store the run record (JSON text)."""
        self._file[RECORD] = json.dumps(values)


def _inner(name: str, group: str) -> str:
    return name.removeprefix(f"{group}_")


def _zip(group: str, columns: list[Any], counts: Any, values: Block) -> Any:
    contents = [
        ak.contents.NumpyArray(np.asarray(values.get(c.name, ())).astype(c.dtype, copy=False))
        for c in columns
    ]
    record = ak.contents.RecordArray(contents, [_inner(c.name, group) for c in columns])
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), record))


@contextlib.contextmanager
def create(path: Path, trees: tuple[Tree, ...], kind: Format = "ttree") -> Iterator[RootWriter]:
    """Create a ROOT file that appears under its name only when it is complete."""
    with complete_file(path) as partial, uproot.recreate(partial, compression=uproot.ZSTD(1)) as file:
        writer = RootWriter(file, trees, kind)
        file[SCHEMA] = json.dumps(describe(trees))
        yield writer


@contextlib.contextmanager
def open_root(path: Path) -> Iterator[Any]:
    """Open a ROOT file for reading; InputFileError if it is missing, empty, truncated or not ROOT."""
    if not path.is_file():
        msg = f"{path}: no such file"
        raise InputFileError(msg)
    if path.stat().st_size == 0:
        msg = f"{path}: the file is empty"
        raise InputFileError(msg)
    try:
        file = uproot.open(path)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        msg = f"{path}: not a readable ROOT file (truncated or another format): {reason}"
        raise InputFileError(msg) from None
    with file:
        yield file


def object_names(file: Any) -> set[str]:
    """Return the names of what an open ROOT file holds at its top, without cycle numbers."""
    return {key.split(";")[0] for key in file.keys(recursive=False)}


def tree_in(file: Any, path: Path, tree: Tree) -> Any:
    """Return a tree of an open file; InputFileError if it is missing, damaged or of another schema."""
    names = object_names(file)
    if tree.name not in names:
        msg = f"{path}: no tree {tree.name!r}; the file holds: {', '.join(sorted(names)) or 'nothing'}"
        raise InputFileError(msg)
    try:
        found = file[tree.name]
    except Exception as error:
        msg = f"{path}: tree {tree.name!r} is damaged (a truncated file?): {type(error).__name__}"
        raise InputFileError(msg) from None
    missing = [c.name for c in tree.columns if c.name not in _branches(found, tree)]
    if missing:
        msg = f"{path}: tree {tree.name!r} lacks the column {missing[0]!r}: not a file of this schema"
        raise InputFileError(msg)
    return found


def _branches(found: Any, tree: Tree) -> set[str]:
    names = {str(key) for key in found.keys()}  # noqa: SIM118 (not a dict)
    if hasattr(found, "field_names") or "RNTuple" in type(found).__name__:
        names |= {f"{key.split('.')[0]}_{key.split('.')[-1]}" for key in names if "." in key}
    return names | {
        c.name for c in tree.columns if c.group and f"{c.group}.{_inner(c.name, c.group)}" in names
    }


def columns_in(found: Any, tree: Tree, names: list[str], start: int, stop: int) -> dict[str, Any]:
    """Return columns of an open tree from row start to before stop, as awkward arrays."""
    if "RNTuple" not in type(found).__name__:
        arrays = found.arrays(names, entry_start=start, entry_stop=stop, library="ak")
        return {name: arrays[name] for name in names}
    groups = {c.name: c.group for c in tree.columns}
    wanted = sorted({groups[name] or name for name in names})
    arrays = found.arrays(wanted, entry_start=start, entry_stop=stop, library="ak")
    return {
        name: arrays[groups[name]][_inner(name, groups[name])] if groups[name] else arrays[name]
        for name in names
    }


def _ranges(found: Any, rows: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of at most ``rows`` entries that end where baskets do, so that none is unpacked twice."""
    total = int(found.num_entries)
    ends = found.common_entry_offsets() if hasattr(found, "common_entry_offsets") else []
    start = 0
    while start < total:
        limit = min(start + rows, total)
        stop = max((end for end in ends if start < end <= limit), default=limit)
        yield start, stop
        start = stop


def iterate(
    path: Path, tree: Tree, columns: list[str] | None = None, rows: int = 20_000
) -> Iterator[dict[str, Any]]:
    """Read a tree in blocks of rows; flat columns come as NumPy, jagged ones as awkward arrays.

    Raises
    ------
    InputFileError
        The file is unreadable, the tree or a column is missing, a basket is damaged.
    """
    names = columns or [c.name for c in tree.columns]
    jagged = {c.name for c in tree.columns if c.group}
    with open_root(path) as file:
        found = tree_in(file, path, tree)
        for start, stop in _ranges(found, rows):
            try:
                block = columns_in(found, tree, names, start, stop)
            except Exception as error:
                msg = f"{path}: tree {tree.name!r} is damaged near row {start}: {type(error).__name__}"
                raise InputFileError(msg) from None
            yield {name: block[name] if name in jagged else ak.to_numpy(block[name]) for name in names}


def read_tree(path: Path, tree: Tree, columns: list[str] | None = None) -> dict[str, Any]:
    """Read a whole (small or flat) tree; errors as in ``iterate``."""
    blocks = list(iterate(path, tree, columns, rows=1_000_000))
    names = columns or [c.name for c in tree.columns]
    if not blocks:
        return {c.name: np.zeros(0, c.dtype) for c in tree.columns if c.name in names}
    if len(blocks) == 1:
        return blocks[0]
    jagged = {c.name for c in tree.columns if c.group}
    return {
        name: ak.concatenate([b[name] for b in blocks])
        if name in jagged
        else np.concatenate([b[name] for b in blocks])
        for name in names
    }


def count_rows(path: Path, tree: Tree) -> int:
    """Return the number of rows of a tree; errors as in ``iterate``."""
    with open_root(path) as file:
        return int(tree_in(file, path, tree).num_entries)


def read_record(path: Path) -> dict[str, Any]:
    """Read the run record of one of our files; InputFileError if it has none."""
    with open_root(path) as file:
        try:
            return dict(json.loads(str(file[RECORD])))
        except (KeyError, ValueError):
            msg = f"{path}: no run record: not a file of this program"
            raise InputFileError(msg) from None
        except Exception as error:
            msg = f"{path}: the run record is damaged (a truncated file?): {type(error).__name__}"
            raise InputFileError(msg) from None
