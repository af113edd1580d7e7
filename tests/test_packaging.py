"""The three import names are this tree, and the built wheel carries its tables and cards."""

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("room", ["sim", "recon", "analysis"])
def test_import_names_are_this_tree(room):
    assert Path(importlib.import_module(room).__file__).resolve() == ROOT / room / "__init__.py"


def test_no_script_hides_a_room():
    names = {path.stem for path in (ROOT / "scripts").iterdir()}
    assert not names & {"sim", "recon", "analysis"}


def test_tests_hide_no_room():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_wheel_holds_tables_and_cards(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("heliospin-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "sim" / "data").rglob("*")
        if p.suffix in {".csv", ".toml"}
    }
    assert shipped
    assert shipped <= held

    target = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(target)
    check = "from sim.core.tables import checksums; from sim.core.config import read_card; print(len(checksums())); read_card('phase2')"
    done = subprocess.run([sys.executable, "-c", check], cwd=target, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
