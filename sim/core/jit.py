"""The only place where Numba is called.

Numba's on-disk cache notices edits of the decorated function's own file only: an edited callee or
constant in another file silently keeps the old physics. So each module's kernels are cached in a folder
named by a hash of the module and of every file of the three rooms that it imports, directly or not: an
edit anywhere below makes a fresh cache, an edit elsewhere recompiles nothing.
``HELIOSPIN_JIT_CACHE=0`` switches the cache off; any other value is taken as the folder of the caches.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

_ROOT = Path(__file__).resolve().parents[2]
_IMPORT = re.compile(
    r"^\s*(?:from\s+((?:sim|recon|analysis)[\w.]*)\s+import\s+([^#\n]*)|import\s+((?:sim|recon|analysis)[\w.]*))",
    re.M,
)
_KEPT_PER_MODULE = 3
_folders: set[Path] = set()


def _module_file(dotted: str) -> Path | None:
    path = _ROOT.joinpath(*dotted.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    found: set[Path] = set()
    for source, names, plain in _IMPORT.findall(path.read_text(encoding="utf-8")):
        dotted = source or plain
        candidates = [
            dotted,
            *(f"{dotted}.{name.strip(' ()')}" for name in names.split(",") if name.strip(" ()")),
        ]
        found.update(file for file in map(_module_file, candidates) if file is not None)
    return tuple(sorted(found))


def import_closure(path: Path) -> list[Path]:
    """Return the file and every file of the three rooms that it imports, directly or not, sorted."""
    seen: set[Path] = set()
    queue = [path.resolve()]
    while queue:
        current = queue.pop()
        if current not in seen:
            seen.add(current)
            queue.extend(_imports(current))
    return sorted(seen)


def closure_hash(path: Path) -> str:
    """Hash of a file, of all it imports inside the rooms, and of Numba's version: 16 hex digits."""
    digest = hashlib.sha256(numba.__version__.encode())
    for file in import_closure(path):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder(variable: str, name: str) -> Path | None:
    """Return a folder of the user's cache: the value of an environment variable, else one of our own by name.

    None where the variable is 0: nothing is kept.
    """
    setting = os.environ.get(variable, "")
    if setting == "0":
        return None
    if setting:
        return Path(setting)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "heliospin" / name


def cache_base() -> Path | None:
    """Return the folder of the compiled kernels, or None where caching is switched off."""
    return cache_folder("HELIOSPIN_JIT_CACHE", "jit")


@cache
def _cache_folder(path: Path) -> Path | None:
    base = cache_base()
    if base is None:
        return None
    module = (
        ".".join(path.relative_to(_ROOT).with_suffix("").parts) if path.is_relative_to(_ROOT) else path.stem
    )
    folder = base / f"{module}-{closure_hash(path)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        versions = sorted(base.glob(f"{module}-*"), key=lambda p: p.stat().st_mtime, reverse=True)
        for stale in versions[_KEPT_PER_MODULE:]:
            shutil.rmtree(stale, ignore_errors=True)
    except OSError:
        return None
    _folders.add(folder)
    return folder


def is_cold() -> bool:
    """Return True if kernels of the modules imported so far have still to be compiled on this machine."""
    return cache_base() is None or any(not any(folder.rglob("*.nbi")) for folder in _folders)


def _compile(function: Callable[P, R], **options: bool) -> Callable[P, R]:
    folder = _cache_folder(Path(function.__code__.co_filename).resolve())
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    compiled: Any = numba.njit(cache=folder is not None, error_model="numpy", nogil=True, **options)(function)
    return cast("Callable[P, R]", compiled)


def njit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel: nopython, cached on disk, NumPy's error model, releasing the GIL."""
    return _compile(function)


def njit_fast(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel with reassociating floating-point maths; never where NaN or inf carry meaning."""
    return _compile(function, fastmath=True)


def njit_inline(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a small helper that the compiler must inline into its callers."""
    return _compile(function, forceinline=True)
