import numpy as np
import pytest

from recon import pipeline
from recon.config import CoincidenceConfig, ReconConfig
from recon.record import recorded_card
from sim.core import rootio, schema
from sim.core.errors import CardError, InputFileError, OutputError
from sim.core.schema import RECO, RUNS


@pytest.fixture(scope="module")
def few(toy_detector, points_in_sphere):
    rng = np.random.default_rng(11)
    return toy_detector.gates(rng, points_in_sphere(rng, 60, 3.2), 200)


@pytest.fixture
def events(toy_detector, few, tmp_path):
    return toy_detector.write(tmp_path / "events.root", few)


def reco_of(events, name="reco.root", **options):
    out = events.parent / name
    summary = pipeline.reconstruct(events, out, options.pop("config", ReconConfig()), **options)
    return summary, rootio.read_tree(out, RECO)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_a_file_is_reconstructed(events, few):
    done = []
    summary, reco = reco_of(events, advance=done.append)
    assert sum(done) == 60
    assert len(reco["event_id"]) == 60
    np.testing.assert_array_equal(reco["event_id"], np.arange(60))
    off = np.column_stack([reco["x_m"], reco["y_m"], reco["z_m"]]) - few.vertex_m
    assert off.std() < 0.12
    assert reco["fiducial"].sum() == summary.cut_flow[-1].kept
    np.testing.assert_array_equal(reco["fiducial"], reco["selected"])
    radius = np.linalg.norm(few.vertex_m, axis=1)
    assert reco["fiducial"][(radius < 2.3) & (np.abs(few.vertex_m[:, 2]) < 1.4)].all()
    gate_time = 1_323_820_800_000_000_000 + 10_000_000 * np.arange(60)
    np.testing.assert_allclose(
        (reco["cluster_time_ns"] - gate_time).astype(float), reco["start_ns"], atol=0.6
    )
    assert summary.fiducial_mass_t == pytest.approx(71.3, abs=0.05)
    assert summary.warnings == ()


def test_exposure_and_record_travel_along(events):
    summary, _ = reco_of(events, config=ReconConfig(fiducial_radius_m=2.0))
    record = rootio.read_record(summary.output)
    assert record["step"] == "simulate"
    step = record["reconstruction"]
    assert step["card"]["reconstruction"]["fiducial_radius_m"] == 2.0
    assert step["fiducial_mass_t"] == summary.fiducial_mass_t
    assert step["cut_flow"][0] == {"name": "gates", "kept": 60}
    assert_same(rootio.read_tree(summary.output, RUNS), rootio.read_tree(events, RUNS))
    assert summary.live_time_s == 86400.0


def test_without_the_truth_nothing_changes(toy_detector, few, events, tmp_path):
    blind = toy_detector.write(tmp_path / "blind.root", few, with_truth=False)
    assert_same(reco_of(events)[1], reco_of(blind, "blind_reco.root")[1])


@pytest.mark.parametrize("rows", [7, 60])
def test_workers_and_blocks_change_nothing(events, monkeypatch, rows):
    _, expected = reco_of(events)
    monkeypatch.setattr(pipeline, "_BLOCK_ROWS", rows)
    for workers in (1, 2, 3):
        summary, reco = reco_of(events, workers=workers)
        assert_same(expected, reco)
        assert summary.cut_flow[0].kept == 60


def test_rntuple_input(toy_detector, few, events, tmp_path):
    other = toy_detector.write(tmp_path / "ntuple.root", few, kind="rntuple")
    assert_same(reco_of(events)[1], reco_of(other, "other.root")[1])


def test_joined_files_keep_runs_and_exposure(toy_detector, few, events, tmp_path):
    joined = toy_detector.write(tmp_path / "joined.root", few, runs=(1, 2))
    summary, reco = reco_of(joined, "joined_reco.root")
    _, single = reco_of(events)
    assert summary.live_time_s == 2 * 86400.0
    np.testing.assert_array_equal(np.unique(reco["run"]), [1, 2])
    for name in ("nh", "x_m", "event_id"):
        np.testing.assert_array_equal(reco[name], np.tile(single[name], 2))


def test_a_file_without_events_gives_an_empty_output_and_a_warning(toy_detector, rng, tmp_path):
    nothing = toy_detector.gates(rng, np.zeros((0, 3)), 10)
    empty = toy_detector.write(tmp_path / "none.root", nothing)
    summary, reco = reco_of(empty)
    assert len(reco["nh"]) == 0
    assert summary.live_time_s == 86400.0
    assert "no events" in summary.warnings[0]


