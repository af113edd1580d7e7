"""The command: antineutrino.json, figures, closing tables, user errors."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.appearance.candidates import read_candidates_csv
from analysis.appearance.cli import antineutrino
from analysis.appearance.config import AppearanceConfig
from analysis.appearance.outcome import to_plain
from analysis.appearance.search import search
from sim.core.config import card_from_values
from sim.core.rootio import create
from sim.core.schema import RECO, RECO_TREES

QUICK = ["--set", "appearance.toys=40"]
FIGURES = ("conversion", "candidates", "limits", "flux")


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(antineutrino)
    return app


@pytest.fixture(scope="module")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("candidates") / "c.csv"
    rng = np.random.default_rng(3)
    energy = np.concatenate([rng.uniform(1.1, 2.4, 30), rng.uniform(2.4, 6.0, 25), [7.9, 25.0]])
    path.write_text("prompt_energy_mev\n" + "".join(f"{e:.3f}\n" for e in energy))
    return path


@pytest.fixture(scope="module")
def done(app: typer.Typer, candidates: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    arguments = [str(candidates), "-o", str(folder), "--exposure", "900", "--efficiency", "0.8", *QUICK]
    result = CliRunner().invoke(app, [*arguments, "--background", "0.248", "--threshold", "8.3"])
    assert result.exit_code == 0, result.output
    assert "whole_binned_bayesian" in result.output
    assert "tachocline" in result.output
    return folder


def test_json(done: Path, candidates: Path) -> None:
    plain = json.loads((done / "antineutrino.json").read_text())
    keys = ("candidates", "exposure", "efficiency", "backgrounds", "limits", "sensitivity", "flux_bins", "moment_field",
            "windows", "provenance")  # fmt: skip
    assert set(keys) <= set(plain)
    assert plain["candidates"]["source"] == str(candidates)
    assert plain["candidates"]["n"] == 57
    assert plain["candidates"]["in_range"] == 56.0
    assert plain["candidates"]["outside_range"] == 1.0
    assert plain["candidates"]["above_threshold"] == 1.0
    assert plain["exposure"]["value"] == 900.0
    assert plain["efficiency"]["value"] == pytest.approx(0.8)
    assert plain["windows"]["above"]["neutrino_energy_mev"] == pytest.approx(8.3)
    assert plain["backgrounds"]["geo"]["relative_sigma"] == "free"
    assert plain["backgrounds"]["accidental"]["whole"] == pytest.approx(0.16 * 9, rel=0.02)
    for name, limit in plain["limits"].items():
        assert set(limit) == {"value", "cl", "method", "unit"}, name
        assert limit["value"] > 0.0
    assert plain["limits"]["mu12_field_tachocline"]["unit"] == "1e-9 mu_B kG"
    assert set(plain["sensitivity"]) <= set(plain["limits"])
    assert len(plain["flux_bins"]) == 15
    assert set(plain["flux_bins"][0]) >= {"low_mev", "high_mev", "observed", "background", "flux_cm2_s"}
    rows = {row["profile"]: row for row in plain["moment_field"]["rows"]}
    assert rows["cosh9"]["family"] == "core"
    moment = rows["cosh9"]["moment"][1]
    assert moment["field_kg"] == 10.0
    assert moment["value"] == pytest.approx(
        rows["cosh9"]["value"] * 10.0
    )  # 1e-9 mu_B kG / 10 kG in 1e-11 mu_B
    assert plain["moment_field"]["best_fit"]["family"] in ("none", "undecided", "core", "outer")
    assert plain["provenance"]["step"] == "antineutrino"
    assert plain["provenance"]["card"]["appearance"]["threshold_mev"] == 8.3


def test_figures_with_their_numbers(done: Path) -> None:
    for name in FIGURES:
        for ending in (".png", ".pdf", ".csv"):
            assert (done / f"{name}{ending}").stat().st_size > 300, name + ending
    plain = json.loads((done / "antineutrino.json").read_text())
    table = np.genfromtxt(done / "candidates.csv", delimiter=",", names=True)
    assert table["observed"].sum() == plain["candidates"]["in_range"]
    parts = [name for name in plain["backgrounds"] if name != "total"]
    total = sum(table[name.replace("-", "")].sum() for name in parts)
    assert total == pytest.approx(plain["backgrounds"]["total"]["whole"], rel=1e-6)
    assert "KamLAND 2011" in (done / "limits.csv").read_text()


def test_json_on_the_terminal_and_asimov(app: typer.Typer, tmp_path: Path) -> None:
    arguments = [
        "--asimov",
        "antineutrino",
        "-o",
        str(tmp_path),
        "--json",
        "--set",
        "field.profile=tachocline",
        *QUICK,
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    plain = json.loads(result.stdout)
    assert plain["moment_field"]["rows"][0]["profile"] == "tachocline"
    assert plain["candidates"]["weighted"] is True
    assert plain["exposure"]["value"] == pytest.approx(1614, abs=10)
    assert plain["moment_field"]["best_fit"]["family"] == "none"


def test_binned_candidates(tmp_path: Path) -> None:
    path = tmp_path / "bins.csv"
    rows = "".join(f"{low},{low + 1},{max(20 - 3 * i, 0)}\n" for i, low in enumerate(range(2, 16)))
    path.write_text("low_mev,high_mev,counts\n" + rows)
    config = AppearanceConfig(toys=0)
    card = card_from_values("test", {})
    plain = to_plain(search(card, config, read_candidates_csv(path, 900.0)), card)
    assert plain["windows"]["above"]["prompt_energy_mev"] == 7.0
    assert plain["candidates"]["in_range"] == 77.0
    assert len(plain["flux_bins"]) == 14
    assert plain["sensitivity"] == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either an INPUT or --asimov CARD"),
        (["nothing.root"], "nothing.root: no such file"),
        (["{csv}", "--asimov", "antineutrino"], "give either"),
        (["{csv}"], "candidates need their exposure"),
        (["{csv}", "--exposure", "0"], "exposure = 0 t years: must be above 0"),
        (["{csv}", "--exposure", "9", "--efficiency", "1.2"], "appearance.efficiency = 1.2"),
        (["{csv}", "--exposure", "9", "--efficiency", "0"], "appearance.efficiency = 0"),
        (["{csv}", "--exposure", "9", "--threshold", "20"], "outside range_mev"),
        (["{csv}", "--exposure", "9", "--background", "-1"], "background = -1"),
        (["{csv}", "--exposure", "9", "--set", "appearance.tois=3"], "did you mean 'toys'"),
        (["{csv}", "--exposure", "9", "--set", "appearance.range_mev=[9, 8]"], "0.784 < low < high"),
        (["{csv}", "--exposure", "9", "--set", "appearance.geo_sigma=loose"], "geo_sigma"),
        (["{csv}", "--exposure", "9", "--set", "appearance.reactor_sigma=-1"], "from 0 to 10"),
        (["{csv}", "--exposure", "9", "--set", "appearance.fields_kg=[0]"], "above 0"),
        (["{csv}", "--exposure", "9", "--set", "appearance.bin_width_mev=0.01"], "more than 500 bins"),
        (["{csv}", "--exposure", "9", "--set", "field.profile=spiral"], "unknown field profile 'spiral'"),
        (["{empty}", "--exposure", "9"], "the file is empty"),
        (["{reco}", "--exposure", "9"], "a reconstruction tells its own"),
        (["{reco}"], "tells nothing of a coincidence search"),
        (["--asimov", "no-such-card"], "no preset card"),
    ],
)
def test_user_errors(app: typer.Typer, tmp_path: Path, arguments: list[str], message: str) -> None:
    paths = {"csv": tmp_path / "c.csv", "empty": tmp_path / "e.csv", "reco": tmp_path / "r.root"}
    paths["csv"].write_text("prompt_energy_mev\n3.5\n")
    paths["empty"].write_text("")
    with create(paths["reco"], RECO_TREES) as writer:
        writer.extend(RECO.name, {c.name: np.zeros(0, c.dtype) for c in RECO.columns})
        writer.record({"card": {}})
    folder = tmp_path / "out"
    result = CliRunner().invoke(app, [*(a.format(**paths) for a in arguments), "-o", str(folder)])
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())
    assert not (folder / "antineutrino.json").exists()


def test_help_has_examples(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "heliospin antineutrino reco.root" in " ".join(result.output.split())
