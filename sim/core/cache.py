"""Tables that are slow to make, kept on disk between runs.

A table is a set of named arrays; its file is named by a hash of everything it was made from, the program's
own source included, so that a stale table is never found. What cannot be read is made anew, what cannot be
written is not kept: neither is an error. ``HELIOSPIN_CACHE=0`` switches the cache off; any other value is
taken as its folder.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import OutputError
from sim.core.jit import cache_folder, closure_hash
from sim.core.output import complete_file

Arrays = dict[str, NDArray[np.generic]]

_LARGEST_BYTES = 256 * 2**20  # of all tables together; the ones not used for longest go first


def table_folder() -> Path | None:
    """Return the folder of the tables, beside that of the compiled kernels; None where switched off."""
    return cache_folder("HELIOSPIN_CACHE", "tables")


_source_hash = cache(closure_hash)


def digest(source: Path, *parts: object) -> str:
    """Hash what a table depends on: 32 hex digits.

    Parameters
    ----------
    source : file of the code that makes the table; all it imports inside the rooms counts.
    parts : arrays (their shape, type and content count), or values whose ``repr`` is exact.
    """
    total = hashlib.sha256(_source_hash(source).encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"|{part.dtype.str}{part.shape}|".encode())
            total.update(np.ascontiguousarray(part).tobytes())
        else:
            total.update(f"|{part!r}|".encode())
    return total.hexdigest()[:32]


def _read(path: Path, names: tuple[str, ...]) -> Arrays | None:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            found: Arrays = {name: stored[name] for name in names}
        os.utime(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return found


def _prune(folder: Path) -> None:
    sizes = {path: path.stat() for path in folder.glob("*.npz")}
    total = sum(status.st_size for status in sizes.values())
    for path in sorted(sizes, key=lambda p: sizes[p].st_mtime):
        if total <= _LARGEST_BYTES:
            break
        total -= sizes[path].st_size
        path.unlink(missing_ok=True)


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    try:
        with complete_file(path) as partial, partial.open("wb") as stream:
            np.savez(stream, **arrays)
        _prune(path.parent)
    except (OSError, OutputError):
        return


def remembered(
    name: str, key: str, names: tuple[str, ...], make: Callable[[], Mapping[str, NDArray[np.generic]]]
) -> Arrays:
    """Return a table from disk, or make it and keep it.

    Parameters
    ----------
    name : what the table is, for people who look into the folder.
    key : :func:`digest` of all it depends on.
    names : the arrays it must hold.
    make : makes it.
    """
    folder = table_folder()
    path = None if folder is None else folder / f"{name}-{key}.npz"
    found = None if path is None else _read(path, names)
    if found is not None:
        return found
    made = dict(make())
    if path is not None:
        _write(path, made)
    return made
