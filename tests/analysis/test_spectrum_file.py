"""Spectra from CSV, TH1 and reconstructions; bad input as one clear line."""

from pathlib import Path

import hist
import numpy as np
import pytest
import uproot

from analysis.histograms import Spectrum, check_spectrum, cut_range, from_hist, to_hist
from analysis.spectrum_file import (
    is_reconstruction,
    read_csv,
    read_reconstruction,
    read_root_histogram,
)
from sim.core import rootio
from sim.core.errors import InputFileError
from sim.core.schema import RECO, RECO_TREES, RUNS

GOOD = "n_hits,energy_kev,counts\n" + "".join(f"{n},{2.3 * n},{n % 7}\n" for n in range(92, 130))


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "spectrum.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_csv(tmp_path: Path) -> None:
    found = read_csv(_write(tmp_path, "# TFC-subtracted\n" + GOOD), "nh", 582.326)
    assert found.spectrum.first == 92
    assert found.spectrum.counts[5] == 97 % 7
    assert found.spectrum.exposure_d_100t == 582.326
    assert found.tfc_subtracted
    assert not read_csv(_write(tmp_path, GOOD), "nh", 1.0).tfc_subtracted


def test_csv_in_any_order_and_with_the_name_of_the_estimator(tmp_path: Path) -> None:
    found = read_csv(_write(tmp_path, "np_230,counts\n3,1\n1,5\n2,0\n"), "np_230", 1.0)
    assert found.spectrum.first == 1
    assert found.spectrum.counts.tolist() == [5.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a line of column names"),
        ("n_hits,energy_kev\n1,2\n", "no column 'counts'"),
        ("hits,counts\n1,2\n", "no column 'n_hits'"),
        ("n_hits,counts\n1,2\n2,2\n3,1\n5,1\n", "has a gap: no bin at 4"),
        ("n_hits,counts\n1,2\n1,1\n", "holds 1 twice"),
        ("n_hits,counts\n1,2\n2,-1\n", "counts = -1 in the bin at 2: must be >= 0"),
        ("n_hits,counts\n1,2\n2,1.5\n", "counts = 1.5 in the bin at 2: must be whole"),
        ("n_hits,counts\n1,2\n2,many\n", "expected a number in n_hits and in counts"),
        ("n_hits,counts\n1,2\n2\n", "row 2"),
        ("n_hits,counts\n1.5,2\n2.75,1\n4,1\n6,1\n", "no bin at 5.25"),
        ("n_hits,counts\n1,0\n2,0\n", "the spectrum is empty"),
        ("n_hits,counts\n1,nan\n2,0\n", "not numbers"),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputFileError, match=message) as caught:
        read_csv(_write(tmp_path, text), "nh", 1.0)
    assert "\n" not in str(caught.value)


def test_binary_and_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.csv"
    with pytest.raises(InputFileError, match="cannot be read"):
        read_csv(path, "nh", 1.0)
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputFileError, match="not a text file"):
        read_csv(path, "nh", 1.0)


def test_bad_exposure(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="exposure = 0"):
        read_csv(_write(tmp_path, GOOD), "nh", 0.0)


def test_range() -> None:
    spectrum = Spectrum("nh", 50, np.arange(100.0), 1.0, "here")
    cut = cut_range(spectrum, 60, 99, 3)
    assert (cut.first, cut.counts.size) == (60, 39)
    with pytest.raises(InputFileError, match="reaches outside the spectrum, which holds nh from 50 to 149"):
        cut_range(spectrum, 40, 99)
    with pytest.raises(InputFileError, match="at least 10"):
        cut_range(spectrum, 60, 65)


def test_hist_and_back() -> None:
    spectrum = Spectrum("nh", 92, np.arange(30.0), 12.5, "here")
    histogram = to_hist(spectrum)
    assert isinstance(histogram, hist.Hist)
    assert histogram.axes[0].name == "nh"
    assert histogram.metadata["exposure_d_100t"] == 12.5
    back = from_hist(histogram, "nh", 12.5, "here")
    assert back.first == 92
    np.testing.assert_array_equal(back.counts, spectrum.counts)


def test_histogram_of_other_bins() -> None:
    uneven = hist.Hist(hist.axis.Variable([0, 1, 2, 4]))
    with pytest.raises(InputFileError, match="equally wide, they are 1 to 2 wide"):
        from_hist(uneven, "nh", 1.0, "here")
    assert from_hist(hist.Hist(hist.axis.Regular(10, 0, 20)), "nh", 1.0, "here").step == 2.0
    two = hist.Hist(hist.axis.Regular(10, 0, 10), hist.axis.Regular(10, 0, 10))
    with pytest.raises(InputFileError, match="2 axes"):
        from_hist(two, "nh", 1.0, "here")


