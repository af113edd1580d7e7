"""What is in one of our files, as tables for the console."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from sim.core.errors import InputFileError
from sim.core.rootio import count_rows, object_names, open_root, read_record, read_tree
from sim.core.schema import EVENT_TREES, RECO_TREES, RUNS, SPECIES, Tree

_KNOWN: dict[str, Tree] = {tree.name: tree for tree in (*EVENT_TREES, *RECO_TREES)}


def describe_file(path: Path) -> list[Table]:
    """Return the tables that describe a file; InputFileError if it is none of ours."""
    if path.suffix == ".json":
        return [_json(path)]
    record = read_record(path)
    with open_root(path) as file:
        names = object_names(file)
    trees = Table("tree", "rows", "what a row is", title=str(path), title_justify="left")
    for name in (name for name in _KNOWN if name in names):
        trees.add_row(name, f"{count_rows(path, _KNOWN[name]):,}", _KNOWN[name].meaning)
    return [trees, _exposure(read_tree(path, RUNS)), _provenance(record)]


def _exposure(runs: dict[str, Any]) -> Table:
    table = Table("species", "generated", "kept", title="exposure", title_justify="left")
    live_days = float(np.sum(runs["live_time_s"])) / 86400.0
    table.add_row("live time", f"{live_days:.6g} d", f"{len(runs['block'])} blocks")
    for name in SPECIES:
        generated = int(np.sum(runs[f"generated_{name}"]))
        if generated:
            table.add_row(name, f"{generated:,}", f"{int(np.sum(runs[f'kept_{name}'])):,}")
    return table


def _provenance(record: dict[str, Any]) -> Table:
    table = Table("key", "value", title="run record", title_justify="left", show_header=False)
    for key in (
        "step",
        "version",
        "git_commit",
        "schema_version",
        "card_source",
        "card_sha256",
        "seed",
        "command",
    ):
        if record.get(key) is not None:
            value = record[key]
            table.add_row(key, " ".join(value) if isinstance(value, list) else str(value))
    for section, values in record.get("card", {}).items():
        table.add_row(f"[{section}]".replace("[", "\\["), ", ".join(f"{k} = {v}" for k, v in values.items()))
    return table


def _json(path: Path) -> Table:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path}: not a readable JSON file: {error}"
        raise InputFileError(msg) from None
    if not isinstance(values, dict) or not {"parameters", "limits"} & set(values):
        msg = f"{path}: not a result of this program: expected the key 'parameters' or 'limits'"
        raise InputFileError(msg)
    table = Table("quantity", "value", "error", "unit", title=str(path), title_justify="left")
    for name, entry in values.get("parameters", {}).items():
        sigma = "" if entry["error"] is None else f"{entry['error']:.3g}"
        table.add_row(name, f"{entry['value']:.5g}", sigma, entry["unit"])
    for name, entry in values.get("limits", {}).items():
        table.add_row(name, f"< {entry['value']:.3g}", f"{entry['cl']:.0%} C.L.", entry["unit"])
    return table
