"""Where light lands and how late, from a light map and the tubes of a card: tables of the fast fidelity."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.core.geometry import VESSEL_RADIUS_M, Photomultipliers
from sim.core.jit import njit, njit_inline
from sim.detector.config import DetectorConfig
from sim.detector.optical.layout import texel_directions
from sim.detector.optical.light_map import N_ANGLES, N_NODES, NODE_M, PARTS, LightMap
from sim.detector.optical.tubes import relative_efficiency

Floats = NDArray[np.float64]
CELLS = PARTS * N_ANGLES  # of a radius: part of the light and angle to the tube
_GRID = 37  # points of the yield map along an axis
_REACH_M = (N_NODES - 1) * NODE_M


class Optics(NamedTuple):
    """Tables of the light transport; those by cell have N_NODES * CELLS rows."""

    cube: NDArray[np.int16]  # (6 FACE^2,) nearest tube of a direction
    efficiency: NDArray[np.float32]  # (n_pmt,) at most 1, evened out for the tubes' spacing; 0: dead
    bare: NDArray[np.uint8]  # (n_pmt,) 1 without concentrator
    place_m: NDArray[np.float32]  # (n_pmt, 3)
    seen: Floats  # (N_NODES,) chance of a photon to be seen by tubes all over the sphere
    alias_below: NDArray[np.float32]  # by cell: share of its column that is its own (method of aliases)
    alias: NDArray[np.int32]  # by cell: the row of the other cell in its column
    accept: NDArray[np.float32]  # (2, rows) by kind of tube and cell, at most 1
    delay_ns: NDArray[np.float32]  # (rows, BULK + TAIL + 2), rows of ``sim.detector.tail_table``
    rays: float  # thrown for one that is collected, about
    yield_pe_mev: Floats  # (_GRID, _GRID, _GRID) on live tubes, by position x, y, z
    grid_m: float  # spacing of the map
    best_pe_mev: float  # largest yield inside the vessel


def _cube_map(axis: Floats) -> tuple[NDArray[np.int16], Floats]:
    """Return the nearest tube of every texel, and the solid angle nearest to every tube."""
    direction = texel_directions()
    tube = cKDTree(axis).query(direction)[1]
    # a texel of a cube's face covers cos^3 of the angle to the face's axis
    area = np.abs(direction).max(axis=1) ** 3
    covered = np.bincount(tube, area, minlength=len(axis))
    return np.asarray(tube, dtype=np.int16), np.asarray(covered, dtype=np.float64)


def _aliases(weight: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return shares and partners of Vose's method [VOSE91] for a distribution, (n,) each."""
    n = len(weight)
    share = weight / weight.sum() * n
    alias = np.arange(n)
    small = [i for i in range(n) if share[i] < 1.0]
    large = [i for i in range(n) if share[i] >= 1.0]
    while small and large:
        low, high = small.pop(), large[-1]
        alias[low] = high
        share[high] -= 1.0 - share[low]
        if share[high] < 1.0:
            small.append(large.pop())
    share[small + large] = 1.0  # what rounding left
    return share, alias


