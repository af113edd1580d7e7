"""Spectra from files: a reconstruction, a CSV of counts, a ROOT histogram; and back to CSV."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import Spectrum, check_spectrum, from_hist
from analysis.tfc import Choice, measured_share
from recon.config import ReconConfig
from sim.core.config import Card, card_from_values
from sim.core.constants import SECONDS_PER_DAY
from sim.core.errors import InputFileError
from sim.core.jit import njit
from sim.core.rng import Stage, philox, philox_key, unit
from sim.core.rootio import iterate, object_names, open_root, read_record, read_tree
from sim.core.schema import EVENTS, RECO, RUNS

Floats = NDArray[np.float64]

# Column of the bin centres in a CSV, by estimator; a column named as the estimator itself is taken as well.
CENTRE_COLUMNS = {"nh": "n_hits"}
_TARGET_T = 100.0
_HIGHEST = 4000  # bins kept of a reconstruction
_ROWS = 200_000
_ENOUGH_HITS = 20  # single precision of a small cluster does not show a factor
_SAME = 1e-5


class SpectrumFile(NamedTuple):
    """A spectrum, and whether 11C was subtracted from it."""

    spectrum: Spectrum
    tfc_subtracted: bool


@njit
def _dither(
    value: Floats, step: Floats, event: NDArray[np.int64], key0: np.uint32, key1: np.uint32
) -> Floats:
    """Return values spread evenly over the width that one raw count stands for, the same in every run."""
    out = np.empty(value.size)
    for i in range(value.size):
        word, _, _, _ = philox(
            np.uint32(event[i]), np.uint32(event[i] >> 32), np.uint32(0), np.uint32(0), key0, key1
        )
        out[i] = value[i] + step[i] * (unit(word) - 0.5)
    return out


def read_reconstruction(path: Path, estimator: str, tfc: Choice = "all") -> SpectrumFile:
    """Read the selected clusters of a reco file: all, or those that the 11C tag leaves, or those it takes.

    Estimators that count are whole numbers times 2000 / live channels. If that factor is the same in the
    whole file, it is the bin width of the spectrum: one bin a raw count. If not, the bins are 1 wide and each
    cluster is moved at random, but reproducibly, within the width of its raw count, else they show a comb.
    Clusters count with their weights; where these are not 1, the counts are expectations, no Poisson numbers.

    Raises
    ------
    InputFileError
        Not a reco file, no live time, nothing selected, the share of the exposure is not known.
    """
    card = recorded_card(path, [])
    volume = card.section("reconstruction", ReconConfig).fiducial_volume()
    live_s = float(np.sum(read_tree(path, RUNS, ["live_time_s"])["live_time_s"]))
    live_d = live_s * measured_share(path, tfc, live_s) / SECONDS_PER_DAY
    step = 1.0 if estimator.startswith("charge") else _one_step(path)
    key = philox_key(0, Stage.TOY, 0)
    counts = np.zeros(_HIGHEST)
    columns = list(
        dict.fromkeys([estimator, "nh", "n_raw_hits", "event_id", "cluster", "selected", "tfc", "weight"])
    )
    for block in iterate(path, RECO, columns, rows=_ROWS):
        use = block["selected"] > 0
        if tfc != "all":
            use &= (block["tfc"] > 0) == (tfc == "tagged")
        value = block[estimator][use].astype(np.float64)
        if step is None:
            width = block["nh"][use] / np.maximum(block["n_raw_hits"][use], 1)
            label = block["event_id"][use].astype(np.int64) * 8 + block["cluster"][use]
            value = _dither(value, width.astype(np.float64), label, *key)
        bins = np.round(value / (step or 1.0)).astype(np.int64)
        inside = (bins >= 0) & (bins < _HIGHEST)
        counts += np.bincount(bins[inside], block["weight"][use][inside], minlength=_HIGHEST)
    exposure = live_d * volume.mass_t() / _TARGET_T
    whole = bool(np.all(counts == np.round(counts)))
    label = "simulated data" if whole else "weighted simulation"
    spectrum = Spectrum(estimator, 0.0, counts, exposure, str(path), step or 1.0, label)
    return SpectrumFile(check_spectrum(spectrum, whole=whole), tfc_subtracted=tfc == "subtracted")


def recorded_card(path: Path, overrides: list[str]) -> Card:
    """Return the card of a reco file's run record, overrides applied; InputFileError if it has none."""
    values = read_record(path).get("card")
    if not isinstance(values, dict):
        msg = f"{path}: the run record holds no card: not a file of this program"
        raise InputFileError(msg)
    return card_from_values(f"{path} (run record)", values, overrides)


