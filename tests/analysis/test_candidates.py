"""Candidates from CSV files and reconstructions: what is read, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from analysis.appearance.candidates import Prompts, read_candidates_csv, read_pairs
from analysis.appearance.config import PROMPT_OFFSET_MEV, AppearanceConfig
from analysis.appearance.model import prompt_edges
from analysis.appearance.prompt_response import simulated_response
from recon.config import CoincidenceConfig
from sim.core.errors import InputFileError
from sim.core.rootio import create
from sim.core.schema import EVENT_TREES, PAIRS, RECO_TREES

SEARCH = {"exposure_t_y": 120.0, "shifts": 50}


def pair_rows(shift: list[int], charge: list[float], weight: list[float], selected: list[int]) -> dict:
    rows = {c.name: np.zeros(len(shift), c.dtype) for c in PAIRS.columns}
    return {**rows, "shift": shift, "prompt_charge_pe": charge, "weight": weight, "selected": selected}


def reco_file(path: Path, rows: dict, record: dict | None = None, run: dict | None = None) -> Path:
    cuts = CoincidenceConfig(inner_veto_s=1.5).model_dump(mode="json")
    step = {"card": {"coincidence": cuts}, "coincidence": SEARCH} if record is None else record
    with create(path, RECO_TREES) as writer:
        writer.extend(PAIRS.name, {name: np.asarray(values) for name, values in rows.items()})
        writer.record({"card": {"run": run or {}}, "reconstruction": step})
    return path


def test_a_list_of_energies(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("# remark\nprompt_energy_mev,weight\n1.5,1\n\n8.25,0.5\n")
    found = read_candidates_csv(path, 100.0)
    np.testing.assert_array_equal(found.prompts.energy_mev, [1.5, 8.25])
    np.testing.assert_array_equal(found.prompts.weight, [1.0, 0.5])
    assert found.weighted()
    assert found.proton_seconds() == pytest.approx(6.01e30 * 365.25 * 86400.0)


def test_no_candidates_at_all_is_a_result(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("prompt_energy_mev\n")
    found = read_candidates_csv(path, 100.0)
    assert found.prompts.energy_mev.size == 0
    assert not found.weighted()


def test_bins_are_kept_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("low_mev,high_mev,counts\n7,16,0\n1,4,30\n4,7,8\n")
    found = read_candidates_csv(path, 100.0)
    np.testing.assert_array_equal(found.edges_mev, [1.0, 4.0, 7.0, 16.0])
    config = AppearanceConfig(range_mev=(1.784, 16.784), threshold_mev=7.3)
    edges, first = found.binning(config, prompt_edges(config))
    np.testing.assert_array_equal(edges, [1.0, 4.0, 7.0, 16.0])
    assert first == 2
    np.testing.assert_array_equal(found.prompts.histogram(edges), [30.0, 8.0, 0.0])


def test_bins_that_end_below_the_threshold_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("low_mev,high_mev,counts\n1,4,30\n4,6,8\n")
    config = AppearanceConfig()
    with pytest.raises(InputFileError, match=r"above 6\.52 MeV"):
        read_candidates_csv(path, 1.0).binning(config, prompt_edges(config))


def test_the_threshold_is_always_an_edge() -> None:
    for threshold in (7.3, 7.41, 1.8, 16.2):
        config = AppearanceConfig(threshold_mev=threshold)
        edges = prompt_edges(config)
        assert np.all(np.diff(edges) > 0.0)
        assert np.min(np.abs(edges + PROMPT_OFFSET_MEV - threshold)) < 1e-12
        assert edges[0] + PROMPT_OFFSET_MEV == pytest.approx(1.8)
        assert edges[-1] + PROMPT_OFFSET_MEV == pytest.approx(16.8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("energy\n3\n", "no column 'prompt_energy_mev'"),
        ("prompt_energy_mev\nabc\n", "row 1 (abc)"),
        ("prompt_energy_mev,weight\n3\n", "expected 2 numbers"),
        ("prompt_energy_mev,prompt_energy_mev\n3,3\n", "there twice"),
        ("prompt_energy_mev\n2\n-3\n", "row 2: prompt energy = -3: must be above 0 MeV"),
        ("prompt_energy_mev\n0\n", "must be above 0 MeV"),
        ("prompt_energy_mev\nnan\n", "must be above 0 MeV"),
        ("prompt_energy_mev,weight\n3,-1\n", "weight = -1: must be >= 0"),
        ("low_mev,high_mev,counts\n1,2,3\n3,4,5\n", "each begin where the one before ends"),
        ("low_mev,high_mev,counts\n2,1,3\n", "low_mev < high_mev"),
        ("low_mev,high_mev,counts\n1,2,-3\n", "must be >= 0"),
    ],
)
def test_bad_csv_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text)
    with pytest.raises(InputFileError) as error:
        read_candidates_csv(path, 100.0)
    assert message in str(error.value)


@pytest.mark.parametrize("exposure", [0.0, -1.0, float("nan"), float("inf")])
def test_an_exposure_must_be_above_zero(tmp_path: Path, exposure: float) -> None:
    path = tmp_path / "c.csv"
    path.write_text("prompt_energy_mev\n3\n")
    with pytest.raises(InputFileError, match="must be above 0"):
        read_candidates_csv(path, exposure)


def test_pairs_of_a_reconstruction(tmp_path: Path) -> None:
    rows = pair_rows([0, 0, 0, 3, 9], [1000.0, 4000.0, 600.0, 700.0, 900.0], [1.0, 1e-3, 1.0, 1.0, 0.5],
                     [1, 1, 0, 1, 0])  # fmt: skip
    found = read_pairs(reco_file(tmp_path / "reco.root", rows))
    np.testing.assert_allclose(found.prompts.weight, [1.0, 1e-3])
    np.testing.assert_allclose(found.prompts.energy_mev, simulated_response().energy_of(np.array([1e3, 4e3])))
    assert found.accidental is not None
    np.testing.assert_allclose(found.accidental.weight, [1.0 / 50])
    assert found.exposure_t_y == 120.0
    assert found.inner_veto_s == 1.5


def test_bad_reconstructions(tmp_path: Path) -> None:
    none = pair_rows([], [], [], [])
    for record, message in (({}, "tells nothing of a coincidence search"),):
        with pytest.raises(InputFileError, match=message):
            read_pairs(reco_file(tmp_path / "a.root", none, record))
    step = {"card": {"coincidence": {}}, "coincidence": {**SEARCH, "exposure_t_y": 0.0}}
    with pytest.raises(InputFileError, match="must be above 0"):
        read_pairs(reco_file(tmp_path / "b.root", none, step))
    with pytest.raises(InputFileError, match="holds nothing of this channel"):
        read_pairs(reco_file(tmp_path / "f.root", none, run={"sources": ["elastic", "internal"]}))
    with pytest.raises(InputFileError, match=r"sphere_radius_m = 3\.5 m, but the exposure counts 4 m"):
        read_pairs(reco_file(tmp_path / "g.root", none, run={"sphere_radius_m": 3.5}))
    with pytest.raises(InputFileError, match="weight = -1"):
        read_pairs(reco_file(tmp_path / "c.root", pair_rows([0], [900.0], [-1.0], [1])))
    with create(tmp_path / "d.root", EVENT_TREES) as writer:
        writer.record({})
    with pytest.raises(InputFileError, match="heliospin reconstruct"):
        read_pairs(tmp_path / "d.root")
    with pytest.raises(InputFileError, match="no such file"):
        read_pairs(tmp_path / "e.root")


def test_histogram_sums_weights() -> None:
    prompts = Prompts(np.array([1.2, 1.3, 2.5]), np.array([1.0, 0.25, 2.0]))
    np.testing.assert_allclose(prompts.histogram(np.array([1.0, 2.0, 3.0])), [1.25, 2.0])
