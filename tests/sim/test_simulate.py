"""From a card to events.root: same content for any number of workers, truth that fits, nothing half-written."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import awkward as ak
import numpy as np
import pytest

from sim.block import GATES_PER_BLOCK
from sim.core.config import card_from_values
from sim.core.errors import CardError, OutputError
from sim.core.geometry import sphere_mass_t
from sim.core.rootio import read_record, read_tree
from sim.core.schema import EVENT_TREES, EVENTS, PMTS, RUNS, SPECIES, TRUTH
from sim.pipeline import simulate

CARD = {"run": {"live_days": 0.75, "block_hours": 6.0, "seed": 5, "number": 4}}


def card(*overrides):
    return card_from_values("test", CARD, overrides)


def content(path):
    digest = hashlib.sha256()
    for tree in EVENT_TREES:
        for name, column in sorted(read_tree(path, tree).items()):
            values = column if isinstance(column, np.ndarray) else ak.to_numpy(ak.flatten(column))
            digest.update(name.encode() + np.ascontiguousarray(values).tobytes())
            if not isinstance(column, np.ndarray):
                digest.update(ak.to_numpy(ak.num(column)).tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "events.root"
    told = []
    summary = simulate(card(), path, 1, advance=told.append)
    return path, summary, told


def test_one_and_two_workers_give_the_same_content(made, tmp_path):
    path, summary, _ = made
    other = simulate(card(), tmp_path / "two.root", 2)
    assert content(tmp_path / "two.root") == content(path)
    assert read_record(tmp_path / "two.root") == read_record(path)
    assert other._replace(path=path) == summary


def test_another_seed_changes_the_content(made, tmp_path):
    simulate(card("run.seed=6"), tmp_path / "other.root", 1)
    assert content(tmp_path / "other.root") != content(made[0])


def test_the_first_blocks_do_not_depend_on_the_length_of_the_run(tmp_path):
    # the mean of 210Po, and day and night, refer to the whole run
    steady = "backgrounds.po210_decaying=false"
    for days in (0.25, 0.5):
        simulate(
            card(f"run.live_days={days}", steady, "neutrino.day_night=day"), tmp_path / f"{days}.root", 1
        )
    short, long = (read_tree(tmp_path / f"{days}.root", EVENTS, ["hit_time_ns"]) for days in (0.25, 0.5))
    n = len(short["hit_time_ns"])
    assert 0 < n < len(long["hit_time_ns"])
    assert ak.all(short["hit_time_ns"] == long["hit_time_ns"][:n])


def test_progress_adds_up_to_the_live_time(made):
    assert len(made[2]) == made[1].blocks == 3
    assert sum(made[2]) == pytest.approx(0.75)


def test_rows_are_consistent(made):
    path, summary, _ = made
    events, truth, runs = (read_tree(path, tree) for tree in (EVENTS, TRUTH, RUNS))
    assert len(events["event_id"]) == summary.gates == runs["n_gates"].sum()
    assert len(set(events["event_id"])) == summary.gates
    np.testing.assert_array_equal(events["event_id"] // GATES_PER_BLOCK, events["block"])
    assert set(events["run"]) == {4}
    assert (np.diff(events["gate_time_ns"]) > 0).all()
    assert runs["live_time_s"].sum() + runs["dead_time_s"].sum() == pytest.approx(0.75 * 86400)
    np.testing.assert_array_equal(np.diff(runs["start_time_ns"]), 6 * 3600 * 10**9)
    for name, code in SPECIES.items():
        kept = (truth["event_id"] >= 0) & (truth["species"] == code)
        assert runs[f"kept_{name}"].sum() == kept.sum() == summary.kept[name]
        assert runs[f"generated_{name}"].sum() == summary.generated[name] >= kept.sum() * (name != "14C")
    inside = truth["event_id"] >= 0
    gate = np.searchsorted(events["event_id"], truth["event_id"][inside])
    since = truth["time_ns"][inside] - events["gate_time_ns"][gate]
    assert (since > -10_000).all()  # late light of a decay before the gate
    assert (since < 16_000).all()
    assert np.mean((since > 900) & (since < 1000)) > 0.9


def test_hits_point_to_the_truth(made):
    path, _, _ = made
    events, truth = read_tree(path, EVENTS), read_tree(path, TRUTH)
    owner = np.repeat(events["event_id"], ak.to_numpy(ak.num(events["hit_primary"])))
    label = ak.to_numpy(ak.flatten(events["hit_primary"]))
    pairs = {tuple(pair) for pair in zip(owner[label >= 0], label[label >= 0], strict=True)}
    rows = set(
        zip(truth["event_id"][truth["event_id"] >= 0], truth["primary"][truth["event_id"] >= 0], strict=True)
    )
    assert rows <= pairs
    assert len(pairs - rows) <= 0.001 * len(pairs)  # late light in the next gate
    tubes = read_tree(path, PMTS)
    assert tubes["live"].sum() == 1650
    assert (tubes["live"][ak.to_numpy(ak.flatten(events["hit_pmt"]))] == 1).all()


def test_expected_numbers_come_out(made):
    summary = made[1]
    mass = sphere_mass_t(3.5)
    c14 = 40.0 * mass / 100 * 0.75 * 86400
    assert summary.generated["14C"] == pytest.approx(c14, abs=5 * np.sqrt(c14))
    po210 = summary.kept["210Po"]
    assert po210 == summary.generated["210Po"]  # all of them are far above the trigger
    assert 100 < summary.kept["14C"] < 3000


def test_the_record_says_how_it_was_made(made):
    record = read_record(made[0])
    assert record["seed"] == 5
    assert record["card"]["detector"]["dark"]["rate_hz"] == 700.0
    assert record["sphere_mass_t"] == pytest.approx(157.577, abs=0.01)
    assert record["live_time_s"] == pytest.approx(0.75 * 86400, rel=1e-5)
    assert record["counts"]["generated_210Po"] == made[1].generated["210Po"]


def test_rntuple_holds_the_same(made, tmp_path):
    simulate(card(), tmp_path / "r.root", 1, "rntuple")
    assert content(tmp_path / "r.root") == content(made[0])


def test_without_c14_there_is_none(tmp_path):
    for overrides in (["pile_up.c14=false"], ["backgrounds.c14_bq_100t=0"]):
        summary = simulate(card(*overrides), tmp_path / "events.root", 1)
        assert summary.generated["14C"] == summary.kept["14C"] == 0
        assert summary.kept["210Po"] > 0


def test_a_mistake_leaves_nothing(tmp_path):
    with pytest.raises(CardError, match=r"detector.dark.rate_hz = -1"):
        simulate(card("detector.dark.rate_hz=-1"), tmp_path / "events.root", 1)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the output folder"):
        simulate(card(), tmp_path / "file" / "events.root", 1)

    def interrupted(_days):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(card(), tmp_path / "events.root", 1, advance=interrupted)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


COMMAND = """
import typer
from sim.cli import simulate
if __name__ == "__main__":
    app = typer.Typer()
    app.command()(simulate)
    app()
