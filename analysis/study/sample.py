"""Calibration events, each with its truth and what the reconstruction made of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputFileError
from sim.core.geometry import REFERENCE_PMTS, FiducialVolume
from sim.core.probes import Probe
from sim.core.rootio import read_tree
from sim.core.schema import ESTIMATORS, PMTS, RECO, TRUTH

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PO210_MEV = 5.30433  # alpha of 210Po [DDEP]
POSITRON_MEV = 0.5  # as of 11C
LIKE_PO210_MEV, LIKE_POSITRON_MEV = 0.42, 1.4  # electrons of as much light as those alphas and positrons
ELECTRONS_MEV = (0.14, 0.2, 0.35, LIKE_PO210_MEV, 0.5, 0.665, 1.0, LIKE_POSITRON_MEV, 1.6, 2.5)
SHELLS_M = (0.0, 1.5, 2.5, 3.0, 3.5)
SOFT_EDGE_M = 0.3  # of the fiducial volume, where acceptances are compared
LEAST_PAIR_MEV = 0.08  # of either decay of a 14C pair: bright enough for a cluster of its own
_MARGIN_M = 0.7  # twice the soft edge, and the resolution
_LARGEST_M = 4.2
SHELL_MEV = 0.665  # electrons of the shells: the edge of 7Be
SCORES = ("alpha_score", "gatti", "positron_score")


class Sample(NamedTuple):
    """Events of one detector, all (n,); row k of two samples of the same probes is the same event.

    Attributes
    ----------
    probe : number of the probe.
    visible_mev : true quenched energy.
    true_m, vertex_m : (n, 3), true and reconstructed place; NaN where there is no cluster.
    found, valid : a cluster was found; it has a vertex.
    single : the gate holds one cluster.
    scores : pulse shape by name, of the first cluster; NaN where it has no vertex.
    estimators : by name, of the first cluster; NaN where there is none.
    step : by name, what one raw count stands for; 0 for charges.
    """

    probe: NDArray[np.int64]
    visible_mev: Floats
    true_m: Floats
    vertex_m: Floats
    vertex_sigma_m: Floats
    found: Bools
    valid: Bools
    single: Bools
    scores: dict[str, Floats]
    estimators: dict[str, Floats]
    step: dict[str, float]

    def of(self, probe: int) -> NDArray[np.int64]:
        """Return the rows of a probe."""
        return np.flatnonzero(self.probe == probe)

    def inside(self, volume: FiducialVolume) -> Bools:
        """Return True for events that truly are in a volume, (n,)."""
        return volume.contains(*self.true_m.T)

    def share_inside(self, volume: FiducialVolume, *, true: bool) -> Floats:
        """Return how much events count as inside a volume with a soft edge, 0 to 1, (n,).

        The edge falls linearly over ``SOFT_EDGE_M`` to either side. Events are spread evenly across it: the
        sum is that of the sharp volume, but an event that moves by a centimetre changes it by little.

        Parameters
        ----------
        volume : fiducial volume.
        true : by the true place; else by the vertex, 0 for events without one.
        """
        place = self.true_m if true else np.where(self.valid[:, None], self.vertex_m, np.inf)
        depth = np.minimum(volume.radius_m - np.linalg.norm(place, axis=1), volume.z_max_m - place[:, 2])
        depth = np.minimum(depth, place[:, 2] - volume.z_min_m)
        return np.asarray(np.clip(0.5 + depth / (2.0 * SOFT_EDGE_M), 0.0, 1.0))


def standard_probes(events: int, fiducial_radius_m: float) -> tuple[Probe, ...]:
    """Return what a detector is probed with.

    Electrons of many energies, 210Po alphas, annihilation gammas and positrons of ``POSITRON_MEV`` uniform
    in a sphere; electrons of 0.665 MeV, alphas and annihilation gammas on shells.

    Parameters
    ----------
    events : of each probe.
    fiducial_radius_m : the sphere is larger by a margin, but inside the vessel.
    """
    sphere_radius_m = min(fiducial_radius_m + _MARGIN_M, _LARGEST_M)
    ball = [Probe("electron", energy, sphere_radius_m, False, events) for energy in ELECTRONS_MEV]
    ball += [Probe("alpha", PO210_MEV, sphere_radius_m, False, events)]
    ball += [Probe("positron", energy, sphere_radius_m, False, events) for energy in (0.0, POSITRON_MEV)]
    kinds = (("electron", SHELL_MEV), ("alpha", PO210_MEV), ("positron", 0.0))
    return (
        *ball,
        *(Probe(kind, energy, r, True, events) for kind, energy in kinds for r in SHELLS_M),  # type: ignore[arg-type]
    )


def pair_probe(probes: Sequence[Probe]) -> Probe:
    """Return the pairs of 14C decays that go with probes: in as large a sphere, four times the events."""
    ball = next(probe for probe in probes if not probe.shell)
    return Probe("14C pair", LEAST_PAIR_MEV, ball.radius_m, False, 4 * ball.events)


def probe_label(probe: Probe) -> str:
    """Return a short text for tables."""
    if probe.particle == "alpha":
        what = "210Po alpha"
    elif probe.particle == "positron" and probe.energy_mev == 0.0:
        what = "annihilation gammas"
    else:
        what = f"{probe.particle} {probe.energy_mev:g} MeV"
    return f"{what}, r = {probe.radius_m:g} m" if probe.shell else what


def read_sample(events: Path, reco: Path, probes: Sequence[Probe]) -> Sample:
    """Join truth and reconstruction of calibration events.

    Raises
    ------
    InputFileError
        A file is unreadable.
    """
    truth = read_tree(events, TRUTH, ["block", "event_id", "visible_mev", "x_m", "y_m", "z_m"])
    pmts = read_tree(events, PMTS, ["live"])
    rows = read_tree(
        reco,
        RECO,
        [
            "event_id",
            "cluster",
            "x_m",
            "y_m",
            "z_m",
            "vertex_sigma_m",
            "vertex_valid",
            "n_clusters",
            *SCORES,
            *ESTIMATORS,
        ],
    )
    first = {name: values[rows["cluster"] == 0] for name, values in rows.items()}
    order = np.argsort(first["event_id"])
    known = first["event_id"][order]
    place = np.searchsorted(known, truth["event_id"])
    place = np.minimum(place, max(len(known) - 1, 0))
    found = (known[place] == truth["event_id"]) if len(known) else np.zeros(len(place), bool)
    row = order[place] if len(known) else place

    def column(name: str) -> Floats:
        values = np.full(len(found), np.nan)
        values[found] = first[name][row[found]]
        return values

    step = REFERENCE_PMTS / max(int(pmts["live"].sum()), 1)
    valid = np.zeros(len(found), bool)
    valid[found] = first["vertex_valid"][row[found]] > 0
    single = np.zeros(len(found), bool)
    single[found] = first["n_clusters"][row[found]] == 1
    if len(found) != sum(probe.events for probe in probes):
        msg = f"{events}: {len(found)} calibration events, expected {sum(probe.events for probe in probes)}"
        raise InputFileError(msg)
    return Sample(
        probe=truth["block"].astype(np.int64),
        visible_mev=truth["visible_mev"].astype(np.float64),
        true_m=np.column_stack([truth[name] for name in ("x_m", "y_m", "z_m")]).astype(np.float64),
        vertex_m=np.column_stack([column(name) for name in ("x_m", "y_m", "z_m")]),
        vertex_sigma_m=column("vertex_sigma_m"),
        found=found,
        valid=valid,
        single=single,
        scores={name: column(name) for name in SCORES},
        estimators={name: column(name) for name in ESTIMATORS},
        step={name: 0.0 if name.startswith("charge") else step for name in ESTIMATORS},
    )
