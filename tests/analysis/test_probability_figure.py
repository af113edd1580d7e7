import csv
import io

import matplotlib as mpl
import numpy as np
import pytest

from analysis.physics_figures import save_probability
from analysis.plots.files import save_figure
from analysis.plots.probability import Curve, Measured, probability_figure, six_state_figure
from analysis.plots.style import COLOURS, style
from analysis.probability_curves import probability_curves, six_states
from analysis.probability_table import probability_table
from sim.core.errors import OutputError, PhysicsError
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion, Probabilities
from sim.physics.solar_model import load_solar_model


@pytest.fixture(scope="module")
def conversion() -> Conversion:
    return Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SiteConfig())


def test_style_leaves_nothing_behind() -> None:
    before = dict(mpl.rcParams)
    with style():
        assert mpl.rcParams["xtick.direction"] == "in"
    assert dict(mpl.rcParams) == before
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_experiment_style_is_opt_in() -> None:
    before = dict(mpl.rcParams)
    with style("LHCb2"):
        assert mpl.rcParams["font.size"] == 9
    assert dict(mpl.rcParams) == before


def test_rows_have_the_published_columns(conversion: Conversion) -> None:
    rows = list(
        csv.DictReader(io.StringIO(probability_table(conversion, ["pp", "8B"], [0.3, 5.0], [0.0, 60.0]).text))
    )
    assert list(rows[0]) == [
        "component", "energy_mev", "nadir_deg",
        "P_nue", "P_numu", "P_nutau", "P_anue", "P_anumu", "P_anutau", "P_e1", "P_e2", "P_e3",
    ]  # fmt: skip
    assert len(rows) == 2 * 2 * 3
    assert [row["nadir_deg"] for row in rows[:5:2]] == ["", "0", "60"]
    for row in rows:
        assert sum(float(row[key]) for key in list(row)[3:9]) == pytest.approx(1.0, abs=1e-7)
        assert float(row["P_anue"]) == 0.0


def test_rows_follow_the_components_spectrum(conversion: Conversion) -> None:
    rows = list(csv.DictReader(io.StringIO(probability_table(conversion, ["pp", "pep"], None, []).text)))
    energies = [float(row["energy_mev"]) for row in rows if row["component"] == "pp"]
    assert max(energies) == pytest.approx(0.42341)
    assert [float(row["energy_mev"]) for row in rows if row["component"] == "pep"] == [1.445]
    for nadir in (-1.0, 181.0):
        with pytest.raises(PhysicsError, match="nadir angle"):
            probability_table(conversion, ["pp"], None, [nadir])
    with pytest.raises(PhysicsError, match="unknown solar component"):
        probability_table(conversion, ["b8"], None, [])


def test_figure_of_the_standard_curves(conversion: Conversion, tmp_path) -> None:
    curves, measured = probability_curves(conversion)
    day = curves[0]
    assert np.all(day.low < day.p_ee)
    assert np.all(day.p_ee < day.high)
    figure = probability_figure(curves, measured)
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert "[MeV]" in axes.get_xlabel()
    assert len(axes.lines) >= len(curves)
    written = save_figure(figure, tmp_path / "p_ee.png", {"energy_mev": day.energy_mev, "p_ee": day.p_ee})
    assert [path.name for path in written] == ["p_ee.png", "p_ee.pdf", "p_ee.csv"]
    assert all(path.stat().st_size > 1000 for path in written)
    numbers = np.genfromtxt(written[2], delimiter=",", names=True)
    np.testing.assert_allclose(numbers["p_ee"], day.p_ee, rtol=1e-7)


def test_curves_outside_the_usual_range_are_seen() -> None:
    energy = np.array([0.1, 10.0])
    axes = probability_figure([Curve("flat", energy, np.ones(2))]).axes[0]
    assert axes.get_ylim()[1] > 1.0


def test_points_alone_can_be_drawn() -> None:
    measured = Measured(["pp", "new"], np.array([0.3, 1.0]), np.array([0.5, 0.6]), np.array([0.1, 0.1]))
    assert probability_figure([], measured).axes[0].get_ylabel()


def test_a_folder_that_cannot_be_made_is_named(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    figure = probability_figure([Curve("flat", np.array([0.1, 10.0]), np.ones(2))])
    with pytest.raises(OutputError, match="cannot make"):
        save_figure(figure, tmp_path / "file" / "p.png")


@pytest.mark.parametrize("nature", ["majorana", "dirac"])
def test_figure_of_six_states(nature, tmp_path) -> None:
    unit = ((1e-12, 0, 0), (0, 1e-12, 0), (0, 0, 1e-12))
    moment = (
        MomentConfig(nature="majorana", mu12_bohr=1e-12)
        if nature == "majorana"
        else MomentConfig(nature="dirac", matrix_bohr=unit)
    )
    field = FieldConfig(profile="tachocline", peak_kg=50.0)
    precessing = Conversion.build(
        load_solar_model("B16-GS98"), NeutrinoConfig(), SiteConfig(), field=field, moment=moment
    )
    written = save_probability(precessing, tmp_path / "six.png", "7Be")
    assert [path.name for path in written] == ["six.png", "six.pdf", "six.csv"]
    numbers = np.genfromtxt(written[2], delimiter=",", names=True)
    flavours = ("nue", "numu", "nutau", "anue", "anumu", "anutau", "sterile")
    np.testing.assert_allclose(sum(numbers[f"P_{name}"] for name in flavours), 1.0, atol=1e-8)
    energy, found = six_states(precessing, "7Be")
    figure = six_state_figure(energy, found, nature, "7Be", "a field")
    upper, lower = figure.axes
    assert upper.get_yscale() == "linear"
    assert lower.get_yscale() == "log"
    assert len(upper.lines) == 3
    assert len(lower.lines) == (3 if nature == "majorana" else 4)
    first = found.anue if nature == "majorana" else found.sterile
    np.testing.assert_array_equal(lower.lines[0].get_ydata(), first)
    assert lower.get_ylim()[0] < first.min() < first.max() < lower.get_ylim()[1]
    assert "7$Be" in upper.get_title()


def test_figure_of_nothing_but_neutrinos() -> None:
    energy = np.array([1.0, 2.0])
    third, none = np.full(2, 1 / 3), np.zeros(2)
    found = Probabilities(third, third, third, none, none, none, third, third, third, none, none, none, none)
    figure = six_state_figure(energy, found, "majorana", "8B", "none")
    assert figure.axes[1].get_yscale() == "linear"
