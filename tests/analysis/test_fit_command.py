"""The command: fit.json, figures, closing tables, user errors."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.asimov import card_exposure
from analysis.config import FitConfig
from analysis.fit_cli import fit
from analysis.results import FitResult
from sim.core.config import Card, card_from_values
from sim.core.errors import CardError

LIMITS = {"mu_eff_no_gallium", "mu_eff_gallium", "mu_eff_no_gallium_ratio", "mu_eff_gallium_ratio"}
QUICK = ["--set", "fit.profile_step=1.0", "--exposure", "920.85"]


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(fit)
    return app


@pytest.fixture(scope="module")
def asimov(app: typer.Typer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asimov")
    done = CliRunner().invoke(app, ["--asimov", "phase2", "-o", str(folder), "--range", "92", "500", *QUICK])
    assert done.exit_code == 0, done.output
    assert "mu_eff_no_gallium" in done.output
    return folder


def test_fit_json(asimov: Path) -> None:
    plain = json.loads((asimov / "fit.json").read_text())
    assert plain["valid"] is True
    assert set(plain["limits"]) == LIMITS
    assert set(plain["limits"]["mu_eff_gallium"]) == {"value", "cl", "method", "unit"}
    assert set(plain["statistic"]) >= {"value", "ndf", "kind"}
    assert all(set(p) == {"value", "error", "unit"} for p in plain["parameters"].values())
    for name in ("profile", "profile_gallium"):
        mu, delta = plain[name]["mu_bohr"], plain[name]["delta"]
        assert len(mu) == len(delta) > 5
        assert mu[0] == 0.0
        assert 1e-12 < mu[1] < 1e-10
    assert plain["provenance"]["step"] == "fit"
    assert plain["input"]["exposure_d_100t"] == 920.85
    assert FitResult.from_plain(plain).valid
    assert FitResult.from_plain(plain["standard"]).valid
    assert plain["rates"]["rate_7Be_cpd_100t"]["value"] == pytest.approx(48.1, rel=0.02)


def test_figures_with_their_numbers(asimov: Path) -> None:
    for name in ("spectrum", "moment", "profile"):
        for ending in (".png", ".pdf", ".csv"):
            assert (asimov / f"{name}{ending}").stat().st_size > 500, name + ending
    with (asimov / "spectrum.csv").open() as lines:
        names = lines.readline().strip().split(",")
        values = np.loadtxt(lines, delimiter=",")
    columns = dict(zip(names, values.T, strict=True))
    parts = [columns[name] for name in names if name not in ("nh", "counts", "expected")]
    np.testing.assert_allclose(np.sum(parts, axis=0), columns["expected"], rtol=1e-6)


def test_other_estimator_and_one_wide_bins(app: typer.Typer, tmp_path: Path) -> None:
    arguments = [
        "--asimov",
        "phase2",
        "-o",
        str(tmp_path),
        "--estimator",
        "np_230",
        "--bin-width",
        "5",
        *QUICK,
    ]
    done = CliRunner().invoke(app, [*arguments, "--set", "fit.range=[85, 400]"])
    assert done.exit_code == 0, done.output
    plain = json.loads((tmp_path / "fit.json").read_text())
    assert plain["input"]["estimator"] == "np_230"
    assert plain["input"]["bin_width"] == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either an INPUT or --asimov CARD"),
        (["nothing.root"], "nothing.root: no such file"),
        (["nothing.csv", "--asimov", "phase2"], "give either"),
        (["{csv}"], "needs its exposure"),
        (["{csv}", "--exposure", "1", "--range", "10", "500"], "reaches outside the spectrum"),
        (["{csv}", "--exposure", "1", "--range", "500", "100"], "expected 0 < low < high"),
        (["{csv}", "--exposure", "1", "--estimator", "hits"], "fit.estimator = 'hits'"),
        (["{csv}", "--exposure", "1", "--set", "fit.fixed.rate_be7=3"], "unknown parameter 'rate_be7'"),
        (["{csv}", "--exposure", "1", "--set", "fit.respons=x"], "did you mean 'response'"),
        (
            ["{csv}", "--exposure", "1", "--range", "100", "299", "--set", "fit.response=none"],
            "response_none",
        ),
        (["--asimov", "no-such-card"], "no preset card"),
        (["--asimov", "phase2", "--set", "moment.nature=majorana"], "plain effective moment"),
    ],
)
def test_user_errors(app: typer.Typer, tmp_path: Path, arguments: list[str], message: str) -> None:
    csv = tmp_path / "spectrum.csv"
    csv.write_text("n_hits,counts\n" + "".join(f"{n},5\n" for n in range(100, 300)))
    folder = tmp_path / "out"
    done = CliRunner().invoke(app, [*(a.format(csv=csv) for a in arguments), "-o", str(folder)])
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.output.split())
    assert not (folder / "fit.json").exists()


def test_exposure_of_a_card() -> None:
    card = card_from_values("c", {"run": {"live_days": 1291.51}})
    assert card_exposure(card) == pytest.approx(920.85, rel=1e-3)
    for bad in ({}, {"run": {"live_days": 0}}, {"run": {"live_days": "long"}}):
        with pytest.raises(CardError, match="live_days"):
            card_exposure(Card("c", bad))


def test_a_moment_that_is_seen_is_fitted(app: typer.Typer, tmp_path: Path) -> None:
    arguments = [
        "--asimov",
        "phase2-mu5",
        "-o",
        str(tmp_path),
        "--bin-width",
        "4",
        "--range",
        "92",
        "900",
        *QUICK,
    ]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    plain = json.loads((tmp_path / "fit.json").read_text())
    assert plain["moment_is_free"]
    assert plain["parameters"]["mu_eff"]["value"] == pytest.approx(5.0, abs=0.05)
    assert plain["moment"]["gallium"]["delta_at_zero"] > 4.0
    assert plain["moment"]["gallium"]["value"] == pytest.approx(5.0, abs=0.1)
    assert plain["standard"]["parameters"]["mu_squared"]["value"] == 0.0


def test_a_pull_of_the_card_joins_the_standard_ones() -> None:
    pull = {"value": 6.8, "sigma": 1.8}
    assert set(FitConfig(pulls={"rate_85Kr": pull}).pulls) == {"rate_14C", "yield_variance", "rate_85Kr"}
    assert set(FitConfig(pulls={"rate_14C": "none"}).pulls) == {"yield_variance"}
    again = FitConfig(pulls={"rate_14C": {"value": 3.0e6, "sigma": 1.0e5}}).pulls["rate_14C"]
    assert (again.value, again.sigma) == (3.0e6, 1.0e5)
