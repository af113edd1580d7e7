"""The compile cache follows every file that a kernel's module imports."""

from pathlib import Path

from sim.core import jit

ROOT = Path(jit.__file__).resolve().parents[2]


def test_closure_follows_imports_through_the_rooms():
    files = {p.relative_to(ROOT).as_posix() for p in jit.import_closure(ROOT / "sim/physics/elastic.py")}
    assert {"sim/physics/elastic.py", "sim/core/constants.py", "sim/core/jit.py"} <= files
    assert not any(name.startswith("analysis/") for name in files)


def test_an_edit_of_an_imported_file_changes_the_hash(tmp_path, monkeypatch):
    room = tmp_path / "sim"
    room.mkdir()
    (room / "constant.py").write_text("MASS = 1.0\n")
    (room / "kernel.py").write_text("from sim.constant import MASS\n")
    (room / "other.py").write_text("X = 1\n")
    monkeypatch.setattr(jit, "_ROOT", tmp_path)

    def digest():
        jit._imports.cache_clear()
        return jit.closure_hash(room / "kernel.py")

    before = digest()
    (room / "other.py").write_text("X = 2\n")
    assert digest() == before
    (room / "constant.py").write_text("MASS = 2.0\n")
    assert digest() != before
    jit._imports.cache_clear()


def test_cache_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("HELIOSPIN_JIT_CACHE", "0")
    assert jit.cache_base() is None
    monkeypatch.setenv("HELIOSPIN_JIT_CACHE", "/somewhere")
    assert jit.cache_base() == Path("/somewhere")
