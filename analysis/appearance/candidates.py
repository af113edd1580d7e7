"""Candidates of the antineutrino search: pairs of a reconstruction, or a CSV of a real experiment."""

import csv
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from analysis.appearance.config import PROMPT_OFFSET_MEV, AppearanceConfig
from analysis.appearance.prompt_response import simulated_response
from analysis.spectrum_file import text_lines
from recon.config import CoincidenceConfig
from sim.core.constants import DAYS_PER_YEAR, FREE_PROTONS_PER_100T, SECONDS_PER_DAY
from sim.core.errors import InputFileError
from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.rootio import object_names, open_root, read_record, read_tree
from sim.core.schema import EVENTS, PAIRS

Floats = NDArray[np.float64]

ENERGY, WEIGHT, LOW, HIGH, COUNTS = "prompt_energy_mev", "weight", "low_mev", "high_mev", "counts"
_TARGET_T = 100.0
_SAME = 1e-6  # MeV, between the edges of neighbouring bins


class Prompts(NamedTuple):
    """Prompt energies in MeV and weights, (n,)."""

    energy_mev: Floats
    weight: Floats

    def histogram(self, edges_mev: Floats) -> Floats:
        """Return the sum of weights in each bin, (len(edges) - 1,)."""
        return np.histogram(self.energy_mev, edges_mev, weights=self.weight)[0].astype(np.float64)


class Candidates(NamedTuple):
    """What was selected, and the exposure it belongs to.

    Attributes
    ----------
    prompts : visible prompt energies, annihilation included, and weights; centres and counts if binned.
    exposure_t_y : fiducial mass times live time outside the vetoes.
    source, label : where it is from; what it is, for legends.
    accidental : prompts of pairs in moved windows, their weights the expectation in time; None for data.
    inner_veto_s : veto after muons through the scintillator, of a simulation.
    edges_mev : bins of the input, None if it has energies.
    """

    prompts: Prompts
    exposure_t_y: float
    source: str
    label: str = "data"
    accidental: Prompts | None = None
    inner_veto_s: float = 0.0
    edges_mev: Floats | None = None

    def weighted(self) -> bool:
        """Return True if the sum of weights in a bin need not be a whole number."""
        return bool(np.any(self.prompts.weight != np.round(self.prompts.weight)))

    def proton_seconds(self) -> float:
        """Return the exposure as free protons times seconds."""
        years = self.exposure_t_y / _TARGET_T
        return years * FREE_PROTONS_PER_100T * DAYS_PER_YEAR * SECONDS_PER_DAY

    def binning(self, config: AppearanceConfig, edges_mev: Floats) -> tuple[Floats, int]:
        """Return the bins to use, and the first one above the threshold: those given, or those of the input.

        Raises
        ------
        InputFileError
            The input is binned and no bin of it lies in the range, or above the threshold.
        """
        low, high = (edge - PROMPT_OFFSET_MEV - _SAME for edge in config.range_mev)
        threshold = config.threshold_mev - PROMPT_OFFSET_MEV
        if self.edges_mev is not None:
            edges_mev = self.edges_mev[(self.edges_mev >= low) & (self.edges_mev <= high + 2.0 * _SAME)]
            if edges_mev.size < 3 or edges_mev[-2] < threshold - _SAME:
                msg = (
                    f"{self.source}: the bins must reach from {low:.3g} MeV to above {threshold:.3g} MeV of "
                    "prompt energy"
                )
                raise InputFileError(msg)
        return edges_mev, int(np.searchsorted(edges_mev, threshold - _SAME))


def checked_exposure(exposure_t_y: float, source: str) -> float:
    """Return the exposure; InputFileError unless it is above 0."""
    if not (math.isfinite(exposure_t_y) and exposure_t_y > 0.0):
        msg = f"{source}: exposure = {exposure_t_y:g} t years: must be above 0"
        raise InputFileError(msg)
    return exposure_t_y


def read_pairs(path: Path) -> Candidates:
    """Read the selected pairs of a reconstruction, its exposure and its accidental pairs.

    The charge of the prompt cluster becomes energy with the response of the simulated detector.

    Raises
    ------
    InputFileError
        Not a reco file, one without a coincidence search or live time, a simulation without this channel or
        of less than the volume that the exposure counts.
    """
    with open_root(path) as file:
        names = object_names(file)
    if PAIRS.name not in names:
        hint = ": run `heliospin reconstruct` on it first" if EVENTS.name in names else ""
        msg = f"{path}: no tree {PAIRS.name!r}, so no delayed coincidences to read{hint}"
        raise InputFileError(msg)
    search = _search_record(path)
    exposure = checked_exposure(float(search["exposure_t_y"]), str(path))
    rows = read_tree(path, PAIRS, ["shift", "prompt_charge_pe", "weight", "selected"])
    energy = simulated_response().energy_of(rows["prompt_charge_pe"])
    weight = np.asarray(rows["weight"], dtype=np.float64)
    found = Prompts(energy, weight)
    _check(found, str(path))
    chosen = rows["selected"] > 0
    in_time, moved = chosen & (rows["shift"] == 0), chosen & (rows["shift"] > 0)
    accidental = Prompts(energy[moved], weight[moved] / max(int(search["shifts"]), 1))
    prompts = Prompts(energy[in_time], weight[in_time])
    return Candidates(prompts, exposure, str(path), "simulated data", accidental, search["inner_veto_s"])