def test_dark_gates_give_no_clusters_and_a_warning(toy_detector, rng, tmp_path):
    dark = toy_detector.write(tmp_path / "dark.root", toy_detector.gates(rng, np.zeros((5, 3)), 0))
    summary, reco = reco_of(dark)
    assert len(reco["nh"]) == 0
    assert "no clusters" in summary.warnings[0]


def test_unusable_files_are_refused_in_one_line(events, tmp_path):
    content = events.read_bytes()
    cases = {
        "absent": None,
        "empty": b"",
        "text": b"not a ROOT file\n" * 100,
        "torn": content[: len(content) // 2],
        "torn_late": content[: len(content) - 2000],
    }
    for name, data in cases.items():
        path = tmp_path / f"{name}.root"
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(InputFileError) as caught:
            pipeline.reconstruct(path, tmp_path / "out.root", ReconConfig())
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out.root").exists()


def test_a_reco_file_is_not_an_events_file(events, tmp_path):
    summary, _ = reco_of(events)
    with pytest.raises(InputFileError, match="no tree 'pmts'"):
        pipeline.reconstruct(summary.output, tmp_path / "again.root", ReconConfig())


def test_a_file_without_run_record_is_refused(tmp_path):
    with rootio.create(tmp_path / "other.root", (RECO,)):
        pass
    with pytest.raises(InputFileError, match="no run record"):
        recorded_card(tmp_path / "other.root")


@pytest.mark.parametrize(("column", "value", "words"), [("pmt", 2212, "2212"), ("time_ns", np.nan, "finite")])
def test_impossible_hits_are_refused_and_nothing_is_left(toy_detector, few, tmp_path, column, value, words):
    spoilt = getattr(few, column).copy()
    spoilt[17] = value
    path = toy_detector.write(tmp_path / "events.root", few._replace(**{column: spoilt}))
    with pytest.raises(InputFileError, match=words):
        reco_of(path)
    assert [file.name for file in tmp_path.iterdir()] == ["events.root"]


def test_the_input_is_never_overwritten(events):
    with pytest.raises(OutputError, match="replace the input"):
        pipeline.reconstruct(events, events, ReconConfig())


@pytest.mark.parametrize("spoil", ["nothing", "length", "copies", "dead"])
def test_unusable_photomultipliers_are_refused(toy_detector, tmp_path, spoil):
    tubes = toy_detector.tubes._asdict()
    path = tmp_path / "pmts.root"
    with rootio.create(path, schema.EVENT_TREES) as writer:
        if spoil == "length":
            writer.extend("pmts", tubes)
            writer.extend("pmts", {name: column[:100] for name, column in tubes.items()})
        if spoil == "copies":
            writer.extend("pmts", tubes)
            writer.extend("pmts", tubes | {"live": ~tubes["live"]})
        if spoil == "dead":
            writer.extend("pmts", tubes | {"live": 0 * tubes["live"]})
        writer.record({"card": {}})
    with pytest.raises(
        InputFileError, match=r"is empty|different photomultipliers|no photomultiplier is live"
    ):
        pipeline.reconstruct(path, tmp_path / "out.root", ReconConfig())


def test_overrides_reach_only_the_reconstruction(events):
    card = recorded_card(events, ["reconstruction.min_hits=20"])
    assert card.section("reconstruction", ReconConfig).min_hits == 20
    card = recorded_card(events, ["coincidence.dt_max_us=1000"])
    assert card.section("coincidence", CoincidenceConfig).dt_max_us == 1000.0
    with pytest.raises(CardError, match="simulated already"):
        recorded_card(events, ["neutrino.sin2_theta12=0.3"])


def test_an_interruption_leaves_nothing(events, tmp_path):
    def interrupt(_amount):
        raise KeyboardInterrupt

    for workers in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            pipeline.reconstruct(events, tmp_path / "out.root", ReconConfig(), interrupt, workers)
        assert [file.name for file in tmp_path.iterdir()] == ["events.root"]


def test_an_output_folder_that_cannot_be_is_named(events, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot make the output folder"):
        pipeline.reconstruct(events, tmp_path / "file" / "reco.root", ReconConfig())
