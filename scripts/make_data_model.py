"""Write docs/data-model.md from the schema and the card models: python scripts/make_data_model.py."""

from pathlib import Path

from sim.core.schema import EVENT_TREES, PROCESSES, RECO_TREES, SPECIES

HEAD = """# Data model

Made from `sim/core/schema.py` by `scripts/make_data_model.py`; do not edit by hand.

Files are plain ROOT files: flat columns and jagged columns (`var`), no classes, the unit in the column name. `events.root` holds the
trees `events`, `truth`, `runs`, `pmts`; `reco.root` holds `reco` and `runs`. Both hold two texts in JSON: `schema` (this page) and
`run_record` (card, seed, versions, checksums of tables). The trees are TTrees, or RNTuples with `--format rntuple`.
The hits of a gate share one length, the column `n_hit`. Times of day are UTC in ns since 1970-01-01, 64-bit.

Exposure is the sum of `live_time_s` over the rows of `runs`, times the fiducial mass in the run record; it stays right when files are joined.
"""


def text() -> str:
    """Return the page."""
    lines = [HEAD]
    for tree in {t.name: t for t in (*EVENT_TREES, *RECO_TREES)}.values():
        lines += [f"\n## Tree `{tree.name}`\n", f"{tree.meaning[0].upper()}{tree.meaning[1:]}.\n"]
        lines += ["| column | type | unit | meaning |", "| --- | --- | --- | --- |"]
        for c in tree.columns:
            kind = f"var {c.dtype}" if c.group else c.dtype
            lines.append(f"| `{c.name}` | {kind} | {c.unit} | {c.meaning} |")
    for title, codes in (("Species", SPECIES), ("Processes", PROCESSES)):
        lines += [f"\n## {title}\n", "| code | name |", "| --- | --- |"]
        lines += [f"| {code} | {name} |" for name, code in codes.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    path = Path(__file__).resolve().parents[1] / "docs" / "data-model.md"
    path.write_text(text(), encoding="utf-8")
