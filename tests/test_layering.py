"""The one-way imports and gates of the house, as declared in pyproject.toml."""

import re
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]


def test_rooms_import_one_way():
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_numba_is_called_in_one_module():
    bare = re.compile(r"^\s*@?(nb|numba)\.(njit|jit|vectorize)|^from numba import", re.M)
    rooms = [path for room in ("sim", "recon", "analysis") for path in (ROOT / room).rglob("*.py")]
    offenders = [p.name for p in rooms if p.name != "jit.py" and bare.search(p.read_text(encoding="utf-8"))]
    assert offenders == []
