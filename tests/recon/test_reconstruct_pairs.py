"""Delayed coincidences from file to file."""

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from recon import pipeline
from recon.cli import reconstruct
from recon.config import CoincidenceConfig, ReconConfig
from recon.record import reach_warning
from sim.core import rootio
from sim.core.schema import PAIRS, RECO, RUNS

EPOCH_NS = 1_323_820_800_000_000_000


def write(toy_detector, coincidences, path, **options):
    gates, time_ns = coincidences
    return toy_detector.write(path, gates, gate_time_ns=EPOCH_NS + time_ns, **options)


def pairs_of(events, name="reco.root", **options):
    out = events.parent / name
    summary = pipeline.reconstruct(events, out, ReconConfig(), **options)
    return summary, rootio.read_tree(out, PAIRS)


def assert_same(one, other):
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@pytest.fixture
def events(toy_detector, coincidences, tmp_path):
    return write(toy_detector, coincidences, tmp_path / "events.root")


def test_known_pairs_are_found(events, coincidences):
    gates, time_ns = coincidences
    summary, pairs = pairs_of(events)
    prompt = np.array([0, 1, 2, 3, 4, 7])  # 5 is too far apart, 6 too late
    np.testing.assert_array_equal(pairs["prompt_event_id"], 2 * prompt)
    np.testing.assert_array_equal(pairs["delayed_event_id"], 2 * prompt + 1)
    np.testing.assert_array_equal(pairs["shift"], [0, 0, 0, 0, 0, 3])
    np.testing.assert_array_equal(pairs["selected"], [1, 1, 1, 1, 0, 1])  # 4 is at the vessel
    assert pairs["muon_free"].all()
    np.testing.assert_allclose(pairs["dt_us"], [25, 100, 700, 1275, 300, 300], atol=0.05)
    np.testing.assert_allclose(pairs["prompt_time_ns"] - EPOCH_NS, time_ns[::2][prompt], atol=2500)
    apart = np.linalg.norm(gates.vertex_m[1::2] - gates.vertex_m[::2], axis=1)[prompt]
    np.testing.assert_allclose(pairs["dr_m"], apart, atol=0.25)
    found = np.stack([pairs[f"prompt_{axis}_m"] for axis in "xyz"], 1)
    np.testing.assert_allclose(found, gates.vertex_m[::2][prompt], atol=0.25)
    reco = rootio.read_tree(summary.output, RECO)
    for kind in ("prompt", "delayed"):
        row = np.searchsorted(reco["event_id"], pairs[f"{kind}_event_id"])
        np.testing.assert_array_equal(pairs[f"{kind}_charge_pe"], reco["charge_pe"][row])
        np.testing.assert_array_equal(pairs[f"{kind}_cluster"], 0)
    np.testing.assert_array_equal(pairs["weight"], 1.0)
    kept = {cut.name: (cut.kept, cut.accidental) for cut in summary.coincidences.pairs}
    assert kept["in the time window"] == (6, 1 / 200)
    assert kept["within 1 m"] == (5, 1 / 200)
    assert kept["selected"] == (4, 1 / 200)
    assert [cut.kept for cut in summary.coincidences.clusters] == [16, 16, 8]


def test_the_record_holds_cuts_exposure_and_the_card_in_force(events):
    cuts = CoincidenceConfig(wall_m=0.0, distance_m=2.0)
    summary, pairs = pairs_of(events, coincidence=cuts)
    assert pairs["selected"].all()
    record = rootio.read_record(summary.output)
    assert record["card"]["coincidence"]["distance_m"] == 2.0
    step = record["reconstruction"]
    assert step["card"]["coincidence"] == cuts.model_dump(mode="json")
    assert step["coincidence"]["pairs"][-1]["kept"] == 6
    assert step["coincidence"]["live_fraction"] == 1.0
    assert step["coincidence"]["exposure_t_y"] == pytest.approx(282.13 / 365.25, rel=1e-4)  # of one day


def test_later_steps_read_the_settings_that_were_used(events):
    out = events.parent / "reco.root"
    pipeline.reconstruct(events, out, ReconConfig(fiducial_radius_m=2.0))
    record = rootio.read_record(out)
    assert record["card"]["reconstruction"]["fiducial_radius_m"] == 2.0


