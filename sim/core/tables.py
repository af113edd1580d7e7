"""Packaged physics tables: CSV files of ``sim/data`` that describe themselves.

Format: header lines ``# key: value`` (at least title, source, units, made_by), one line of column names,
then rows. The first columns may be text (a model or component name).
"""

import csv
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import TableError

REQUIRED_HEADER = ("title", "source", "units", "made_by")


class Table(NamedTuple):
    """A table: header entries and columns (float64, or str where a column holds text)."""

    name: str
    header: dict[str, str]
    columns: dict[str, NDArray[np.float64] | NDArray[np.str_]]
    sha256: str

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return a numeric column, float64 (n_rows,); TableError if it is absent or not numeric."""
        values = self.columns.get(column)
        if values is None or values.dtype.kind != "f":
            msg = f"{self.name}: no numeric column {column!r}; numeric columns: {', '.join(self.numeric())}"
            raise TableError(msg)
        return np.asarray(values, dtype=np.float64)

    def rising(self, column: str) -> NDArray[np.float64]:
        """Return a numeric column that must increase from row to row; TableError naming the row otherwise."""
        values = self.numbers(column)
        falls = np.flatnonzero(np.diff(values) <= 0.0)
        if len(falls):
            at = int(falls[0])
            msg = (
                f"{self.name}: {column} is not increasing at row {at + 2} "
                f"({values[at]:g}, then {values[at + 1]:g})"
            )
            raise TableError(msg)
        return values

    def text(self, column: str) -> NDArray[np.str_]:
        """Return a text column, str (n_rows,)."""
        return np.asarray(self.columns[column], dtype=np.str_)

    def numeric(self) -> list[str]:
        """Return the names of the numeric columns."""
        return [name for name, values in self.columns.items() if values.dtype.kind == "f"]


def read_table(path: Path, name: str, required: tuple[str, ...] = REQUIRED_HEADER) -> Table:
    """Read a self-describing CSV table.

    Parameters
    ----------
    path : the file.
    name : how messages call it.
    required : header keys that must be there.

    Raises
    ------
    TableError
        Missing header entry, ragged rows, duplicate columns, no rows.
    """
    try:
        raw = path.read_bytes()
        lines = raw.decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{name}: cannot be read as text: {error}"
        raise TableError(msg) from error
    header: dict[str, str] = {}
    body: list[str] = []
    for line in lines:
        if line.startswith("#"):
            key, _, value = line[1:].partition(":")
            header[key.strip()] = value.strip()
        elif line.strip():
            body.append(line)
    missing = [key for key in required if key not in header]
    if missing:
        msg = f"{name}: header lacks {', '.join(missing)}"
        raise TableError(msg)
    if len(body) < 2:
        msg = f"{name}: expected a line of column names and at least one row"
        raise TableError(msg)
    rows = list(csv.reader(body))
    names = [cell.strip() for cell in rows[0]]
    if len(set(names)) != len(names):
        msg = f"{name}: duplicate column names in {names}"
        raise TableError(msg)
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(names):
            msg = f"{name}: row {number} has {len(row)} cells, expected {len(names)}"
            raise TableError(msg)
    columns: dict[str, NDArray[np.float64] | NDArray[np.str_]] = {}
    for index, column in enumerate(names):
        cells = [row[index].strip() for row in rows[1:]]
        try:
            columns[column] = np.array([float(cell) for cell in cells], dtype=np.float64)
        except ValueError:
            columns[column] = np.array(cells, dtype=np.str_)
    return Table(name, header, columns, hashlib.sha256(raw).hexdigest())


def data_folder() -> Path:
    """Return the folder of the packaged tables."""
    return Path(str(files("sim").joinpath("data")))


@cache
def load_table(name: str) -> Table:
    """Open the packaged table ``sim/data/<name>.csv``; cached."""
    return read_table(data_folder() / f"{name}.csv", name)


@cache
def checksums() -> dict[str, str]:
    """Return sha256 of every packaged table, by file name; goes into each output's provenance."""
    return {
        path.relative_to(data_folder()).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((*data_folder().rglob("*.csv"), *data_folder().rglob("*.npz")))
    }
