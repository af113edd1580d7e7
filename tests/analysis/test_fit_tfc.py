"""The choice of clusters by the 11C tag: configuration, rows, exposure, start and pull, and the whole chain."""

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.asimov import asimov_problem, card_exposure
from analysis.config import FitConfig
from analysis.fit import fit
from analysis.fit_input import read_fit_input
from analysis.parameters import INDEX
from analysis.problem import build_problem
from analysis.simulated import simulated_defaults
from analysis.spectrum_file import read_reconstruction, recorded_card
from analysis.tfc import expected_carbon, expected_share
from recon.config import ReconConfig, TfcConfig
from recon.pipeline import reconstruct
from sim.core import rootio
from sim.core.config import card_from_values, read_card
from sim.core.errors import CardError, InputFileError
from sim.core.rootio import read_record, read_tree
from sim.core.schema import EVENT_TREES, NEUTRONS, RECO, RECO_TREES, RUNS
from sim.pipeline import simulate

KEPT = 0.6
ONLY_CARBON = (
    "run.sources=['internal']",
    "pile_up.c14=false",
    "backgrounds.kr85_cpd_100t=0",
    "backgrounds.bi210_cpd_100t=0",
    "backgrounds.po210_cpd_100t=0",
)


def test_the_old_key_follows() -> None:
    assert FitConfig(tfc="subtracted").tfc_subtracted
    assert not FitConfig(tfc="tagged").tfc_subtracted
    assert FitConfig(tfc_subtracted=True).tfc == "all"
    again = FitConfig(tfc="subtracted").model_dump(mode="json")
    assert FitConfig(**again).tfc_subtracted
    for tfc, subtracted in (("subtracted", False), ("tagged", True)):
        card = card_from_values("c.toml", {"fit": {"tfc": tfc, "tfc_subtracted": subtracted}})
        with pytest.raises(CardError, match="contradicts tfc"):
            card.section("fit", FitConfig)


def test_expected_rates_of_11c() -> None:
    assert expected_carbon("all", subtracted=False, c11_cpd_100t=26.8) == (26.8, None)
    assert expected_carbon("all", subtracted=True, c11_cpd_100t=26.8) == (1.80, 0.10)
    left = expected_carbon("subtracted", subtracted=True, c11_cpd_100t=26.8)
    assert left == pytest.approx((2.144, 1.072))
    tagged = expected_carbon("tagged", subtracted=False, c11_cpd_100t=26.8).rate
    both = left.rate * expected_share("subtracted") + tagged * expected_share("tagged")
    assert both == pytest.approx(26.8)  # nothing is lost


def _reco(path: Path, measured: dict[str, float] | None) -> Path:
    raw = np.repeat(np.arange(80, 160), 10)
    n = raw.size
    with rootio.create(path, RECO_TREES) as writer:
        rows = {c.name: np.zeros(n) for c in RECO.columns}
        rows |= {"event_id": np.arange(n), "n_raw_hits": raw, "nh": raw * 1.27, "selected": np.ones(n)}
        rows |= {"weight": np.ones(n), "tfc": np.arange(n) % 10 < 3}
        writer.extend(RECO.name, rows)
        runs = {c.name: np.zeros(2) for c in RUNS.columns} | {"live_time_s": np.full(2, 43200.0)}
        writer.extend(RUNS.name, runs)
        step = {} if measured is None else {"reconstruction": {"tfc": measured}}
        writer.record({"card": {"reconstruction": {}}, **step})
    return path


def _measured(**changes: float) -> dict[str, float]:
    return {"kept_fraction": KEPT, "points": 1000, "live_time_s": 86400.0} | changes


def test_rows_and_exposure(tmp_path: Path) -> None:
    path = _reco(tmp_path / "reco.root", _measured())
    every, left, tagged = (read_reconstruction(path, "nh", tfc) for tfc in ("all", "subtracted", "tagged"))
    np.testing.assert_array_equal(left.spectrum.counts[80:160], 7.0)
    np.testing.assert_array_equal(tagged.spectrum.counts[80:160], 3.0)
    np.testing.assert_array_equal(left.spectrum.counts + tagged.spectrum.counts, every.spectrum.counts)
    assert left.spectrum.exposure_d_100t == pytest.approx(KEPT * every.spectrum.exposure_d_100t)
    assert tagged.spectrum.exposure_d_100t == pytest.approx((1 - KEPT) * every.spectrum.exposure_d_100t)
    assert (every.tfc_subtracted, left.tfc_subtracted, tagged.tfc_subtracted) == (False, True, False)


