"""Fitting without, or only with, the clusters that the threefold coincidence tags as candidates of 11C.

The efficiency is that of the collaboration: the share of 11C that its own muon tags. Then the rate left in
the kept exposure is (1 - efficiency) times the whole, although chance tags some of the rest as well.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from sim.core.errors import InputFileError
from sim.core.rootio import read_record

Choice = Literal["all", "subtracted", "tagged"]

EFFICIENCY = (0.92, 0.04)  # unverified [BX-NEUTRINO18]
KEPT_EXPOSURE = 0.6428  # unverified [BX-NEUTRINO18]
PUBLISHED_LEFT_CPD_100T = (1.80, 0.10)  # 11C in the public spectrum, fit log of [BX-PDF17]

_SAME = 1e-6  # relative, of two sums of live time


class Carbon(NamedTuple):
    """Expected rate of 11C in cpd/100 t, and how well it is known beforehand (None: not at all)."""

    rate: float
    sigma: float | None


def expected_carbon(choice: Choice, *, subtracted: bool, c11_cpd_100t: float) -> Carbon:
    """Return the rate of 11C to start from, and what is known of it.

    Parameters
    ----------
    choice : ``fit.tfc``; rows of a reconstruction are chosen by it.
    subtracted : ``fit.tfc_subtracted``; without a choice: a spectrum of the real data, 11C subtracted.
    c11_cpd_100t : all 11C.
    """
    if choice == "subtracted":
        return Carbon((1.0 - EFFICIENCY[0]) * c11_cpd_100t, EFFICIENCY[1] * c11_cpd_100t)
    if choice == "tagged":
        left = (1.0 - EFFICIENCY[0]) * KEPT_EXPOSURE
        return Carbon((1.0 - left) / (1.0 - KEPT_EXPOSURE) * c11_cpd_100t, None)
    if subtracted:
        return Carbon(*PUBLISHED_LEFT_CPD_100T)
    return Carbon(c11_cpd_100t, None)


def expected_share(choice: Choice) -> float:
    """Return the share of the exposure that a choice of clusters is expected to leave."""
    return {"all": 1.0, "subtracted": KEPT_EXPOSURE, "tagged": 1.0 - KEPT_EXPOSURE}[choice]


def measured_share(path: Path, choice: Choice, live_time_s: float) -> float:
    """Return the share of the exposure that a choice of clusters leaves, as the reconstruction measured it.

    Parameters
    ----------
    path : a reco file.
    choice : which clusters.
    live_time_s : of the file.

    Raises
    ------
    InputFileError
        The record has no such measurement, or it is of another live time (files joined after reconstruction),
        or nothing is left.
    """
    if choice == "all":
        return 1.0
    record = read_record(path).get("reconstruction", {}).get("tfc")
    if not isinstance(record, dict) or not record.get("points"):
        msg = f"{path}: fit.tfc = {choice!r}: the reconstruction tagged nothing; no exposure to give it"
        raise InputFileError(msg)
    if not abs(float(record["live_time_s"]) - live_time_s) <= _SAME * live_time_s:
        msg = (
            f"{path}: fit.tfc = {choice!r}: the kept exposure was measured for "
            f"{float(record['live_time_s']):g} s, the file holds {live_time_s:g} s of live time; "
            "join events files, then reconstruct"
        )
        raise InputFileError(msg)
    kept = float(record["kept_fraction"])
    share = kept if choice == "subtracted" else 1.0 - kept
    if not share > 0.0:
        msg = f"{path}: fit.tfc = {choice!r}: a share of {share:g} of the exposure is left, expected > 0"
        raise InputFileError(msg)
    return share