def test_root_histogram(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.root"
    spectrum = Spectrum("nh", 92, np.arange(30.0), 12.5, "here")
    with uproot.recreate(path) as file:
        file["one"] = to_hist(spectrum)
    found = read_root_histogram(path, None, "nh", 12.5).spectrum
    assert found.first == 92
    np.testing.assert_array_equal(found.counts, spectrum.counts)
    assert not is_reconstruction(path)
    with pytest.raises(InputFileError, match="no histogram 'two'; it holds: one"):
        read_root_histogram(path, "two", "nh", 12.5)
    with uproot.update(path) as file:
        file["other"] = to_hist(spectrum)
    with pytest.raises(InputFileError, match="which histogram"):
        read_root_histogram(path, None, "nh", 12.5)


def _reco_file(
    path: Path,
    raw: np.ndarray,
    selected: np.ndarray,
    factor: np.ndarray | float = 1.27,
    weight: np.ndarray | float = 1.0,
) -> Path:
    n = raw.size
    with rootio.create(path, RECO_TREES) as writer:
        rows = {c.name: np.zeros(n) for c in RECO.columns}
        rows |= {"event_id": np.arange(n), "n_raw_hits": raw, "nh": raw * factor, "selected": selected}
        rows |= {"charge_pe": raw * 1.4, "weight": np.full(n, weight)}
        writer.extend(RECO.name, rows)
        runs = {c.name: np.zeros(2) for c in RUNS.columns} | {"live_time_s": np.full(2, 43200.0)}
        writer.extend(RUNS.name, runs)
        writer.record({"card": {"reconstruction": {}}})
    return path


def test_reconstruction_on_the_grid_of_raw_counts(tmp_path: Path) -> None:
    raw = np.repeat(np.arange(80, 160), 10)
    selected = np.ones(raw.size)
    selected[::2] = 0.0
    found = read_reconstruction(_reco_file(tmp_path / "reco.root", raw, selected), "nh")
    assert found.spectrum.step == pytest.approx(1.27, rel=1e-6)
    assert found.spectrum.exposure_d_100t == pytest.approx(0.7130, abs=1e-3)
    np.testing.assert_array_equal(found.spectrum.counts[80:160], 5.0)
    assert found.spectrum.counts.sum() == raw.size / 2
    cut = cut_range(found.spectrum, 110.0, 190.0)
    assert cut.first == pytest.approx(1.27 * 87)
    charge = read_reconstruction(tmp_path / "reco.root", "charge_pe").spectrum
    assert charge.step == 1.0


def test_clusters_count_with_their_weights(tmp_path: Path) -> None:
    raw = np.repeat(np.arange(80, 160), 10)
    path = _reco_file(tmp_path / "reco.root", raw, np.ones(raw.size), weight=np.where(raw < 120, 0.25, 1.0))
    found = read_reconstruction(path, "nh").spectrum
    np.testing.assert_allclose(found.counts[80:120], 2.5)
    np.testing.assert_allclose(found.counts[120:160], 10.0)
    assert found.label == "weighted simulation"


def test_reconstruction_with_a_changing_factor(tmp_path: Path) -> None:
    """Scaled raw counts make a comb on unit bins; spread over their width they fill every bin evenly."""
    raw = np.repeat(np.arange(80, 160), 400)
    factor = np.where(np.arange(raw.size) % 2 == 0, 1.27, 1.29)
    found = read_reconstruction(_reco_file(tmp_path / "reco.root", raw, np.ones(raw.size), factor), "nh")
    assert found.spectrum.step == 1.0
    assert found.spectrum.counts.sum() == raw.size
    middle = found.spectrum.counts[110:190]
    assert middle.mean() == pytest.approx(400.0 / 1.28, rel=0.01)
    assert ((middle - middle.mean()) ** 2).sum() / middle.mean() < 80 * 1.4
    again = read_reconstruction(tmp_path / "reco.root", "nh")
    np.testing.assert_array_equal(again.spectrum.counts, found.spectrum.counts)


def test_nothing_selected(tmp_path: Path) -> None:
    path = _reco_file(tmp_path / "reco.root", np.arange(80, 90), np.zeros(10))
    with pytest.raises(InputFileError, match="empty"):
        read_reconstruction(path, "nh")


def test_expected_counts_may_be_fractional() -> None:
    spectrum = Spectrum("nh", 1, np.array([0.5, 1.5]), 1.0, "here")
    assert check_spectrum(spectrum, whole=False) is spectrum
