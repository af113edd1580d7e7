"""One gate, read from a file: the same hits, truth and clusters as a plain reader sees, and nothing else read."""

import shutil

import numpy as np
import pytest
import uproot

from analysis.display.text import event_text
from analysis.display.view import read_event
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from sim.core.errors import CardError, InputFileError
from tests.event_files import (
    BLOCKS,
    ENERGY_MEV,
    GATES,
    SECOND_NS,
    START_NS,
    STEP_NS,
    event_id,
    gate_time_ns,
    write_events,
)


@pytest.fixture(scope="module")
def folder(toy_detector, tmp_path_factory):
    """A folder as a run leaves it: events.root and its reco.root."""
    path = tmp_path_factory.mktemp("run")
    write_events(path / "events.root", toy_detector)
    reconstruct(path / "events.root", path / "reco.root", ReconConfig())
    return path


@pytest.mark.parametrize("kind", ["ttree", "rntuple"])
def test_hits_are_those_of_the_file_in_time_order(toy_detector, tmp_path, kind):
    path = write_events(tmp_path / "events.root", toy_detector, kind=kind)
    plain = write_events(tmp_path / "plain.root", toy_detector)
    with uproot.open(plain) as file:
        rows = file["events"].arrays(library="np")
    for entry in (0, 5, BLOCKS * GATES - 1):
        view = read_event(path, entry)
        order = np.argsort(rows["hit_time_ns"][entry], kind="stable")
        assert np.array_equal(view.hits.time_ns, rows["hit_time_ns"][entry][order])
        assert np.array_equal(view.hits.pmt, rows["hit_pmt"][entry][order])
        assert np.array_equal(view.hits.charge_pe, rows["hit_charge_pe"][entry][order])
        assert (view.run, view.block, view.event_id) == (1, entry // GATES, event_id(*divmod(entry, GATES)))
        assert view.gate_time_ns == gate_time_ns(*divmod(entry, GATES))
        assert view.n_entries == BLOCKS * GATES
        same = read_event(path, event_id=view.event_id)
        assert same.entry == entry
        assert np.array_equal(same.hits.time_ns, view.hits.time_ns)
    assert np.array_equal(view.tubes.live, toy_detector.tubes.live)
    assert np.array_equal(view.tubes.z_m, toy_detector.tubes.z_m)


def test_truth_of_the_gate_and_its_hits(folder):
    view = read_event(folder / "events.root", GATES + 1)  # block 1: two pulses a gate
    first, second = view.primaries
    assert [(one.species, one.process) for one in view.primaries] == [("210Po", "decay"), ("14C", "decay")]
    assert (first.time_ns, second.time_ns) == (START_NS, START_NS + SECOND_NS)
    assert first.energy_mev == ENERGY_MEV
    assert first.n_hits > 2 * second.n_hits > 20
    dark = int((view.hits.primary < 0).sum())
    assert first.n_hits + second.n_hits + dark == len(view.hits.time_ns)
    text = dict(event_text(view, view.span()))["Truth"]
    assert text[-1] == f"dark noise: {dark} hits"
    assert not any("gate before" in line for line in text)


def test_the_other_half_of_an_interaction(folder):
    prompt = read_event(folder / "events.root", event_id=event_id(2, GATES - 2))
    (capture,) = prompt.partners
    assert (capture.process, capture.event_id) == ("neutron_capture", event_id(2, GATES - 1))
    assert capture.delay_us == pytest.approx(STEP_NS * 1e-3)  # between the primaries
    delayed = read_event(folder / "events.root", event_id=capture.event_id)
    assert delayed.partners[0].process == "inverse_beta_decay"
    assert delayed.partners[0].delay_us == -capture.delay_us
    assert read_event(folder / "events.root", 0).partners == ()


def test_clusters_beside_the_events_file(folder):
    for entry in range(BLOCKS * GATES):
        view = read_event(folder / "events.root", entry)
        assert len(view.clusters) == (2 if view.block == 1 else 1)
        for one in view.clusters:
            span = view.span(one.number)
            # the file also holds re-triggers and reflections, which the reconstruction dropped
            assert 0 <= span.holds(view.hits.time_ns).sum() - one.n_raw_hits <= 5
        found, true = view.clusters[0], view.primaries[0]
        assert abs(found.start_ns - START_NS) < 60.0
        away = np.linalg.norm([found.x_m - true.x_m, found.y_m - true.y_m, found.z_m - true.z_m])
        assert away < 0.6  # 250 photoelectrons: about 10 cm a coordinate
        assert view.span().cluster == found  # that with most hits
    assert "reco.root" in view.reco_note


def test_without_reco_and_truth(toy_detector, tmp_path):
    view = read_event(write_events(tmp_path / "a.root", toy_detector, with_truth=False), 2)
    assert view.primaries is None
    assert view.clusters is None
    span = view.span()
    assert -60.0 < span.start_ns - START_NS < 60.0
    blocks = dict(event_text(view, span))
    assert blocks["Truth"] == ["not in this file"]
    assert any("heliospin reconstruct a.root" in line for line in blocks["Reconstruction"])


def test_a_reco_file_of_another_events_file(folder, toy_detector, tmp_path):
    later = write_events(tmp_path / "events.root", toy_detector, offsets_ns=(7_000_000_000,))
    with pytest.raises(InputFileError, match="another events file"):
        read_event(later, 0, reco=folder / "reco.root")
    shutil.copy(folder / "reco.root", tmp_path / "reco.root")
    view = read_event(later, 0)
    assert view.clusters is None
    assert "not used" in view.reco_note
    other = write_events(tmp_path / "other.root", toy_detector)
    assert "events.root" in read_event(other, 0).reco_note  # beside it, but made from that one
    assert read_event(other, 0, reco=folder / "reco.root").clusters


def _damage(path, row_block, branch="hit_time_ns"):
    """Overwrite the middle of one basket."""
    with uproot.open(path) as file:
        found = file["events"][branch]
        seek = int(found.member("fBasketSeek")[row_block])
        size = int(found.member("fBasketBytes")[row_block])
    with path.open("r+b") as stream:
        stream.seek(seek + size // 3)
        stream.write(b"\xff" * (size // 2))


def test_only_the_wanted_row_is_read(toy_detector, tmp_path):
    path = write_events(tmp_path / "events.root", toy_detector)
    before = read_event(path, 0)
    _damage(path, 1)
    assert np.array_equal(read_event(path, 0).hits.time_ns, before.hits.time_ns)
    assert read_event(path, 2 * GATES).block == 2
    with pytest.raises(InputFileError, match="is damaged near"):
        read_event(path, GATES)


def test_rows_are_found_in_every_stretch_of_a_long_tree(toy_detector, tmp_path, monkeypatch):
    path = write_events(tmp_path / "events.root", toy_detector)
    whole = read_event(path, event_id=event_id(2, 3))
    monkeypatch.setattr("analysis.display.entries._ROWS", 5)
    pieces = read_event(path, event_id=event_id(2, 3))
    assert pieces.entry == whole.entry == 2 * GATES + 3
    assert pieces.primaries == whole.primaries
    assert len(whole.primaries) == 1


def test_joined_runs(toy_detector, tmp_path):
    path = write_events(tmp_path / "events.root", toy_detector, runs=(1, 2), offsets_ns=(0, 10**15))
    with pytest.raises(InputFileError, match=r"2 times \(joined runs\); give --event 1, 13"):
        read_event(path, event_id=1)
    view = read_event(path, BLOCKS * GATES + 1)
    assert (view.run, view.event_id, view.gate_time_ns) == (2, 1, gate_time_ns(0, 1, 10**15))
    assert len(view.tubes.live) == len(toy_detector.tubes.live)


def test_tubes_are_those_of_the_block(toy_detector, tmp_path):
    fewer = type(toy_detector)(1200, 1100)
    periods = (toy_detector, fewer, toy_detector)
    path = write_events(tmp_path / "events.root", toy_detector, later=dict(enumerate(periods)))
    for block, detector in enumerate(periods):
        view = read_event(path, event_id=event_id(block, 2))
        assert (view.tubes.live == detector.tubes.live).all()
        assert (view.tubes.charge_live == detector.tubes.charge_live).all()
        assert (view.tubes.period == block).all()
        words = [line for _, lines in event_text(view, view.span()) for line in lines]
        assert any(f"{detector.tubes.live.sum():,} of 2,212 tubes live" in line for line in words)


def test_joined_files_of_one_run_number_are_told_apart_by_time(toy_detector, tmp_path):
    path = write_events(tmp_path / "events.root", toy_detector, runs=(1, 1), offsets_ns=(0, 10**13))
    reconstruct(path, tmp_path / "reco.root", ReconConfig())
    first, second = read_event(path, 3), read_event(path, BLOCKS * GATES + 3)
    assert first.event_id == second.event_id
    for view in (first, second):
        assert len(view.primaries) == len(view.clusters) == len(view.partners) == 1
        found, true = view.clusters[0], view.primaries[0]
        assert np.linalg.norm([found.x_m - true.x_m, found.y_m - true.y_m, found.z_m - true.z_m]) < 0.6
    assert first.primaries[0].x_m != second.primaries[0].x_m


def test_what_cannot_be_shown(folder, tmp_path):
    events = folder / "events.root"
    for entry in (-1, 12, 10**9):
        with pytest.raises(InputFileError, match=f"no event {entry}; the file holds 12, numbered 0 to 11"):
            read_event(events, entry)
    with pytest.raises(InputFileError, match="no event with event_id 77"):
        read_event(events, event_id=77)
    with pytest.raises(CardError, match="one of the two"):
        read_event(events, 0, 0)
    with pytest.raises(InputFileError, match="not an events file: no tree 'events'"):
        read_event(folder / "reco.root")
    with pytest.raises(CardError, match="--cluster 3"):
        read_event(events, 0).span(3)
    with pytest.raises(InputFileError):
        read_event(events, 0, reco=events)
    torn = tmp_path / "torn.root"
    torn.write_bytes(events.read_bytes()[: events.stat().st_size // 2])
    with pytest.raises(InputFileError, match=r"torn\.root"):
        read_event(torn)
