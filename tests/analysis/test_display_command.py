"""The command ``display`` as a user types it."""

import csv

import pytest
import typer
from typer.testing import CliRunner

from analysis.display.cli import display
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from tests.event_files import event_id, write_events

app = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False)
app.callback()(lambda: None)
app.command()(display)
runner = CliRunner()


def _run(*arguments):
    return runner.invoke(app, ["display", *(str(argument) for argument in arguments)])


@pytest.fixture
def here(toy_detector, tmp_path, monkeypatch):
    """An events file in the current folder, not reconstructed."""
    write_events(tmp_path / "events.root", toy_detector)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_help_with_examples():
    done = _run("--help")
    assert done.exit_code == 0
    words = " ".join(done.output.split())
    assert "heliospin display results/events.root --event 7" in words
    assert "--event-id" in words


def test_picture_and_hits_without_reco(here):
    done = _run("events.root")
    assert done.exit_code == 0, done.output
    assert (here / "event-0.png").read_bytes().startswith(b"\x89PNG")
    assert "heliospin reconstruct events.root -o reco.root" in done.stderr
    with (here / "event-0.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 200
    assert {row["cluster"] for row in rows} == {"-1"}
    assert f"{len(rows)} hits" in done.stdout


def test_picture_with_reco(here):
    reconstruct(here / "events.root", here / "mine.root", ReconConfig())
    done = _run("events.root", "--event-id", event_id(1, 2), "--reco", "mine.root", "--cluster", "1",
                "--colour", "charge", "-o", "pictures/b.pdf")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    assert (here / "pictures" / "b.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in (here / "pictures").iterdir()) == ["b.csv", "b.pdf"]
    assert "Event 6 of 12" in done.stdout
    assert "cluster 1 (on the map)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.root"], ["absent.root", "no such file"]),
        (["events.root", "--event", "12"], ["no event 12", "holds 12", "0 to 11"]),
        (["events.root", "--event", "-1"], ["no event -1"]),
        (["events.root", "--event-id", "99"], ["event_id 99"]),
        (["events.root", "-n", "0", "--event-id", "0"], ["--event", "--event-id"]),
        (["events.root", "--cluster", "0"], ["--cluster 0", "no reco file"]),
        (["events.root", "--reco", "absent.root"], ["absent.root", "no such file"]),
        (["events.root", "--reco", "events.root"], ["events.root"]),
        (["events.root", "-o", "a.jpg"], ["a.jpg", ".png"]),
        (["text.root"], ["text.root", "not a readable ROOT file"]),
        (["torn.root"], ["torn.root"]),
    ],
)
def test_errors_are_one_line_and_exit_2(here, arguments, words):
    (here / "text.root").write_text("no ROOT file, but long enough to look at its first bytes")
    (here / "torn.root").write_bytes((here / "events.root").read_bytes()[:20_000])
    before = sorted(path.name for path in here.iterdir())
    done = _run(*arguments)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("error:")
    for word in words:
        assert word in " ".join(done.stderr.split())
    assert sorted(path.name for path in here.iterdir()) == before
