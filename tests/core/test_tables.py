"""Every table of sim/data: header, checksum in the README, axes, normalisation."""

import re

import numpy as np
import pytest

from sim.core.errors import TableError
from sim.core.tables import Table, checksums, data_folder, load_table, read_table

NAMES = sorted(
    path.relative_to(data_folder()).with_suffix("").as_posix() for path in data_folder().rglob("*.csv")
)
README = (data_folder() / "README.md").read_text(encoding="utf-8")

# columns that must rise (within each text label of the first column, where there is one)
AXES = ("r", "energy_mev", "offset_kev", "r_inner_km", "r_outer_km", "time_ns", "radius_m")


def groups(table: Table) -> list[np.ndarray]:
    first = next(iter(table.columns.values()))
    if first.dtype.kind == "f":
        return [np.arange(len(first))]
    return [np.flatnonzero(first == label) for label in dict.fromkeys(first)]


@pytest.mark.parametrize("name", NAMES)
def test_header_is_complete_and_checksum_is_in_the_readme(name: str) -> None:
    table = load_table(name)
    assert all(table.header[key] for key in ("title", "source", "units", "made_by"))
    row = re.search(rf"^\| `{re.escape(name)}\.csv` \|.*`([0-9a-f]{{64}})` \|$", README, re.M)
    assert row is not None, f"sim/data/README.md has no row for {name}.csv"
    assert row.group(1) == table.sha256
    assert checksums()[f"{name}.csv"] == table.sha256


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_finite_and_axes_rise(name: str) -> None:
    table = load_table(name)
    for column in table.numeric():
        assert np.all(np.isfinite(table.numbers(column))), column
    for column in set(AXES) & set(table.numeric()):
        for rows in groups(table):
            values = table.numbers(column)[rows]
            # several rows a label at one place (lines, measured points) are no axis
            if len(values) > 5:
                assert np.all(np.diff(values) > 0.0), column


def test_the_readme_names_no_missing_table() -> None:
    named = re.findall(r"^\| `([\w./-]+)\.csv` \|", README, re.M)
    assert sorted(named) == NAMES


@pytest.mark.parametrize("name", [n for n in NAMES if "n_e_mol_cm3" in load_table(n).columns])
def test_production_integrates_to_one(name: str) -> None:
    table = load_table(name)
    r = table.numbers("r")
    assert r[0] == 0.0
    assert r[-1] == 1.0
    for component in table.numeric()[3:]:
        assert np.trapezoid(table.numbers(component), r) == pytest.approx(1.0, abs=2e-6)
    for density in ("n_e_mol_cm3", "n_n_mol_cm3"):
        assert np.all(np.diff(table.numbers(density)) < 0.0)


def test_tabulated_spectra_integrate_to_one() -> None:
    table = load_table("spectra_8B")
    assert np.trapezoid(table.numbers("density_per_mev"), table.numbers("energy_mev")) == pytest.approx(
        1, abs=2e-6
    )
    assert np.trapezoid(table.numbers("shift_per_mev"), table.numbers("energy_mev")) == pytest.approx(
        0, abs=2e-7
    )
    table = load_table("spectra_7Be")
    for rows in groups(table):
        area = np.trapezoid(table.numbers("density_per_kev")[rows], table.numbers("offset_kev")[rows])
        assert area == pytest.approx(1.0, abs=2e-6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# title: t\na,b\n1,2\n", "header lacks source, units, made_by"),
        ("# title: t\n# source: s\n# units: u\n# made_by: m\na,b\n", "at least one row"),
        ("# title: t\n# source: s\n# units: u\n# made_by: m\na,a\n1,2\n", "duplicate column"),
        ("# title: t\n# source: s\n# units: u\n# made_by: m\na,b\n1,2\n3\n", "row 2 has 1 cells"),
    ],
)
def test_broken_tables_are_named(tmp_path, text: str, says: str) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=says):
        read_table(path, "broken")


def test_a_missing_numeric_column_is_named() -> None:
    with pytest.raises(TableError, match="no numeric column 'x'"):
        load_table("earth_prem").numbers("x")
