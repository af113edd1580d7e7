"""Files of several periods: every gate is reconstructed with the photomultipliers of its own block."""

from typing import NamedTuple

import numpy as np
import pytest
import uproot

from recon import pipeline
from recon.channels import read_channels
from recon.config import ReconConfig
from sim.core import rootio, schema
from sim.core.errors import InputFileError
from sim.core.schema import PMTS, RECO
from sim.core.tube_periods import block_periods, gate_periods, read_tube_periods

EPOCH_NS = 1_323_820_800_000_000_000
DAY_NS = 86_400_000_000_000
GATES = 40


class Part(NamedTuple):
    """A block: identity, when it was, its period, and the detector that saw it."""

    run: int
    block: int
    day: int
    period: int
    detector: object


def write(path, parts, toys, gain=1.0):
    """Write one block a part; periods are written once a part, as a joined file may repeat them."""
    with rootio.create(path, schema.EVENT_TREES) as writer:
        for part in parts:
            toy = toys[part.period]
            n = len(toy.offsets) - 1
            start_ns = EPOCH_NS + part.day * DAY_NS
            flat = {
                "run": np.full(n, part.run),
                "block": np.full(n, part.block),
                "event_id": part.block * 2**24 + np.arange(n),
                "gate_time_ns": start_ns + 10_000_000 * np.arange(n) - 1000,
                "weight": np.ones(n),
            }
            hits = {
                "hit_time_ns": toy.time_ns,
                "hit_pmt": toy.pmt,
                "hit_charge_pe": toy.charge_pe * (gain if part.period == 2 else 1.0),
                "hit_primary": np.zeros(len(toy.time_ns)),
            }
            writer.extend("events", flat, np.diff(toy.offsets), hits)
            row = {c.name: np.zeros(1) for c in schema.RUNS.columns}
            writer.extend(
                "runs",
                row
                | {"run": [part.run], "block": [part.block], "period": [part.period]}
                | {"start_time_ns": np.array([start_ns]), "live_time_s": [86400.0]},
            )
            tubes = part.detector.tubes
            number = np.full(len(tubes.live), part.period)
            factor = np.full(len(tubes.live), gain if part.period == 2 else 1.0)
            writer.extend("pmts", tubes._asdict() | {"period": number, "gain": factor})
        writer.record({"program": "heliospin", "step": "simulate", "card": {}, "card_sha256": "ab" * 32})
    return path


def reco_of(path, config=None, workers=1):
    out = path.with_name(f"{path.stem}_reco.root")
    pipeline.reconstruct(path, out, config or ReconConfig(), workers=workers)
    return rootio.read_tree(out, RECO)


@pytest.fixture(scope="module")
def detectors(toy_detector):
    return {1: type(toy_detector)(1800, 1650), 2: type(toy_detector)(1100, 900)}


@pytest.fixture(scope="module")
def toys(detectors):
    rng = np.random.default_rng(8)
    place = rng.uniform(-1.5, 1.5, (GATES, 3))
    return {number: one.gates(rng, place, 700) for number, one in detectors.items()}


@pytest.fixture(scope="module")
def alone(detectors, toys, tmp_path_factory):
    """Reco rows of each period, from a file that knows no other."""
    folder = tmp_path_factory.mktemp("alone")
    return {
        k: reco_of(write(folder / f"p{k}.root", [Part(1, 0, 0, k, detectors[k])], toys)) for k in detectors
    }


def assert_same(rows, expected):
    for name in set(rows) - {"run", "block", "event_id", "cluster_time_ns"}:
        assert np.array_equal(rows[name], expected[name], equal_nan=True), name


@pytest.mark.parametrize(("workers", "gates_at_once"), [(1, 8000), (2, 8000), (2, 30)])
def test_every_gate_has_the_tubes_of_its_block(
    detectors, toys, alone, tmp_path, monkeypatch, workers, gates_at_once
):
    monkeypatch.setattr(pipeline, "_BLOCK_ROWS", gates_at_once)
    parts = [Part(1, i, i, k, detectors[k]) for i, k in enumerate((1, 2, 2, 1))]
    rows = reco_of(write(tmp_path / "events.root", parts, toys), workers=workers)
    for part in parts:
        own = {name: values[rows["block"] == part.block] for name, values in rows.items()}
        assert_same(own, alone[part.period])
    assert (np.diff(rows["event_id"]) >= 0).all()


def test_channels_are_those_of_the_file(detectors, toys, tmp_path):
    path = write(
        tmp_path / "events.root", [Part(1, i, i, k, detectors[k]) for i, k in enumerate((1, 2))], toys
    )
    found = read_channels(path, rootio.read_tree(path, schema.RUNS)).channels
    for channels, detector in zip(found, detectors.values(), strict=True):
        for name, column in channels._asdict().items():
            np.testing.assert_array_equal(column, getattr(detector.tubes, name), err_msg=name)


def test_the_dark_rate_is_that_of_the_live_tubes(detectors, toys, tmp_path):
    config = ReconConfig(dark_rate_hz=5000.0)  # 3 hits are quiet with 1800 tubes, 2 with 1100
    expected = reco_of(write(tmp_path / "two.root", [Part(1, 0, 0, 2, detectors[2])], toys), config)
    parts = [Part(1, 0, 0, 1, detectors[1]), Part(1, 1, 1, 2, detectors[2])]
    rows = reco_of(write(tmp_path / "both.root", parts, toys), config)
    assert_same({name: values[rows["block"] == 1] for name, values in rows.items()}, expected)


