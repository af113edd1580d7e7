"""`heliospin validate` as a user types it; the command is wired here as the command line wires it."""

import json
import re

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from analysis.study.cli import make_command
from analysis.study.sample import ELECTRONS_MEV
from analysis.study.study import Tools
from recon.pipeline import reconstruct
from sim.calibration import resolved_card, simulate_probes

runner = CliRunner()
EFFECTS = ("bright: light+2%; kB-alpha-3%", "window-230", "pile_up.c14=false")


@pytest.fixture(scope="module")
def app():
    app = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False)
    app.command("validate")(make_command(lambda: Tools(simulate_probes, reconstruct, resolved_card)))
    return app


@pytest.fixture(scope="module")
def study(app, tmp_path_factory):
    out = tmp_path_factory.mktemp("study")
    arguments = [part for effect in EFFECTS for part in ("-e", effect)]
    done = runner.invoke(app, ["phase2", "-o", str(out), "--events", "1000", "-j", "1", *arguments])
    assert done.exit_code == 0, done.output
    return out, json.loads((out / "validate.json").read_text()), done.output


def by_label(plain, label):
    return next(effect for effect in plain["effects"] if effect["label"] == label)


def shift(plain, label, probe, estimator, field="bias"):
    number = next(i for i, p in enumerate(plain["probes"]) if p["label"] == probe)
    found = by_label(plain, label)["events"][number]["estimators"][estimator]
    return found[field], found[f"{field}_error"]


def test_light_and_alpha_quenching_do_what_they_must(study):
    _, plain, _ = study
    value, error = shift(plain, "bright", "electron 0.5 MeV", "charge_pe")
    assert value == pytest.approx(0.02, abs=4.0 * error + 1e-4)
    assert error < 1e-3
    value, error = shift(plain, "bright", "210Po alpha", "charge_pe")
    assert 0.035 < value < 0.055  # 2 % from the light, 2 to 3 % from the quenching
    fits = {effect["label"]: effect["fit"] for effect in plain["effects"]}
    rates = fits["bright"]["rates"]["rate_7Be_cpd_100t"]
    assert abs(rates["shift"]) < 0.5 * rates["fit_error"]  # light and peak are free in the fit
    assert fits["window-230"]["limit_1e11"]["shift"] != 0.0
    assert by_label(plain, "window-230")["events"] is None


def test_everything_is_told_and_the_page_needs_nothing_else(study):
    out, plain, output = study
    assert {"methods", "probes", "closure", "nominal_fit", "effects", "provenance"} <= set(plain)
    assert plain["provenance"]["card"]["detector"]["tubes"]["live"] == 1650
    names = {path.name for path in out.iterdir()}
    assert {"report.html", "validate.json", "tornado.png", "tornado.csv", "closure_energy.png", "closure_radius.png",
            "effect_1_bright.png"} <= names  # fmt: skip
    assert not any(name.startswith(".") for name in names)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 4
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert not re.search(r"<script|<link|@import|url\(", page)
    anchors = re.findall(r'href="#([^"]+)"', page)
    assert len(anchors) > 8
    assert set(anchors) <= set(re.findall(r'id="([^"]+)"', page))
    assert "http" not in re.sub(r'base64,[^"]*"', "", page.split('<h2 id="methods">')[0])
    for word in (*(e["label"] for e in plain["effects"]), "Stuart-Maxwell", "Run record"):
        assert word in page
    assert "report.html" in output.replace("\n", "")


def test_the_answer_comes_first_and_the_largest_effect_before_the_others(study):
    out, plain, _ = study
    verdict = plain["verdict"]
    assert verdict["by_limit_shift"][0] == "pile_up.c14=false"
    largest = {found["quantity"]: found for found in verdict["largest"]}
    assert largest["limit"]["label"] == largest["rate_pp"]["label"] == "pile_up.c14=false"
    assert largest["rate_pp"]["shift"] < -20.0
    limits = {e["label"]: e["fit"]["limit_1e11"] for e in plain["effects"]}
    assert largest["limit"]["relative"] == pytest.approx(
        limits["pile_up.c14=false"]["shift"] / limits["pile_up.c14=false"]["nominal"]
    )
    text = (out / "report.html").read_text(encoding="utf-8")
    order = [text.index(word) for word in ('class="verdict"', "<nav>", 'id="limit"', 'id="shapes"', 'id="nominal"',
                                           'id="effects"', 'id="methods"', 'id="provenance"')]  # fmt: skip
    assert order == sorted(order)
    assert text.index('id="effect-3"') < text.index('id="effect-1"')


def test_pulse_shapes_and_pile_up_are_told_nominal_and_varied(study):
    _, plain, _ = study
    nominal = {found["score"]: found for found in plain["pulse_shape"]}
    assert 0.7 < nominal["gatti"]["nominal"] < 0.97
    assert 0.75 < nominal["alpha_score"]["nominal"] < 0.98
    assert 0.75 < nominal["positron_score"]["nominal"] < 0.9
    for found in by_label(plain, "bright")["pulse_shape"]:
        assert found["significance"] == pytest.approx(found["change"] / found["change_error"])
        assert abs(found["significance"]) < 5.0  # 2 % of light is far below what is seen
        assert found["change_error"] < 1.2 * found["nominal_error"]
    time_ns = plain["pile_up_resolving_time_ns"]
    assert 300.0 < time_ns["value"] < 650.0
    assert by_label(plain, "bright")["pile_up"]["nominal_ns"] == time_ns["value"]
    assert by_label(plain, "window-230")["pile_up"] is None


def test_closure_meets_the_calibrated_response(study):
    _, plain, _ = study
    rows = [r for r in plain["closure"]["energy"] if r["estimator"] == "nh" and r["expected_mean"]]
    assert len(rows) == len(ELECTRONS_MEV)
    pulls = [(r["mean"] - r["expected_mean"]) / np.hypot(r["mean_error"], 0.005 * r["mean"]) for r in rows]
    assert max(np.abs(pulls)) < 4.0
    assert plain["closure"]["fiducial_acceptance"] == pytest.approx(1.0, abs=0.02)


@pytest.mark.slow
def test_the_same_again_with_two_workers(app, study, tmp_path):
    done = runner.invoke(
        app, ["phase2", "-o", str(tmp_path), "--events", "1000", "-j", "2", "-e", EFFECTS[1]]
    )
    assert done.exit_code == 0, done.output
    again = json.loads((tmp_path / "validate.json").read_text())
    assert again["closure"] == study[1]["closure"]
    assert again["pulse_shape"] == study[1]["pulse_shape"]
    assert again["effects"][0] == study[1]["effects"][1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-e", "detector.quenching.kb=0.01"], "unknown key"),
        (["-e", "detector.light.scale=-1"], "detector.light.scale = -1"),
        (["-e", "run.seed=3"], "cannot be varied"),
        (["-e", "nothing"], "no effect named"),
        (["--set", "detector.light.sclae=1"], "unknown key"),
        (["no-such-card"], "no preset card"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(app, tmp_path, arguments, words):
    out = tmp_path / "out"
    done = runner.invoke(app, [*arguments, "-o", str(out)])
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())
    assert "Traceback" not in done.output
    assert not out.exists()


def test_the_list_names_every_effect(app):
    from analysis.study.effects import NAMED

    done = runner.invoke(app, ["--list"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert all(name in done.output for name in NAMED)
