"""Pages made from the code are up to date, and every source key is listed."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_data_model_page_is_current():
    made = runpy.run_path(str(ROOT / "scripts" / "make_data_model.py"))["text"]()
    assert (ROOT / "docs" / "data-model.md").read_text(encoding="utf-8") == made


def test_every_source_key_is_listed():
    listed = set(
        re.findall(
            r"^\| ([A-Z][\w-]+) \|", (ROOT / "docs" / "references.md").read_text(encoding="utf-8"), re.M
        )
    )
    assert listed
    used = {}
    for room in ("sim", "recon", "analysis"):
        for path in (ROOT / room).rglob("*.py"):
            for key in re.findall(
                r"\[([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*\d\d)\]", path.read_text(encoding="utf-8")
            ):
                used.setdefault(key, path.name)
    assert {key: name for key, name in used.items() if key not in listed} == {}
