"""Make the delays of light that the vertex fit assumes: writes sim/data/vertex_timing.csv from the packaged light map.

The map knows how much later than straight flight the light of a vertex is seen, by the vertex's radius and the
angle to the tube. Here it is brought to the distance between vertex and tube, averaged over vertices in the whole
scintillator and over all tubes. Run it again when the light map was made anew:

    python scripts/make_timing.py
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recon.timing import TABLE
from scripts.make_response import renew_checksum
from sim.core.geometry import N_CONCENTRATOR, N_PMT, PMT_RADIUS_M, VESSEL_RADIUS_M
from sim.core.provenance import program_version
from sim.core.tables import data_folder
from sim.detector.optical.light_map import (
    BULK,
    N_ANGLES,
    NODE_M,
    PARTS,
    REFERENCE_INDEX,
    TAIL,
    LightMap,
)
from sim.detector.optical.map_store import packaged_map
from sim.detector.tail_table import tail_levels

Floats = NDArray[np.float64]

STEP_M = 1.0
DISTANCES_M = np.arange(2.5, 10.6, STEP_M)
EDGES_NS = np.concatenate(
    [np.arange(-2.0, 3.0, 0.25), np.arange(3.0, 6.0, 0.5), np.arange(6.0, 20.0, 1.0), np.arange(20.0, 80.0, 2.5),
     np.arange(80.0, 120.0, 5.0), np.arange(120.0, 200.1, 20.0)]
)  # fmt: skip
_CENTRAL_M, _FALL = 2.8, 8  # vertices further out count less: where the fit must be best
_FINE = 4  # distances within a step of the map
_WINDOW_M = 0.3  # about each distance


def delays(light: LightMap) -> Floats:
    """Return shares of light by distance and delay, float64 (n_distances, n_delays)."""
    low, high = tail_levels(BULK, TAIL)
    level = np.concatenate([low, high[1:]])
    half_chord = np.arange(N_ANGLES + 1) / N_ANGLES
    solid = np.diff(half_chord**2)
    tubes = np.array([N_CONCENTRATOR, N_PMT - N_CONCENTRATOR])
    out = np.zeros((len(DISTANCES_M), len(EDGES_NS) - 1))
    for node in range(1, round(VESSEL_RADIUS_M / NODE_M) + 1):
        radius = node * NODE_M
        amount = (
            (light.chance[:, :, node] * tubes[:, None, None]).sum(axis=0)
            * solid
            * radius**2
            / (1.0 + (radius / _CENTRAL_M) ** _FALL)
        )
        for part in range(PARTS):
            for angle in range(N_ANGLES):
                quantile = np.concatenate(
                    [light.bulk_ns[part, node, angle], light.tail_ns[part, node, angle, 1:]]
                )
                rising = np.maximum.accumulate(quantile + 1e-6 * np.arange(len(quantile)))
                share = np.diff(np.interp(EDGES_NS, rising, level, left=0.0, right=1.0))
                chord = (angle + (np.arange(_FINE) + 0.5) / _FINE) / N_ANGLES
                distance = np.sqrt((PMT_RADIUS_M - radius) ** 2 + 4.0 * PMT_RADIUS_M * radius * chord**2)
                near = (np.abs(distance[:, None] - DISTANCES_M) < _WINDOW_M).mean(axis=0)
                out += amount[part, angle] * near[:, None] * share
    return np.asarray(out / out.sum(axis=1)[:, None])


def main() -> None:
    """Make the table and renew its checksum in the README of the tables."""
    light, provenance = packaged_map()
    share = delays(light)
    lines = [
        "# title: Delays of light by the distance between vertex and photomultiplier, for the vertex fit",
        f"# source: light map of this program, version {program_version()}, of {provenance['photons']:.3g} tracked photons",
        "# units: distance_m; from_ns, to_ns time since emission less the straight flight with the index "
        f"{REFERENCE_INDEX:g}; share of the light seen at this distance",
        "# made_by: scripts/make_timing.py",
        "# caveats: vertices even in the scintillator, shares linear in the distance; emission and jitter are not in it",
        "distance_m,from_ns,to_ns,share",
        *(
            f"{distance:g},{low:g},{high:g},{value:.4g}"
            for distance, row in zip(DISTANCES_M, share, strict=True)
            for low, high, value in zip(EDGES_NS[:-1], EDGES_NS[1:], row, strict=True)
        ),
    ]
    path = data_folder() / f"{TABLE}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    renew_checksum(path)
    mean = share @ (0.5 * (EDGES_NS[1:] + EDGES_NS[:-1]))
    for distance, value, prompt in zip(
        DISTANCES_M, mean, share[:, EDGES_NS[1:] <= 2.0].sum(axis=1), strict=True
    ):
        sys.stdout.write(f"{distance:4.0f} m: mean delay {value:5.1f} ns, {prompt:.3f} within 2 ns\n")


if __name__ == "__main__":
    main()