def _search_record(path: Path) -> dict[str, Any]:
    """Return exposure, number of moved windows and veto of the search that made a file's pairs."""
    record = read_record(path)
    try:
        step = record["reconstruction"]
        cuts = CoincidenceConfig.model_validate(step["card"]["coincidence"])
        found = {**step["coincidence"], "inner_veto_s": cuts.inner_veto_s}
        run = record["card"].get("run", {})
    except (KeyError, TypeError, ValidationError):
        msg = f"{path}: the run record tells nothing of a coincidence search: reconstruct the events again"
        raise InputFileError(msg) from None
    if "antineutrino" not in run.get("sources", ["antineutrino"]):
        msg = (
            f"{path}: simulated with run.sources = {run['sources']!r}: it holds nothing of this channel; "
            "add 'antineutrino'"
        )
        raise InputFileError(msg)
    counted_m = VESSEL_RADIUS_M - cuts.wall_m
    if run.get("sphere_radius_m", VESSEL_RADIUS_M) < counted_m - 1e-9:
        msg = (
            f"{path}: simulated within run.sphere_radius_m = {run['sphere_radius_m']:g} m, but the "
            f"exposure counts {counted_m:g} m; simulate the whole vessel or raise coincidence.wall_m"
        )
        raise InputFileError(msg)
    return found


def read_candidates_csv(path: Path, exposure_t_y: float) -> Candidates:
    """Read a CSV of candidates: a row each with ``prompt_energy_mev`` (and ``weight``), or bins.

    Bins are rows of ``low_mev,high_mev,counts``, in any order and without gaps. Lines that begin with # are
    remarks. No rows at all mean that nothing was found.

    Raises
    ------
    InputFileError
        Not readable, unknown columns, no numbers, energies or widths not above 0, negative weights, gaps.
    """
    names, values = _csv_numbers(path)
    exposure = checked_exposure(exposure_t_y, str(path))
    column = dict(zip(names, values.T, strict=True))
    if ENERGY in column:
        prompts = Prompts(column[ENERGY], column.get(WEIGHT, np.ones(len(values))))
        _check(prompts, str(path))
        return Candidates(prompts, exposure, str(path))
    if not {LOW, HIGH, COUNTS} <= set(column):
        msg = (
            f"{path}: no column {ENERGY!r}, and not the columns {LOW},{HIGH},{COUNTS} of bins; "
            f"found {','.join(names)}"
        )
        raise InputFileError(msg)
    order = np.argsort(column[LOW], kind="stable")
    low, high = column[LOW][order], column[HIGH][order]
    prompts = Prompts(0.5 * (low + high), column[COUNTS][order])
    _check(prompts, str(path))
    if low.size == 0 or np.any(high <= low) or np.any(np.abs(high[:-1] - low[1:]) > _SAME):
        msg = f"{path}: the bins must have low_mev < high_mev, and each begin where the one before ends"
        raise InputFileError(msg)
    return Candidates(prompts, exposure, str(path), edges_mev=np.append(low, high[-1]))


def _check(prompts: Prompts, source: str) -> None:
    for what, values, least in (
        ("prompt energy", prompts.energy_mev, np.nextafter(0.0, 1.0)),
        ("weight", prompts.weight, 0.0),
    ):
        bad = np.flatnonzero(~((values >= least) & np.isfinite(values)))
        if bad.size:
            limit = "above 0 MeV" if least > 0.0 else ">= 0"
            msg = f"{source}: row {int(bad[0]) + 1}: {what} = {values[bad[0]]:g}: must be {limit}"
            raise InputFileError(msg)


def _csv_numbers(path: Path) -> tuple[list[str], Floats]:
    """Return the column names and all cells as float64 (rows, columns)."""
    rows = list(csv.reader(x for x in text_lines(path) if x.strip() and not x.startswith("#")))
    if not rows:
        msg = f"{path}: the file is empty; expected a line of column names, such as {ENERGY}"
        raise InputFileError(msg)
    names = [cell.strip() for cell in rows[0]]
    if len(set(names)) != len(names):
        msg = f"{path}: a column is there twice: {','.join(names)}"
        raise InputFileError(msg)
    values = np.empty((len(rows) - 1, len(names)))
    for i, row in enumerate(rows[1:]):
        try:
            values[i] = [float(cell) for cell, _ in zip(row, names, strict=True)]
        except ValueError:
            msg = f"{path}: row {i + 1} ({','.join(row)[:60]}): expected {len(names)} numbers"
            raise InputFileError(msg) from None
    return names, values
