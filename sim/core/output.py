"""Outputs that appear complete or not at all: written to a temporary name beside, then renamed."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.core.errors import OutputError


def prepare_folder(path: Path) -> Path:
    """Make a folder for outputs; OutputError if it cannot be made or written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{path}: cannot make the output folder: {error.strerror}"
        raise OutputError(msg) from None
    if not os.access(path, os.W_OK):
        msg = f"{path}: the output folder is not writable"
        raise OutputError(msg)
    return path


@contextlib.contextmanager
def complete_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; rename it to ``path`` on success, remove it on any failure."""
    prepare_folder(path.parent)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror or error}"
        raise OutputError(msg) from None
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, complete or not at all."""
    with complete_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a JSON file, complete or not at all; NaN and infinity are refused."""
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")
