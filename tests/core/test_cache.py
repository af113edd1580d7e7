"""Tables kept on disk: found again, never trusted when torn, never in the way."""

from pathlib import Path

import numpy as np
import pytest

from sim.core import cache
from sim.core.cache import digest, remembered, table_folder

HERE = Path(__file__)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HELIOSPIN_CACHE", str(tmp_path / "tables"))
    return tmp_path / "tables"


class Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"a": np.arange(5.0), "b": np.array(["x", "yy"]), "c": np.array([1.0 + 2.0j])}


NAMES = ("a", "b", "c")


def test_the_second_time_nothing_is_made(folder):
    make = Maker()
    first = remembered("thing", "key", NAMES, make)
    second = remembered("thing", "key", NAMES, make)
    assert make.calls == 1
    assert [path.name for path in folder.iterdir()] == ["thing-key.npz"]
    for name in NAMES:
        np.testing.assert_array_equal(first[name], second[name])
        assert first[name].dtype == second[name].dtype
    remembered("thing", "other", NAMES, make)
    assert make.calls == 2


@pytest.mark.parametrize("damage", ["empty", "torn", "flipped", "text", "folder"])
def test_what_cannot_be_read_is_made_anew(folder, damage):
    make = Maker()
    remembered("thing", "key", NAMES, make)
    path = folder / "thing-key.npz"
    raw = bytearray(path.read_bytes())
    if damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "torn":
        path.write_bytes(raw[: len(raw) // 2])
    elif damage == "text":
        path.write_text("not a table")
    else:
        at = raw.index(np.arange(5.0).tobytes()) + 9
        raw[at] ^= 0xFF
        path.write_bytes(raw)
    found = remembered("thing", "key", NAMES, make)
    assert make.calls == 2
    np.testing.assert_array_equal(found["a"], np.arange(5.0))
    if damage != "folder":
        remembered("thing", "key", NAMES, make)
        assert make.calls == 2  # mended


def test_a_file_without_an_array_is_made_anew(folder):
    make = Maker()
    remembered("thing", "key", ("a",), lambda: {"a": np.zeros(2)})
    assert remembered("thing", "key", NAMES, make)["a"].size == 5
    assert make.calls == 1
    assert folder.is_dir()


def test_it_can_be_switched_off(monkeypatch, tmp_path):
    monkeypatch.setenv("HELIOSPIN_CACHE", "0")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    make = Maker()
    assert table_folder() is None
    for _ in range(2):
        remembered("thing", "key", NAMES, make)
    assert make.calls == 2
    assert not list(tmp_path.iterdir())


def test_it_lives_beside_the_compiled_kernels(monkeypatch, tmp_path):
    monkeypatch.delenv("HELIOSPIN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert table_folder() == tmp_path / "heliospin" / "tables"


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("HELIOSPIN_CACHE", str(tmp_path / "file" / "tables"))
    make = Maker()
    for _ in range(2):
        assert remembered("thing", "key", NAMES, make)["a"].size == 5
    assert make.calls == 2


def test_the_oldest_go_when_there_are_too_many(folder, monkeypatch):
    import os

    monkeypatch.setattr(cache, "_LARGEST_BYTES", 30_000)
    for number in range(5):
        remembered("thing", str(number), ("a",), lambda: {"a": np.zeros(1000)})
        path = folder / f"thing-{number}.npz"
        os.utime(path, (1000.0 + number, 1000.0 + number))
    remembered("thing", "0" if (folder / "thing-0.npz").exists() else "4", ("a",), Maker())
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["thing-2.npz", "thing-3.npz", "thing-4.npz"]


def test_the_key_knows_content_shape_type_and_code():
    x = np.arange(6.0)
    keys = [
        digest(HERE, x),
        digest(HERE, x + 1e-16 * (x == 5.0) + (x == 5.0) * 1e-15),
        digest(HERE, x.reshape(2, 3)),
        digest(HERE, x.astype(np.float32)),
        digest(HERE, x, 1.0),
        digest(HERE, x, 1),
        digest(HERE, x, "1"),
        digest(Path(cache.__file__), x),
    ]
    assert len(set(keys)) == len(keys)
    assert digest(HERE, x) == digest(HERE, x.copy())
    assert digest(HERE, x[::2]) == digest(HERE, x[::2].copy())
