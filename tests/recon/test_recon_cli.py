import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from recon.cli import reconstruct


@pytest.fixture
def app():
    application = typer.Typer()
    application.command()(reconstruct)
    return application


@pytest.fixture
def events(toy_detector, tmp_path):
    rng = np.random.default_rng(3)
    return toy_detector.write(tmp_path / "events.root", toy_detector.gates(rng, np.zeros((20, 3)), 150))


def test_command_writes_the_file_and_a_cut_flow(app, events, tmp_path, capfd):
    out = tmp_path / "reco.root"
    done = CliRunner().invoke(app, [str(events), "-o", str(out), "--workers", "2"])
    assert done.exit_code == 0, done.output
    assert out.is_file()
    shown = done.output + capfd.readouterr().out
    assert "in the fiducial volume" in shown
    assert "71.30 t" in shown
    assert "coincidences" not in shown  # no cluster is bright enough


@pytest.mark.parametrize(
    "arguments",
    [
        ["absent.root"],
        ["{events}", "--set", "reconstruction.min_hit=3"],
        ["{events}", "--set", "run.seed=3"],
        ["{events}", "--set", "coincidence.dt_min_us=2000"],
    ],
)
def test_user_errors_exit_with_two(app, events, tmp_path, arguments):
    arguments = [text.replace("{events}", str(events)) for text in arguments]
    done = CliRunner().invoke(app, [*arguments, "-o", str(tmp_path / "reco.root")])
    assert done.exit_code == 2
    assert not (tmp_path / "reco.root").exists()