def _one_step(path: Path) -> float | None:
    """Return what one raw hit stands for, or None if that varies within the file."""
    low, high = np.inf, 0.0
    for block in iterate(path, RECO, ["nh", "n_raw_hits"], rows=_ROWS):
        some = block["n_raw_hits"] >= _ENOUGH_HITS
        if some.any():
            factor = block["nh"][some] / block["n_raw_hits"][some]
            low, high = min(low, float(factor.min())), max(high, float(factor.max()))
    return 0.5 * (low + high) if high - low < _SAME * high else None


def text_lines(path: Path) -> list[str]:
    """Return the lines of a text file; InputFileError if it cannot be read or is no text."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise InputFileError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path}: not a text file; expected CSV, or ROOT with the ending .root"
        raise InputFileError(msg) from None


def _csv_rows(path: Path) -> tuple[list[str], list[list[str]], str]:
    lines = text_lines(path)
    remarks = " ".join(line for line in lines if line.startswith("#"))
    rows = list(csv.reader(line for line in lines if line.strip() and not line.startswith("#")))
    if len(rows) < 2:
        msg = f"{path}: expected a line of column names and rows of numbers"
        raise InputFileError(msg)
    return [cell.strip() for cell in rows[0]], rows[1:], remarks


def read_csv(path: Path, estimator: str, exposure_d_100t: float) -> SpectrumFile:
    """Read a CSV with a column of bin centres (``n_hits``, or the estimator's name) and one of ``counts``.

    Lines that begin with # are remarks; the words "TFC-subtracted" in them tell that 11C was subtracted. Rows
    may be in any order, bins are equally wide, none may be missing.

    Raises
    ------
    InputFileError
        A column is missing, a cell is no number, bins are missing or double, counts are negative or
        fractional.
    """
    names, rows, remarks = _csv_rows(path)
    centre = next((c for c in (CENTRE_COLUMNS.get(estimator), estimator) if c in names), None)
    if centre is None or "counts" not in names:
        wanted = CENTRE_COLUMNS.get(estimator, estimator)
        missing = "counts" if centre is not None else wanted
        msg = f"{path}: no column {missing!r}; expected {wanted},counts and found {','.join(names)}"
        raise InputFileError(msg)
    at, n = names.index(centre), names.index("counts")
    values = np.empty((len(rows), 2))
    for i, row in enumerate(rows):
        try:
            values[i] = float(row[at]), float(row[n])
        except (IndexError, ValueError):
            msg = f"{path}: row {i + 1} ({','.join(row)[:60]}): expected a number in {centre} and in counts"
            raise InputFileError(msg) from None
    values = values[np.argsort(values[:, 0], kind="stable")]
    centres = values[:, 0]
    steps = np.diff(centres)
    step = float(np.median(steps)) if steps.size else 1.0
    if np.any(steps == 0.0):
        msg = f"{path}: the spectrum holds {centres[np.argmin(steps)]:g} twice"
        raise InputFileError(msg)
    if not np.allclose(steps, step, rtol=1e-4):
        before = centres[np.argmax(np.abs(steps - step))]
        msg = f"{path}: the spectrum has a gap: no bin at {before + step:g}"
        raise InputFileError(msg)
    counts = values[:, 1].copy()
    spectrum = Spectrum(estimator, float(centres[0]), counts, exposure_d_100t, str(path), step)
    subtracted = "tfc-subtracted" in remarks.lower().replace(" ", "-")
    return SpectrumFile(check_spectrum(spectrum), subtracted)


def read_root_histogram(path: Path, name: str | None, estimator: str, exposure_d_100t: float) -> SpectrumFile:
    """Read a one-dimensional histogram of a ROOT file; ``name`` may be left out if there is only one.

    Raises
    ------
    InputFileError
        No or several histograms, none of that name, other bins than 1 wide around whole numbers.
    """
    with open_root(path) as file:
        kinds = {key.split(";")[0]: kind for key, kind in file.classnames(recursive=True).items()}
        histograms = [key for key, kind in kinds.items() if kind.startswith("TH1")]
        if name is None and len(histograms) == 1:
            name = histograms[0]
        if name is None or name not in histograms:
            found = ", ".join(histograms) or "none"
            msg = (
                f"{path}: "
                + (f"no histogram {name!r}" if name else "which histogram?")
                + f"; it holds: {found}"
            )
            raise InputFileError(msg)
        spectrum = from_hist(file[name], estimator, exposure_d_100t, f"{path}:{name}")
    return SpectrumFile(check_spectrum(spectrum), tfc_subtracted=False)


def is_reconstruction(path: Path) -> bool:
    """Return True for a ROOT file with the tree of a reconstruction; InputFileError if it is not readable."""
    with open_root(path) as file:
        names = object_names(file)
    if EVENTS.name in names and RECO.name not in names:
        msg = f"{path}: holds events, not clusters: run `heliospin reconstruct` on it first"
        raise InputFileError(msg)
    return RECO.name in names
