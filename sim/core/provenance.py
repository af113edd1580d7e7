"""The run record: everything needed to know, and repeat, how an output was made."""

import hashlib
import json
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sim.core.config import Card
from sim.core.schema import SCHEMA_VERSION
from sim.core.tables import checksums

STREAM_SCHEME = "numpy SeedSequence(seed, spawn_key=(stage, block)); Philox4x32-10 per event in kernels"
_LIBRARIES = ("numpy", "numba", "scipy", "awkward", "uproot", "iminuit")


def program_version() -> str:
    """Return the version of this program as installed, ``unknown`` when it is run uninstalled."""
    try:
        return version("heliospin")
    except PackageNotFoundError:
        return "unknown"


@cache
def git_commit() -> str | None:
    """Return the commit of the source tree, with ``-dirty`` if it is edited; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=root, capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def card_hash(card: dict[str, Any]) -> str:
    """Return the sha256 of a resolved card, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()


def run_record(step: str, card: Card, resolved: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """Make the record of one step of the chain.

    Parameters
    ----------
    step : ``simulate``, ``reconstruct`` or ``fit``.
    card : the card as read, for its source.
    resolved : all sections with their defaults filled in, plain values.
    facts : what else the step knows (seed, live time, masses, shard, inputs).
    """
    return {
        "program": "heliospin",
        "version": program_version(),
        "git_commit": git_commit(),
        "schema_version": SCHEMA_VERSION,
        "step": step,
        "card_source": card.source,
        "card": resolved,
        "card_sha256": card_hash(resolved),
        "stream_scheme": STREAM_SCHEME,
        "tables_sha256": checksums(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "command": ["heliospin", *sys.argv[1:]]
        if sys.argv and "heliospin" in Path(sys.argv[0]).name
        else None,
        **facts,
    }