"""


def test_the_command_writes_a_file_and_reports(tmp_path):
    script = tmp_path / "simulate.py"
    script.write_text(COMMAND)
    out = tmp_path / "out" / "events.root"
    command = [
        sys.executable,
        str(script),
        "quickstart",
        "-o",
        str(out),
        "--seed",
        "3",
        "--set",
        "run.name=x",
    ]
    env = {**os.environ, "PYTHONPATH": "."}
    done = subprocess.run(
        [*command, "--days", "0.3", "--workers", "1"], env=env, capture_output=True, text=True, check=True
    )
    assert "live time 0.300 d" in done.stdout
    assert read_record(out)["seed"] == 3
    bad = subprocess.run([*command, "--days", "-1"], env=env, capture_output=True, text=True)
    assert bad.returncode == 2
    assert "run.live_days = -1" in " ".join(bad.stderr.split())
    assert "Traceback" not in bad.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_the_workers_and_leaves_nothing(tmp_path):
    script = tmp_path / "simulate.py"
    script.write_text(COMMAND)
    process = subprocess.Popen(
        [sys.executable, str(script), "phase2", "-o", str(tmp_path / "out" / "e.root"), "--workers", "2"],
        env={**os.environ, "PYTHONPATH": "."}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    partial = []
    while not partial and process.poll() is None:
        time.sleep(0.2)
        partial = list(tmp_path.glob("out/.*.partial"))
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: parent and workers alike
    try:
        _, errors = process.communicate(timeout=60)  # returns when nobody holds the pipes: workers are gone
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert list(tmp_path.glob("out/*")) == []
    assert list(tmp_path.glob("out/.*")) == []
