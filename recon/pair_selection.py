"""Cuts on pairs, what each leaves, and what chance alone is expected to leave."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.coincidence import Found
from recon.config import CoincidenceConfig
from recon.selection import Cut
from sim.core.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.core.geometry import VESSEL_RADIUS_M, sphere_mass_t


class PairCut(NamedTuple):
    """One line of the cut flow: pairs in time that are left, and how many of them chance makes.

    ``accidental`` is the weight of the pairs in moved windows over the number of windows, None without such
    windows. Its error is statistical, from the sum of squared weights.
    """

    name: str
    kept: int
    weight: float
    accidental: float | None
    accidental_error: float | None


class Coincidences(NamedTuple):
    """Result of a coincidence search: cut flows of clusters and pairs, and its exposure."""

    clusters: tuple[Cut, ...]
    pairs: tuple[PairCut, ...]
    shifts: int
    live_time_s: float
    live_fraction: float  # left by the muon vetoes
    fiducial_mass_t: float

    def exposure_t_y(self) -> float:
        """Return fiducial mass times live time outside the vetoes, in t years."""
        live_y = self.live_time_s / (SECONDS_PER_DAY * DAYS_PER_YEAR)
        return self.fiducial_mass_t * live_y * self.live_fraction

    def record(self) -> dict[str, Any]:
        """Return the result as plain values for the run record."""
        return {
            **self._asdict(),
            "clusters": [cut._asdict() for cut in self.clusters],
            "pairs": [cut._asdict() for cut in self.pairs],
            "exposure_t_y": self.exposure_t_y(),
        }


def fiducial_radius_m(config: CoincidenceConfig) -> float:
    """Return the radius within which a prompt vertex must lie."""
    return VESSEL_RADIUS_M - config.wall_m


def _line(name: str, sums: NDArray[np.float64], shifts: int) -> PairCut:
    """Return a line of numbers, weights and squared weights, float64 (2, 3): in time, and moved."""
    chance = (float(sums[1, 1]) / shifts, math.sqrt(float(sums[1, 2])) / shifts) if shifts else (None, None)
    return PairCut(name, int(sums[0, 0]), float(sums[0, 1]), *chance)


def select_pairs(
    found: Found,
    muon_free: NDArray[np.bool_],
    live_time_s: float,
    live_fraction: float,
    config: CoincidenceConfig,
) -> tuple[dict[str, NDArray[Any]], Coincidences]:
    """Apply the cuts in order: vessel, muon vetoes and, where configured, multiplicity.

    Pairs of moved windows are treated as if they were in time. Those that fail are kept, not ``selected``.
    Simulated files lack single events that have no other one near; the first line of their cut flow counts
    the rest.

    Parameters
    ----------
    found : result of the search.
    muon_free : bool (n_pairs,), for the prompt clusters.
    live_time_s : of the file.
    live_fraction : share of it outside the vetoes.
    config : the cuts.

    Returns
    -------
    columns of tree ``pairs``, and the result.
    """
    pairs = found.pairs
    radius2 = sum(
        np.square(axis, dtype=np.float64) for axis in (pairs.prompt_x_m, pairs.prompt_y_m, pairs.prompt_z_m)
    )
    passed = np.ones(len(pairs.run), bool)
    flow = [_line("in the time window", found.timely, config.shifts)]
    cuts = [
        (f"within {config.distance_m:g} m", passed),
        (f"prompt {config.wall_m:g} m inside the vessel", radius2 <= fiducial_radius_m(config) ** 2),
        ("no muon before", muon_free),
    ]
    if config.multiplicity_ms > 0:
        cuts.append(("no third cluster", pairs.alone))
    moved = pairs.shift > 0
    for name, flag in cuts:
        passed = passed & flag
        weight = [pairs.weight[passed & side] for side in (~moved, moved)]
        sums = np.array([[len(w), w.sum(), (w**2).sum()] for w in weight])
        flow.append(_line(name, sums, config.shifts))
    flow.append(flow[-1]._replace(name="selected"))
    clusters = (
        Cut("bright clusters", found.n_bright),
        Cut("charge of a prompt", found.n_prompt),
        Cut("charge of a delayed", found.n_delayed),
    )
    columns = {name: column for name, column in pairs._asdict().items() if name != "alone"}
    columns |= {"muon_free": muon_free, "selected": passed}
    mass_t = sphere_mass_t(fiducial_radius_m(config))
    return columns, Coincidences(clusters, tuple(flow), config.shifts, live_time_s, live_fraction, mass_t)