@pytest.mark.parametrize("rows", [3, 16])
def test_workers_and_blocks_change_no_pair(events, monkeypatch, rows):
    _, expected = pairs_of(events)
    monkeypatch.setattr(pipeline, "_BLOCK_ROWS", rows)
    for workers in (1, 2):
        assert_same(expected, pairs_of(events, workers=workers)[1])


def test_truth_and_format_change_no_pair(toy_detector, coincidences, events, tmp_path):
    _, expected = pairs_of(events)
    blind = write(toy_detector, coincidences, tmp_path / "blind.root", with_truth=False)
    other = write(toy_detector, coincidences, tmp_path / "other.root", kind="rntuple")
    for path in (blind, other):
        assert_same(expected, pairs_of(path, f"reco_{path.name}")[1])


def test_muons_before_a_prompt(toy_detector, toy_muons, coincidences, tmp_path, monkeypatch):
    before_ns = np.array([1.9e9, 2.1e9, 1.5e6, 1.9e9, -1e6]).astype(np.int64)  # of the first five prompts
    muons = toy_muons(EPOCH_NS + coincidences[1][:10:2] - before_ns, np.array([1, 1, 0, 0, 1]))
    events = write(toy_detector, coincidences, tmp_path / "events.root", muons=muons)
    summary, pairs = pairs_of(events)
    np.testing.assert_array_equal(pairs["muon_free"], [0, 1, 0, 1, 1, 1])
    np.testing.assert_array_equal(pairs["selected"], [0, 1, 0, 1, 0, 1])
    assert summary.coincidences.live_fraction == pytest.approx(np.exp(-(3 * 2.0 + 2 * 0.002) / 86400.0))
    monkeypatch.setattr(pipeline, "_MUON_ROWS", 2)
    assert_same(pairs, pairs_of(events, "parts.root")[1])


def test_weights_travel_to_the_pairs(toy_detector, coincidences, tmp_path):
    weight = np.where(np.arange(16) == 3, 1.0, 1e-3)
    events = write(toy_detector, coincidences, tmp_path / "events.root", weight=weight)
    summary, pairs = pairs_of(events)
    np.testing.assert_array_equal(pairs["weight"], 1e-3)
    last = summary.coincidences.pairs[-1]
    assert (last.kept, last.weight) == (4, pytest.approx(4e-3))
    assert last.accidental == last.accidental_error == pytest.approx(1e-3 / 200)


def test_files_joined_from_one_run_or_two_are_not_mixed(toy_detector, coincidences, events, tmp_path):
    _, single = pairs_of(events)
    for runs in ((1, 2), (1, 1)):
        joined = write(toy_detector, coincidences, tmp_path / "joined.root", runs=runs)
        summary, pairs = pairs_of(joined, "joined_reco.root")
        np.testing.assert_array_equal(pairs["prompt_event_id"], np.tile(single["prompt_event_id"], 2))
        np.testing.assert_array_equal(np.unique(pairs["run"]), np.unique(runs))
        assert summary.coincidences.exposure_t_y() == pytest.approx(2 * 235.22 / 365.25, rel=1e-4)
        np.testing.assert_array_equal(rootio.read_tree(summary.output, RUNS)["run"], runs)


def test_windows_beyond_what_was_simulated_give_a_warning(tmp_path):
    card = {"run": {"sources": ["antineutrino"]}, "antineutrino": {"singles_reach_s": 1.0}}
    path = tmp_path / "events.root"
    (warning,) = reach_warning({"card": card}, path, CoincidenceConfig())
    assert "reach to 1.001 s" in warning
    assert "singles_reach_s = 1 s" in warning
    assert reach_warning({"card": card}, path, CoincidenceConfig(shifts=199)) == ()
    assert reach_warning({"card": {**card, "run": {"sources": ["elastic"]}}}, path, CoincidenceConfig()) == ()
    assert reach_warning({}, path, CoincidenceConfig()) == ()


def test_the_command_shows_the_pairs(events, tmp_path, capfd):
    app = typer.Typer()
    app.command()(reconstruct)
    out = tmp_path / "reco.root"
    arguments = [str(events), "-o", str(out), "--set", "coincidence.wall_m=0.05"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    shown = done.output + capfd.readouterr().out
    assert "bright clusters 16, charge of a prompt 16, charge of a delayed 8" in shown
    assert "prompt 0.05 m inside the vessel" in shown
    assert "100.00 % outside the muon vetoes" in shown
    assert rootio.read_tree(out, PAIRS)["selected"].all()
