"""All rooms, end to end, on a short card; then without the truth."""

import json

import numpy as np
import pytest
import uproot
from typer.testing import CliRunner

from analysis.cli import app
from sim.core.rootio import read_tree
from sim.core.schema import EVENTS, RECO, RUNS, TRUTH

runner = CliRunner()


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    done = runner.invoke(
        app, ["run", "quickstart", "-o", str(folder), "--days", "3", "--seed", "5", "-j", "1"]
    )
    assert done.exit_code == 0, done.output
    return folder, done


def test_chain_ends_with_a_limit_and_figures(chain):
    folder, done = chain
    result = json.loads((folder / "fit.json").read_text())
    assert result["valid"]
    assert {"mu_eff_no_gallium", "mu_eff_gallium"} <= set(result["limits"])
    assert result["limits"]["mu_eff_gallium"]["value"] > 0
    assert result["provenance"]["card"]["run"]["seed"] == 5
    assert "mu_eff" in done.output
    for figure in folder.rglob("*.png"):
        assert figure.stat().st_size > 5000
    assert len(list(folder.rglob("*.png"))) >= 3
    assert not [p for p in folder.rglob("*") if "partial" in p.name]


def test_events_are_plain_root_files(chain):
    folder, _ = chain
    with uproot.open(folder / "events.root") as file:
        hits = file["events"]["hit_time_ns"].array()
        gates = file["events"].num_entries
    assert gates > 1000
    assert float(np.min(hits[0])) >= 0


def test_exposure_and_counts_agree(chain):
    folder, _ = chain
    runs = read_tree(folder / "reco.root", RUNS)
    assert runs["live_time_s"].sum() + runs["dead_time_s"].sum() == pytest.approx(3 * 86400)
    truth = read_tree(folder / "events.root", TRUTH)
    polonium = truth["species"] == 23
    kept = int(runs["kept_210Po"].sum())
    assert kept == int(np.sum(polonium & (truth["event_id"] >= 0)))
    assert abs(int(runs["generated_210Po"].sum()) - kept) < 0.05 * kept
    events = read_tree(folder / "events.root", EVENTS, ["event_id"])["event_id"]
    assert len(set(events.tolist())) == len(events)
    assert runs["n_gates"].sum() == len(events)


def test_times_are_calendar_times(chain):
    folder, _ = chain
    reco = read_tree(folder / "reco.root", RECO)
    runs = read_tree(folder / "reco.root", RUNS)
    assert reco["cluster_time_ns"].min() >= runs["start_time_ns"].min()
    assert np.all(np.diff(np.sort(runs["start_time_ns"])) > 0)