def test_estimators_are_for_2000_channels_of_the_period(alone):
    mean = {k: rows["nh"].mean() for k, rows in alone.items()}
    raw = {k: rows["n_raw_hits"].mean() for k, rows in alone.items()}
    error = np.hypot(*(rows["nh"].std() / np.sqrt(len(rows["nh"])) for rows in alone.values()))
    assert mean[1] == pytest.approx(mean[2], abs=4 * error)
    assert raw[2] / raw[1] == pytest.approx(1100 / 1800, rel=0.05)
    assert alone[2]["nh"] == pytest.approx(alone[2]["n_raw_hits"] * (2000 / 1100))
    charge = {k: rows["charge_pe"].mean() for k, rows in alone.items()}
    error = np.hypot(*(rows["charge_pe"].std() / np.sqrt(len(rows["nh"])) for rows in alone.values()))
    assert charge[1] == pytest.approx(charge[2], abs=4 * error)


def test_blocks_of_one_number_in_joined_files_are_told_apart_by_time(detectors, toys, alone, tmp_path):
    parts = [Part(1, 0, 500, 2, detectors[2]), Part(1, 0, 0, 1, detectors[1]), Part(2, 0, 0, 2, detectors[2])]
    rows = reco_of(write(tmp_path / "events.root", parts, toys))
    late = rows["cluster_time_ns"] > EPOCH_NS + 250 * DAY_NS
    for which, period in ((late, 2), (~late & (rows["run"] == 1), 1), (rows["run"] == 2, 2)):
        assert_same({name: values[which] for name, values in rows.items()}, alone[period])


def test_what_cannot_be_told_apart_is_refused(detectors, toys, tmp_path):
    parts = [Part(1, 0, 0, k, detectors[k]) for k in (1, 2)]
    with pytest.raises(InputFileError, match="block 0 of run 1 is there twice with different photomult"):
        reco_of(write(tmp_path / "events.root", parts, toys))
    parts = [Part(1, 0, 0, 1, detectors[1]), Part(2, 0, 0, 1, detectors[2])]
    with pytest.raises(InputFileError, match="joined from files of different photomultipliers"):
        reco_of(write(tmp_path / "other.root", parts, {1: toys[2]}))


def test_periods_and_blocks_must_be_there(detectors, toys, tmp_path):
    path = write(
        tmp_path / "events.root", [Part(1, i, i, k, detectors[k]) for i, k in ((0, 1), (1, 2))], toys
    )
    tubes = read_tube_periods(path)
    runs = {"run": [1, 1], "block": [0, 1], "start_time_ns": [0, DAY_NS], "period": [1, 3]}
    with pytest.raises(InputFileError, match="names period 3, which tree 'pmts' lacks"):
        block_periods(path, tubes, runs)
    blocks = block_periods(path, tubes, runs | {"period": [1, 2]})
    found = gate_periods(path, blocks, np.array([1, 1, 1]), np.array([1, 0, 1]), np.zeros(3, np.int64))
    assert found.tolist() == [1, 0, 1]
    with pytest.raises(InputFileError, match="has no block 7 of run 1"):
        gate_periods(path, blocks, np.array([1]), np.array([7]), np.zeros(1, np.int64))


@pytest.mark.parametrize("name", ["pmts", "runs"])
def test_files_from_before_the_periods_are_refused(detectors, toys, tmp_path, name):
    path = write(tmp_path / "events.root", [Part(1, 0, 0, 1, detectors[1])], toys)
    old = tmp_path / "old.root"
    trees = tuple(
        tree._replace(columns=tuple(c for c in tree.columns if c.name != "period"))
        if tree.name == name
        else tree
        for tree in schema.EVENT_TREES
    )
    with rootio.create(old, trees) as writer:
        for tree in trees:
            if tree.name in ("pmts", "runs"):
                writer.extend(tree.name, rootio.read_tree(path, tree))
        writer.record(rootio.read_record(path))
    with pytest.raises(InputFileError, match=f"tree '{name}' lacks the column 'period'"):
        reco_of(old)


def test_gain_is_corrected_if_asked(detectors, toys, alone, tmp_path):
    parts = [Part(1, 0, 0, 1, detectors[1]), Part(1, 1, 1, 2, detectors[2])]
    path = write(tmp_path / "events.root", parts, toys, gain=0.8)
    corrected = reco_of(path)
    assert_close = {name: corrected[name][corrected["block"] == 1] for name in ("nh", "charge_pe", "x_m")}
    assert (assert_close["nh"] == alone[2]["nh"]).all()
    assert assert_close["charge_pe"] == pytest.approx(alone[2]["charge_pe"], rel=1e-5)
    left = reco_of(path, ReconConfig(correct_gain=False))
    second = left["block"] == 1
    assert left["charge_pe"][second] == pytest.approx(0.8 * alone[2]["charge_pe"], rel=1e-5)
    assert (left["charge_pe"][~second] == alone[1]["charge_pe"]).all()


def test_a_gain_of_nothing_is_refused(detectors, toys, tmp_path):
    path = write(tmp_path / "events.root", [Part(1, 0, 0, 2, detectors[2])], toys, gain=0.0)
    with pytest.raises(InputFileError, match="has the gain 0, expected > 0"):
        reco_of(path)


def test_real_root_branches(detectors, toys, tmp_path):
    path = write(tmp_path / "events.root", [Part(1, 0, 0, 1, detectors[1])], toys)
    with uproot.open(path) as file:
        assert file[PMTS.name]["period"].typename == "uint16_t"
        assert file["runs"]["period"].typename == "uint16_t"
