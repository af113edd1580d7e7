"""The commands as a user types them: outputs with stable names, errors of one line and exit code 2."""

import csv
import io
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from sim.core.config import PRESETS

runner = CliRunner()


def _run(*arguments):
    return runner.invoke(app, list(arguments))


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "simulate",
        "reconstruct",
        "fit",
        "probability",
        "rates",
        "derive",
        "antineutrino",
        "beryllium",
        "display",
        "validate",
        "card",
        "info",
    ],
)
def test_every_command_helps_with_an_example(command):
    done = _run(command, "--help")
    assert done.exit_code == 0
    assert "heliospin " + command in " ".join(done.output.split())


def test_help_loads_no_heavy_library():
    code = "import sys; import analysis.cli; print([m for m in ('numba', 'matplotlib', 'astropy', 'uproot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", PRESETS)
def test_cards_are_printed_with_comments(name):
    done = _run("card", name)
    assert done.exit_code == 0
    assert "[run]" in done.stdout
    assert "#" in done.stdout


def test_probability_csv():
    done = _run("probability", "-c", "7Be,8B", "-e", "0.862,5", "--nadir", "30")
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == (
        [
            "component",
            "energy_mev",
            "nadir_deg",
            "P_nue",
            "P_numu",
            "P_nutau",
            "P_anue",
            "P_anumu",
            "P_anutau",
            "P_e1",
            "P_e2",
            "P_e3",
        ]
    )
    assert len(rows) == 8
    assert [row["nadir_deg"] for row in rows[:4]] == ["", "", "30", "30"]
    for row in rows:
        assert sum(float(row[f"P_{f}"]) for f in ("nue", "numu", "nutau")) == pytest.approx(1, abs=1e-7)
        assert sum(float(row[f"P_e{k}"]) for k in (1, 2, 3)) == pytest.approx(1, abs=1e-7)


def test_probability_follows_the_mixing_and_the_model():
    def p_ee(*extra):
        done = _run("probability", "-c", "8B", "-e", "10", *extra)
        return float(next(csv.DictReader(io.StringIO(done.stdout)))["P_nue"])

    assert p_ee("--set", "neutrino.sin2_theta12=0.35") > p_ee() + 0.02
    assert p_ee("--model", "B16-AGSS09met") != p_ee()


def test_rates_json():
    done = _run("rates", "--json")
    assert done.exit_code == 0, done.output
    components = json.loads(done.stdout)["components"]
    assert set(components["pp"]) == {
        "weak_cpd_100t",
        "magnetic_cpd_100t",
        "gallium_snu",
        "gallium_snu_no_osc",
    }
    assert components["pp"]["weak_cpd_100t"] == pytest.approx(131.1, rel=0.015)
    high = json.loads(_run("rates", "--json", "--threshold", "0.19").stdout)["components"]
    assert high["pp"]["weak_cpd_100t"] < 0.1 * components["pp"]["weak_cpd_100t"]


def test_derive_json():
    done = _run("derive", "--mu-eff", "2.8", "--json")
    assert done.exit_code == 0, done.output
    values = json.loads(done.stdout)
    names = ["mu_e", "mu_mu", "mu_tau", "mu_11", "mu_22", "mu_33", "mu_12", "mu_13", "mu_23"]
    assert list(values["seed_approximation"]) == names
    assert list(values["matter_corrected"]) == names


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "phase3"], ["phase3", "phase2"]),
        (["run", "absent.toml"], ["absent.toml", "No such file"]),
        (["simulate", "quickstart", "--set", "detector.kb=3"], ["detector.kb", "unknown key"]),
        (["run", "quickstart", "--set", "fit.range=3"], ["fit.range"]),
        (["rates", "--model", "B99"], ["B99", "B16-GS98"]),
        (["rates", "--set", "neutrino.sin2_theta12=2"], ["neutrino.sin2_theta12", "2"]),
        (["probability", "-c", "9Li"], ["9Li", "8B"]),
        (["probability", "-e", "x"], ["--energy", "x"]),
        (["probability", "-e", "-1"], ["energ"]),
        (["probability", "--nadir", "200"], ["200", "180"]),
        (["derive", "--mu-eff", "0"], ["mu_eff"]),
        (["info", "absent.root"], ["absent.root", "no such file"]),
        (["reconstruct", "absent.root"], ["absent.root", "no such file"]),
        (["fit", "absent.root"], ["absent.root", "no such file"]),
        (["card", "phase"], ["phase", "quickstart"]),
    ],
)
def test_errors_are_one_line_and_exit_2(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = _run(*arguments)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    lines = done.stderr.strip().splitlines()
    text = lines[-1]
    assert text.startswith("error:")
    assert len(lines) == 1 or lines[0].startswith("Compiling")
    for word in words:
        assert word in " ".join(text.split())
    left = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert left == []
