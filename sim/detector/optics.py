"""Where light lands: nearest tube of a direction (a cube map), efficiency of each tube, yield map."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.geometry import PMT_RADIUS_M, REFERENCE_PMTS, VESSEL_RADIUS_M, Photomultipliers
from sim.core.jit import njit, njit_inline
from sim.core.rng import Stage, stream
from sim.detector.config import DetectorConfig

Floats = NDArray[np.float64]
FACE = 128  # texels along a face of the cube map: 10 cm on the sphere, a fifth of the tubes' spacing
_GRID = 25  # points of the yield map along an axis


class Optics(NamedTuple):
    """Tables of the light transport."""

    cube: NDArray[np.int16]  # (6 FACE^2,) nearest tube of a direction
    efficiency: NDArray[np.float32]  # (n_pmt,) relative, at most 1; 0 for a dead tube
    falloff: float  # acceptance falls as 1 - falloff (1 - cos(incidence))
    radius_m: float
    ns_per_m: float  # time of flight
    yield_pe_mev: Floats  # (_GRID, _GRID, _GRID) on live tubes, by position x, y, z
    grid_m: float  # spacing of the map
    best_pe_mev: float  # largest yield inside the vessel


@njit
def follow_rays(
    n: int,
    direction: NDArray[np.uint32],
    x: float,
    y: float,
    z: float,
    radius_m: float,
    texel: NDArray[np.int32],
    path_m: NDArray[np.float32],
    cosine: NDArray[np.float32],
) -> None:
    """Follow n isotropic rays from a point to the sphere; free of branches, so that it is vectorised.

    Parameters
    ----------
    direction : random words: cos(theta) from the upper, phi from the lower 16 bits.
    texel, path_m, cosine : outputs, (n,): place in the cube map, length, cosine of the angle of incidence.
    """
    constant = radius_m * radius_m - x * x - y * y - z * z
    for i in range(n):
        word = direction[i]
        cos_theta = (float(word >> np.uint32(16)) + 0.5) * 2.0**-15 - 1.0
        sin_theta = np.sqrt(1.0 - cos_theta * cos_theta)
        # sine and cosine of half the azimuth by their Taylor series, better than 1e-6 up to pi / 2
        half = (float(word & np.uint32(0xFFFF)) - 32767.5) * (np.pi / 65536.0)
        q = half * half
        s = half * (1 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 - q / 39916800)))))
        c = 1 + q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 - q / 3628800))))
        ux = sin_theta * (1.0 - 2.0 * s * s)
        uy = sin_theta * 2.0 * s * c
        along = x * ux + y * uy + z * cos_theta
        root = np.sqrt(along * along + constant)
        path = root - along
        px, py, pz = x + path * ux, y + path * uy, z + path * cos_theta
        ax, ay, az = abs(px), abs(py), abs(pz)
        on_x = (ax >= ay) & (ax >= az)
        on_y = ay >= az
        major = px if on_x else (py if on_y else pz)
        u = py if on_x else px
        v = pz if (on_x or on_y) else py
        face = (0 if on_x else (2 if on_y else 4)) + (1 if major < 0 else 0)
        scale = (0.5 * FACE * (1.0 - 1e-7)) / abs(major)
        row = np.int32(u * scale + 0.5 * FACE)
        column = np.int32(v * scale + 0.5 * FACE)
        texel[i] = (np.int32(face) * FACE + row) * FACE + column
        path_m[i] = path
        cosine[i] = root / radius_m


def _cube_map(pmts: Photomultipliers) -> NDArray[np.int16]:
    step = (np.arange(FACE) + 0.5) / FACE * 2.0 - 1.0
    u, v = (grid.ravel() for grid in np.meshgrid(step, step, indexing="ij"))
    one = np.ones_like(u)
    faces = [(s * one, u, v) for s in (1, -1)] + [(u, s * one, v) for s in (1, -1)]
    faces += [(u, v, s * one) for s in (1, -1)]
    directions = np.concatenate([np.column_stack(face) for face in faces])
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    tree = cKDTree(np.column_stack([pmts.x_m, pmts.y_m, pmts.z_m]) / PMT_RADIUS_M)
    return np.asarray(tree.query(directions)[1], dtype=np.int16)


@njit
def _seen_fraction(
    axis: Floats, x: Floats, y: Floats, z: Floats, efficiency: Floats, falloff: float
) -> Floats:
    n = len(axis)
    out = np.empty((n, n, n))
    radius2 = x[0] ** 2 + y[0] ** 2 + z[0] ** 2
    for i in range(n):
        for j in range(n):
            for k in range(n):
                total = 0.0
                seen = 0.0
                for p in range(len(x)):
                    dx, dy, dz = x[p] - axis[i], y[p] - axis[j], z[p] - axis[k]
                    d2 = dx * dx + dy * dy + dz * dz
                    cosine = (radius2 - x[p] * axis[i] - y[p] * axis[j] - z[p] * axis[k]) / np.sqrt(
                        radius2 * d2
                    )
                    angle = cosine / d2
                    total += angle
                    seen += angle * efficiency[p] * max(1.0 - falloff * (1.0 - cosine), 0.0)
                out[i, j, k] = seen / total
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


def tube_efficiency(config: DetectorConfig, pmts: Photomultipliers) -> Floats:
    """Return the relative efficiency of every installed tube, dead ones too; float64 (n_pmt,), at most 1."""
    if not config.collection.enabled:
        return np.ones(len(pmts.live))
    rng = stream(config.tubes.layout_seed, Stage.LAYOUT, 1)
    spread = np.clip(
        1.0 + config.collection.relative_qe_sigma * rng.standard_normal(len(pmts.live)), 0.1, None
    )
    efficiency = spread * np.where(pmts.concentrator, 1.0, config.collection.bare_efficiency)
    return np.asarray(efficiency / efficiency.max())


def build_optics(config: DetectorConfig, pmts: Photomultipliers) -> Optics:
    """Make the tables of the light transport.

    The yield at a position is the sum over live tubes of solid angle x efficiency x angular acceptance,
    normalised so that a detector with every tube live would see ``light.yield_pe_mev`` (for 2000 tubes)
    at its centre.
    """
    falloff = config.collection.angular_falloff if config.collection.enabled else 0.0
    installed = tube_efficiency(config, pmts)
    live = installed * pmts.live
    axis = np.linspace(-VESSEL_RADIUS_M, VESSEL_RADIUS_M, _GRID)
    seen = _seen_fraction(axis, pmts.x_m, pmts.y_m, pmts.z_m, live, falloff)
    per_tube = config.light.yield_pe_mev * config.light.scale / REFERENCE_PMTS
    # Summed over all tubes at the centre, seen would be the mean efficiency of the installed ones.
    table = seen / installed.mean() * len(installed) * per_tube
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    reach = VESSEL_RADIUS_M + np.sqrt(3.0) * (axis[1] - axis[0])  # grid points that touch the vessel
    return Optics(
        _cube_map(pmts),
        live.astype(np.float32),
        falloff,
        PMT_RADIUS_M,
        config.flight.refractive_index / SPEED_OF_LIGHT_M_NS if config.flight.enabled else 0.0,
        table,
        float(axis[1] - axis[0]),
        float(table[x**2 + y**2 + z**2 <= reach**2].max()),
    )


def light_yield(optics: Optics, x_m: Floats, y_m: Floats, z_m: Floats) -> Floats:
    """Return the mean number of photoelectrons per visible MeV at positions, float64 (n,)."""
    return _yields(optics.yield_pe_mev, optics.grid_m, x_m, y_m, z_m)
