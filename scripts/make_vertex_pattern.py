"""Make the expected hit pattern of the vertex fit: writes sim/data/vertex_pattern.csv from the packaged light map.

The map's chances of a photon to be seen by a tube, by the vertex's radius and the angle to the tube, are smoothed:
their logarithm becomes a polynomial in r^2 and in the coordinate along the tube's direction, which is what a
function of the vertex that knows one direction can depend on. Run it again when the light map was made anew:

    python scripts/make_vertex_pattern.py
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recon.pattern import REACH_M, TABLE
from scripts.make_response import renew_checksum
from sim.core.geometry import N_CONCENTRATOR, N_PMT, PMT_RADIUS_M
from sim.core.provenance import program_version
from sim.core.tables import data_folder
from sim.detector.optical.light_map import N_ANGLES, NODE_M, LightMap
from sim.detector.optical.map_store import packaged_map

Floats = NDArray[np.float64]

POWER = 8  # of the vertex's coordinates
_SMOOTH = 1e-4  # square of the relative error that a polynomial may have beside the map's statistical one


def fit(light: LightMap, photons: float) -> tuple[list[tuple[int, int]], Floats, Floats]:
    """Return powers of r^2 and of the coordinate, coefficients (2 kinds, n), and rms residuals (2,)."""
    n_nodes = round(REACH_M / NODE_M) + 1
    chance = light.chance.sum(axis=1, dtype=np.float64)[:, :n_nodes]  # (2, nodes, angles)
    half_chord = (np.arange(N_ANGLES) + 0.5) / N_ANGLES
    radius, cosine = np.meshgrid(np.arange(n_nodes) * NODE_M, 1.0 - 2.0 * half_chord**2, indexing="ij")
    square, along = (radius / PMT_RADIUS_M) ** 2, radius * cosine / PMT_RADIUS_M
    powers = [(a, b) for b in range(POWER + 1) for a in range(POWER // 2 + 1) if 2 * a + b <= POWER]
    terms = np.stack([(square**a * along**b).ravel() for a, b in powers], axis=1)
    per_node = (
        photons / light.chance.shape[2] * 2.0 * half_chord / N_ANGLES
    )  # falling on an angle's share of tubes
    coefficients, residuals = [], []
    for kind, tubes in enumerate((N_CONCENTRATOR, N_PMT - N_CONCENTRATOR)):
        counts = (chance[kind] * per_node * tubes).ravel()
        weight = 1.0 / np.sqrt(1.0 / np.maximum(counts, 1.0) + _SMOOTH)
        value = np.log(np.maximum(chance[kind].ravel(), 1e-12))
        found = np.linalg.lstsq(terms * weight[:, None], value * weight, rcond=None)[0]
        coefficients.append(found)
        residuals.append(np.sqrt(np.average((terms @ found - value) ** 2, weights=counts)))
    return powers, np.array(coefficients), np.array(residuals)


def main() -> None:
    """Make the table and renew its checksum in the README of the tables."""
    light, provenance = packaged_map()
    powers, coefficients, residuals = fit(light, provenance["photons"])
    lines = [
        "# title: Logarithm of the chance of a photon to be seen by a photomultiplier, for the vertex fit",
        f"# source: light map of this program, version {program_version()}, of {provenance['photons']:.3g} tracked photons",
        f"# units: coefficients of r^2 and of the vertex's coordinate along the tube, lengths in {PMT_RADIUS_M:g} m; "
        "bare 1 without concentrator",
        "# made_by: scripts/make_vertex_pattern.py",
        f"# caveats: to {REACH_M:g} m from the centre; rms residual {residuals[0]:.3f} with and {residuals[1]:.3f} "
        "without concentrator, statistics of the map included",
        "bare,power_square,power_along,coefficient",
        *(
            f"{kind},{a},{b},{value:.7g}"
            for kind, row in enumerate(coefficients)
            for (a, b), value in zip(powers, row, strict=True)
        ),
    ]
    path = data_folder() / f"{TABLE}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    renew_checksum(path)
    sys.stdout.write(f"{path.name}: rms residuals {residuals[0]:.4f}, {residuals[1]:.4f}\n")


if __name__ == "__main__":
    main()