@pytest.mark.parametrize(
    ("measured", "choice", "said"),
    [
        (None, "subtracted", "tagged nothing"),
        (_measured(points=0, kept_fraction=1.0), "tagged", "tagged nothing"),
        (_measured(live_time_s=43200.0), "subtracted", "join events files, then reconstruct"),
        (_measured(kept_fraction=1.0), "tagged", "expected > 0"),
    ],
)
def test_an_unknown_exposure_is_refused(tmp_path: Path, measured: dict, choice, said: str) -> None:
    path = _reco(tmp_path / "reco.root", measured)
    with pytest.raises(InputFileError, match=said):
        read_reconstruction(path, "nh", choice)
    assert read_reconstruction(path, "nh").spectrum.counts.sum() == 800


def test_a_spectrum_has_no_clusters_to_choose(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.csv"
    path.write_text("n_hits,counts\n" + "".join(f"{n},5\n" for n in range(92, 400)))
    with pytest.raises(InputFileError, match="only clusters of a reco file"):
        read_fit_input(str(path), None, None, 10.0, None, {}, ["fit.tfc=subtracted"])


def test_expected_limits_take_the_kept_exposure() -> None:
    card, less = read_card("phase2"), read_card("phase2", ["fit.tfc=subtracted"])
    assert card_exposure(less) == pytest.approx(0.6428 * card_exposure(card))
    problem = asimov_problem(less, less.section("fit", FitConfig), card_exposure(less))
    assert problem.start.theta[INDEX["rate_11C"]] == pytest.approx(2.144)
    (pull,) = (c for c in problem.likelihood.constraints if c.coefficients[INDEX["rate_11C"]] != 0.0)
    assert (pull.value, pull.sigma) == pytest.approx((2.144, 1.072))


@pytest.fixture(scope="module")
def carbon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 days of 11C alone, with single neutrons, so that its number is a Poisson number."""
    folder = tmp_path_factory.mktemp("carbon")
    changes = ["run.live_days=60", "run.block_hours=240", "muons.multiplicity_max=1", *ONLY_CARBON]
    card = read_card("quickstart", changes)
    simulate(card, folder / "events.root")
    reconstruct(folder / "events.root", folder / "reco.root", card.section("reconstruction", ReconConfig))
    return folder / "reco.root"


def test_the_chain_subtracts_11c(carbon: Path) -> None:
    """Single neutrons take more exposure and are missed more often."""
    spectra = [read_reconstruction(carbon, "nh", tfc).spectrum for tfc in ("all", "subtracted", "tagged")]
    every, left, tagged = (s.counts.sum() / s.exposure_d_100t for s in spectra)
    assert every == pytest.approx(26.8, abs=4.0 * np.sqrt(26.8 / 42.8))
    kept = read_record(carbon)["reconstruction"]["tfc"]["kept_fraction"]
    assert 0.3 < kept < 0.4
    assert 0.8 < 1.0 - left / every < 0.95
    assert tagged > 1.3 * every
    reco = read_tree(carbon, RECO)
    assert 0 < reco["tfc"].sum() < len(reco["tfc"])
    # 300 ms after 4310 muons a day, 2 ms after 4690: 1.5 % of clusters
    free = read_record(carbon)["reconstruction"]["tfc"]["muon_free_fraction"]
    assert free == pytest.approx(np.exp(-(4310 * 0.3 + 4690 * 0.002) / 86400), abs=2e-4)
    lost = np.mean(reco["muon_free"] == 0)
    assert lost == pytest.approx(1.0 - free, abs=4.0 * np.sqrt((1.0 - free) / len(reco["tfc"])))


def test_any_workers(carbon: Path, tmp_path: Path) -> None:
    reconstruct(carbon.parent / "events.root", tmp_path / "reco.root", ReconConfig(), workers=3)
    one, three = read_tree(carbon, RECO), read_tree(tmp_path / "reco.root", RECO)
    for column in one:
        np.testing.assert_array_equal(one[column], three[column])
    records = [read_record(path)["reconstruction"]["tfc"] for path in (carbon, tmp_path / "reco.root")]
    assert records[0] == records[1]


def _join(paths: list[Path], out: Path) -> Path:
    """Write the rows of several events files into one, tree by tree, as hadd does."""
    with rootio.create(out, EVENT_TREES) as writer:
        for path in paths:
            for tree in EVENT_TREES:
                rows = read_tree(path, tree)
                jagged = {c.name: rows[c.name] for c in tree.columns if c.group}
                counts = ak.to_numpy(ak.num(next(iter(jagged.values())), axis=1)) if jagged else None
                flat = {name: ak.to_numpy(ak.flatten(column)) for name, column in jagged.items()}
                writer.extend(tree.name, rows, counts, flat)
        writer.record(read_record(paths[0]))
    return out


def test_runs_of_the_same_days_joined(tmp_path: Path) -> None:
    """Two runs of one calendar time do not tag each other; the kept exposure is the mean of theirs."""
    reco = {}
    for number in (1, 2):
        changes = [f"run.number={number}", f"run.seed={number}", "run.live_days=10", *ONLY_CARBON]
        simulate(read_card("quickstart", changes), tmp_path / f"{number}.root")
    _join([tmp_path / "1.root", tmp_path / "2.root"], tmp_path / "3.root")
    for number in (1, 2, 3):
        reconstruct(tmp_path / f"{number}.root", tmp_path / f"reco{number}.root", ReconConfig())
        reco[number] = read_tree(tmp_path / f"reco{number}.root", RECO)
    for column in ("tfc", "muon_free"):
        both = np.concatenate([reco[1][column], reco[2][column]])
        np.testing.assert_array_equal(reco[3][column], both)
    kept = [
        read_record(tmp_path / f"reco{n}.root")["reconstruction"]["tfc"]["kept_fraction"] for n in (1, 2, 3)
    ]
    assert kept[2] == pytest.approx((kept[0] + kept[1]) / 2, abs=0.004)
    assert kept[0] != kept[1]


def test_a_tag_that_is_switched_off(carbon: Path, tmp_path: Path) -> None:
    events = carbon.parent / "events.root"
    reconstruct(events, tmp_path / "reco.root", ReconConfig(), tfc=TfcConfig(enabled=False))
    assert read_tree(tmp_path / "reco.root", RECO)["tfc"].sum() == 0
    assert read_record(tmp_path / "reco.root")["reconstruction"]["tfc"]["kept_fraction"] == 1.0


def test_without_showers_11c_is_even_and_never_tagged(tmp_path: Path) -> None:
    card = read_card("quickstart", ["run.live_days=10", "muons.showers=false", *ONLY_CARBON])
    simulate(card, tmp_path / "events.root")
    reconstruct(tmp_path / "events.root", tmp_path / "reco.root", ReconConfig())
    assert len(read_tree(tmp_path / "events.root", NEUTRONS)["run"]) == 0
    reco = read_tree(tmp_path / "reco.root", RECO)
    assert len(reco["tfc"]) > 300
    assert reco["tfc"].sum() == 0
    runs = read_tree(tmp_path / "events.root", RUNS)
    assert runs["generated_11C"].sum() == pytest.approx(26.8 * 15.76, abs=4.0 * np.sqrt(26.8 * 15.76))


@pytest.mark.slow
def test_rates_without_tagged_clusters(tmp_path: Path) -> None:
    """A run of 100 days: 11C falls to 8 %, every other rate stays within 4 of the errors of its difference.

    The kept clusters are part of all, so the difference has the variance sigma_kept^2 - sigma_all^2.
    """
    card = read_card("phase2", ["run.live_days=100", "run.seed=11"])
    simulate(card, tmp_path / "events.root")
    path = tmp_path / "reco.root"
    reconstruct(tmp_path / "events.root", path, card.section("reconstruction", ReconConfig))
    used = recorded_card(path, [])
    results = {}
    for tfc in ("all", "subtracted"):
        config = FitConfig(tfc=tfc, **simulated_defaults(used))
        problem = build_problem(used, config, read_reconstruction(path, config.estimator, tfc).spectrum)
        results[tfc] = fit(problem.likelihood, problem.start)
        assert results[tfc].valid, results[tfc].remarks
    every, left = results["all"], results["subtracted"]
    assert left.value("rate_11C") == pytest.approx(
        0.08 * 26.8, abs=0.02 * 26.8 + 3.5 * left.error("rate_11C")
    )
    assert left.value("rate_11C") < 0.2 * every.value("rate_11C")
    for name in ("rate_pp", "rate_7Be", "rate_85Kr", "rate_210Bi", "rate_210Po"):
        error = np.sqrt(max(left.error(name) ** 2 - every.error(name) ** 2, (0.3 * left.error(name)) ** 2))
        assert abs(left.value(name) - every.value(name)) < 4.0 * error, name
