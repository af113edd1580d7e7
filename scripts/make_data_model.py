"""Write docs/data-model.md from the schema and the card models: python scripts/make_data_model.py."""

from pathlib import Path

from sim.core.schema import EVENT_TREES, PROCESSES, RECO_TREES, SPECIES

HEAD = """# Data model

Made from `sim/core/schema.py` by `scripts/make_data_model.py`; do not edit by hand.

Files are plain ROOT files: flat columns and jagged columns (`var`), no classes, the unit in the column name. `events.root` holds the
trees `events`, `truth`, `runs`, `pmts`, `muons`, `neutrons`; `reco.root` holds `reco`, `runs` and `pairs`. Both hold two texts in JSON: `schema` (this page) and
`run_record` (card, seed, versions, checksums of tables). The trees are TTrees, or RNTuples with `--format rntuple`.
The hits of a gate share one length, the column `n_hit`. Times of day are UTC in ns since 1970-01-01, 64-bit.

Exposure is the sum of `live_time_s` over the rows of `runs`, times the fiducial mass in the run record; it stays right when files are joined.
A fit without tagged clusters (`fit.tfc`) multiplies it by `kept_fraction` of the record; that one is measured for a whole file, so join before reconstruction.

## Files that a user brings

A solar model (`sun.model = "my.csv"`): columns `r` (solar radii, 0 to 1), `n_e_mol_cm3`, `n_n_mol_cm3` and one production density dF/dr a
component, named as the components (`pp`, `pep`, `hep`, `7Be`, `8B`, `13N`, `15O`, `17F`). Header lines such as `# flux_pp: 5.98e10` give fluxes in
cm^-2 s^-1; where they are missing those of B16-GS98 are used.

A measured spectrum (`heliospin fit my.csv`): columns `n_hits` (bin centre, equal steps; or the name of another estimator) and `counts` (whole
numbers); other columns are ignored. A header line that speaks of TFC subtraction sets `fit.tfc_subtracted`. In a ROOT file: a TH1, named with `--histogram`.

Monte Carlo templates (`fit.templates`): made by `scripts/make_templates.py`.
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