@njit
def _expected(
    axis: Floats, tube: Floats, kind: NDArray[np.uint8], efficiency: Floats, chance: Floats, reach_m: float
) -> Floats:
    """Return the chance of a photon to be seen, by position on a cubic grid.

    Parameters
    ----------
    axis : (n,) coordinates of the grid.
    tube : (n_pmt, 3) unit vectors.
    chance : (2, N_NODES, N_ANGLES) by kind of tube.
    reach_m : points beyond are given the value at this radius; those just outside the vessel, which are there
        for places inside, the value of its edge.
    """
    n = len(axis)
    edge_m = VESSEL_RADIUS_M + np.sqrt(3.0) * (axis[1] - axis[0])
    out = np.empty((n, n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n):
                x, y, z = axis[i], axis[j], axis[k]
                radius = np.sqrt(x * x + y * y + z * z)
                turn = 1.0 / max(radius, 1e-9)
                inside = VESSEL_RADIUS_M if VESSEL_RADIUS_M < radius < edge_m else radius
                place = min(inside, reach_m) / NODE_M
                node = min(int(place), N_NODES - 2)
                f = place - node
                seen = 0.0
                for t in range(len(tube)):
                    cosine = (x * tube[t, 0] + y * tube[t, 1] + z * tube[t, 2]) * turn
                    half_chord = np.sqrt(min(max(0.5 - 0.5 * cosine, 0.0), 1.0))
                    at = min(max(half_chord * N_ANGLES - 0.5, 0.0), N_ANGLES - 1.001)
                    b = int(at)
                    g = at - b
                    row = chance[kind[t]]
                    seen += efficiency[t] * (
                        (1 - f) * ((1 - g) * row[node, b] + g * row[node, b + 1])
                        + f * ((1 - g) * row[node + 1, b] + g * row[node + 1, b + 1])
                    )
                out[i, j, k] = seen
    return out


@njit_inline
def interpolate(table: Floats, spacing: float, x: float, y: float, z: float) -> float:
    """Trilinear value of a map on a centred cubic grid; points outside take the value of the edge."""
    half = 0.5 * (table.shape[0] - 1)
    top = table.shape[0] - 1.000001
    a = min(max(x / spacing + half, 0.0), top)
    b = min(max(y / spacing + half, 0.0), top)
    c = min(max(z / spacing + half, 0.0), top)
    i, j, k = int(a), int(b), int(c)
    a, b, c = a - i, b - j, c - k
    low = table[i, j, k] * (1 - c) + table[i, j, k + 1] * c
    mid = table[i, j + 1, k] * (1 - c) + table[i, j + 1, k + 1] * c
    first = low * (1 - b) + mid * b
    low = table[i + 1, j, k] * (1 - c) + table[i + 1, j, k + 1] * c
    mid = table[i + 1, j + 1, k] * (1 - c) + table[i + 1, j + 1, k + 1] * c
    return float(first * (1 - a) + (low * (1 - b) + mid * b) * a)


@njit
def _yields(table: Floats, spacing: float, x: Floats, y: Floats, z: Floats) -> Floats:
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = interpolate(table, spacing, x[i], y[i], z[i])
    return out


def build_optics(
    config: DetectorConfig, pmts: Photomultipliers, light: LightMap, photons_per_mev: float
) -> Optics:
    """Make the tables of the light transport.

    Parameters
    ----------
    config : efficiencies of the tubes.
    pmts : positions, live tubes, concentrators.
    light : map of the optical detector.
    photons_per_mev : tracked photons of visible energy.

    Notes
    -----
    A photon is thrown at a point of the sphere: part and angle come from the map as if every tube had a
    concentrator, the azimuth is even. The nearest tube takes it with its efficiency, less where its cell on
    the sphere is larger than others, or where it is bare.
    """
    relative = relative_efficiency(config.optical.tubes, config.tubes.layout_seed, pmts) * pmts.live
    place_m = np.column_stack([pmts.x_m, pmts.y_m, pmts.z_m])
    axis = place_m / np.linalg.norm(place_m, axis=1)[:, None]
    cube, area = _cube_map(axis)
    chance = np.asarray(light.chance, dtype=np.float64)  # (2 kinds, PARTS, N_NODES, N_ANGLES)
    half_chord = np.arange(N_ANGLES + 1) / N_ANGLES
    solid = np.tile(np.diff(half_chord**2), PARTS)  # part of the sphere in each cell
    by_cell = chance.transpose(0, 2, 1, 3).reshape(2, N_NODES, CELLS)
    best = np.maximum(by_cell.max(axis=0), 1e-30)  # of both kinds: what the throw aims at
    pairs = [_aliases(row * solid) for row in best]
    accept = (by_cell / best).reshape(2, -1)
    evened = relative / np.maximum(area, 1e-12)
    efficiency = evened / max(evened.max(), 1e-30)
    grid = np.linspace(-_REACH_M, _REACH_M, _GRID)
    bare = (~pmts.concentrator).astype(np.uint8)
    seen = _expected(grid, axis, bare, relative, by_cell.reshape(2, N_NODES, PARTS, -1).sum(axis=2), _REACH_M)
    table = seen * photons_per_mev
    x, y, z = np.meshgrid(grid, grid, grid, indexing="ij")
    reach = VESSEL_RADIUS_M + np.sqrt(3.0) * (grid[1] - grid[0])  # grid points that touch the vessel
    kept = (efficiency * area * accept.mean(axis=1)[bare]).sum() / area.sum()
    return Optics(
        cube,
        efficiency.astype(np.float32),
        bare,
        np.ascontiguousarray(place_m, dtype=np.float32),
        (best * solid).sum(axis=1),
        np.concatenate([share for share, _ in pairs]).astype(np.float32),
        np.concatenate([alias + CELLS * node for node, (_, alias) in enumerate(pairs)]).astype(np.int32),
        accept.astype(np.float32),
        np.hstack([_by_row(light.bulk_ns), _by_row(light.tail_ns)]),
        float(1.0 / max(kept, 1e-3)),
        table,
        float(grid[1] - grid[0]),
        float(table[x**2 + y**2 + z**2 <= reach**2].max()),
    )


def _by_row(delay_ns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return delay tables (PARTS, N_NODES, N_ANGLES, steps) as (rows, steps)."""
    return np.ascontiguousarray(delay_ns.transpose(1, 0, 2, 3)).reshape(N_NODES * CELLS, -1)


def light_yield(optics: Optics, x_m: Floats, y_m: Floats, z_m: Floats) -> Floats:
    """Return the mean number of photoelectrons per visible MeV at positions, float64 (n,)."""
    return _yields(optics.yield_pe_mev, optics.grid_m, x_m, y_m, z_m)
