import numpy as np
import pytest

from sim.core.errors import PhysicsError, TableError
from sim.core.tables import data_folder
from sim.physics.config import SOLAR_COMPONENTS
from sim.physics.solar_model import load_solar_model, model_names


@pytest.mark.parametrize("name", model_names())
def test_packaged_models_are_whole(name: str) -> None:
    sun = load_solar_model(name)
    assert sun.components == SOLAR_COMPONENTS
    assert np.all(sun.flux_cm2_s > 0.0)
    assert np.all((sun.frac_sigma > 0.0) & (sun.frac_sigma < 0.5))
    np.testing.assert_allclose(np.trapezoid(sun.production, sun.radius, axis=1), 1.0, rtol=1e-12)
    assert sun.n_e_mol_cm3[0] == pytest.approx(101.0, rel=0.01)
    ratio = sun.n_n_mol_cm3 / sun.n_e_mol_cm3
    assert 0.46 < ratio[0] < 0.50
    assert 0.14 < ratio[-1] < 0.18
    if sun.correlation is not None:
        np.testing.assert_allclose(sun.correlation, sun.correlation.T)
        assert np.all(np.linalg.eigvalsh(sun.correlation) > -1e-10)


def test_published_fluxes() -> None:
    high, low = load_solar_model("B16-GS98"), load_solar_model("B16-AGSS09met")
    assert [high.flux(c) for c in ("pp", "7Be", "8B")] == [5.98e10, 4.93e9, 5.46e6]
    assert [low.flux(c) for c in ("pp", "7Be", "8B")] == [6.03e10, 4.50e9, 4.50e6]
    assert 1e-4 < high.flux("15O-EC") / high.flux("15O") < 1e-3
    assert load_solar_model("SF3-GS98").correlation is not None
    assert high.correlation is None


def test_birth_places() -> None:
    sun = load_solar_model("B16-AGSS09met")
    for component, mean in (("8B", 0.051), ("7Be", 0.070), ("pp", 0.117)):
        births = sun.births(component)
        assert np.sum(births.node * births.weight) == pytest.approx(mean, abs=0.001)
    np.testing.assert_array_equal(sun.births("13N").weight, sun.births("13N-EC").weight)


def test_scaled_changes_one_flux_and_not_the_original() -> None:
    sun = load_solar_model("B16-GS98")
    other = sun.scaled({"7Be": 0.5})
    assert other.flux("7Be") == 0.5 * sun.flux("7Be")
    assert other.flux("pp") == sun.flux("pp")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(PhysicsError, match="B16-GS98, B16-AGSS09met"):
        load_solar_model("BP2000")
    with pytest.raises(PhysicsError, match="components: pp, pep"):
        load_solar_model("B16-GS98").flux("11C")


@pytest.fixture
def lines() -> list[str]:
    text = (data_folder() / "solar_B16-GS98.csv").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_a_users_table_gives_the_same_model(tmp_path, lines: list[str]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("# flux_pp: 6.1e10\n" + "\n".join(lines) + "\n", encoding="utf-8")
    mine, packaged = load_solar_model(str(path)), load_solar_model("B16-GS98")
    np.testing.assert_allclose(mine.production, packaged.production)
    assert mine.flux("pp") == 6.1e10
    assert mine.flux("8B") == packaged.flux("8B")
    assert packaged.flux("pp") == 5.98e10


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: [rows[0].replace(",hep", ",other"), *rows[1:]], "missing column hep"),
        (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], "not increasing at row 2"),
        (lambda rows: [*rows[:2], rows[2].replace("101.021", "-1"), *rows[3:]], "n_e_mol_cm3 in row 2 is -1"),
        (
            lambda rows: [*rows[:2], rows[2].replace("101.021", "nan"), *rows[3:]],
            "n_e_mol_cm3 in row 2 is nan",
        ),
        (lambda rows: rows[:3], "2 radii"),
        (lambda rows: ["# flux_7Be: many", *rows], "flux_7Be = 'many'"),
        (lambda rows: [*rows, rows[-1].replace("1,", "1.2,", 1)], "r reaches 1.2"),
        (lambda rows: [rows[0], *(row + ",5" for row in rows[1:])], "row 1 has 12 cells"),
        (lambda rows: [*rows[:2], rows[2].replace("101.021", "many"), *rows[3:]], "n_e_mol_cm3"),
    ],
)
def test_a_broken_table_is_named(tmp_path, lines: list[str], change, says: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=says):
        load_solar_model(str(path))


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(TableError, match=r"nowhere\.csv"):
        load_solar_model(str(tmp_path / "nowhere.csv"))
