"""The detector as data: spheres from the inside out, tubes on two of them, maps from direction to tube."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.core.geometry import Photomultipliers
from sim.core.jit import njit_inline
from sim.detector.optical.config import OpticalConfig
from sim.detector.optical.media import BUFFER, N_BINS, SCINTILLATOR, film_depth

Floats = NDArray[np.float64]
VESSEL, SHROUD, MOUTHS, CATHODES, STEEL = range(5)  # spheres; region k lies inside sphere k, outside k - 1
N_SPHERES = 5
NO_TUBE = -1
FACE = 128  # texels along a face of the cube map


class Layout(NamedTuple):
    """Spheres and tubes."""

    centre_m: Floats  # (5, 3)
    radius_m: Floats  # (5,)
    film: NDArray[np.float32]  # (5, N_BINS) optical depth of the sphere's film at normal incidence
    medium: NDArray[np.int64]  # (5,) of the region inside each sphere
    refracts: bool  # the two liquids differ in index
    axis: Floats  # (n_pmt, 3) unit vectors to the tubes
    mouths: NDArray[np.int16]  # (6 FACE^2,) tube whose concentrator a direction may meet, or NO_TUBE
    cathodes: NDArray[np.int16]  # the same for bare tubes


@njit_inline
def texel(x: float, y: float, z: float) -> int:
    """Return the place of a direction in a cube map."""
    ax, ay, az = abs(x), abs(y), abs(z)
    on_x = (ax >= ay) & (ax >= az)
    on_y = ay >= az
    major = x if on_x else (y if on_y else z)
    u = y if on_x else x
    v = z if (on_x or on_y) else y
    face = (0 if on_x else (2 if on_y else 4)) + (1 if major < 0 else 0)
    scale = (0.5 * FACE * (1.0 - 1e-9)) / abs(major)
    return (face * FACE + int(u * scale + 0.5 * FACE)) * FACE + int(v * scale + 0.5 * FACE)


def texel_directions() -> Floats:
    """Return unit vectors to the middles of all texels, float64 (6 FACE^2, 3)."""
    step = (np.arange(FACE) + 0.5) / FACE * 2.0 - 1.0
    u, v = (grid.ravel() for grid in np.meshgrid(step, step, indexing="ij"))
    one = np.ones_like(u)
    faces = [np.column_stack((s * one, u, v)) for s in (1, -1)]
    faces += [np.column_stack((u, s * one, v)) for s in (1, -1)]
    faces += [np.column_stack((u, v, s * one)) for s in (1, -1)]
    out = np.concatenate(faces)
    return np.asarray(out / np.linalg.norm(out, axis=1)[:, None])


def _tube_map(axis: Floats, kind: NDArray[np.bool_], half_angle: float) -> NDArray[np.int16]:
    """Return the nearest tube of a kind where one is near enough to be met from somewhere in the texel."""
    out = np.full(6 * FACE**2, NO_TUBE, np.int16)
    number = np.flatnonzero(kind)
    if len(number):
        chord, nearest = cKDTree(axis[number]).query(texel_directions())
        corner = (
            math.sqrt(2.0) / FACE
        )  # half a texel's diagonal, on the unit cube, hence at most on the sphere
        near = 2.0 * np.arcsin(0.5 * chord) < half_angle + corner
        out[near] = number[nearest[near]]
    return out


def build_layout(config: OpticalConfig, pmts: Photomultipliers) -> Layout:
    """Arrange spheres and tubes.

    Concentrators open on the sphere of their mouths, bare tubes lie on the sphere of the photocathodes; both
    are taken as caps of these spheres (2 mm deep at most). The tubes' bodies behind are not there.
    """
    spheres, tubes = config.spheres, config.tubes
    centre = np.zeros((N_SPHERES, 3))
    centre[VESSEL] = spheres.vessel_offset_m
    mouths_m = spheres.tubes_m - tubes.length_m
    radius = np.array([spheres.vessel_m, spheres.shroud_m, mouths_m, spheres.tubes_m, spheres.steel_m])
    film = np.zeros((N_SPHERES, N_BINS), np.float32)
    film[VESSEL] = film[SHROUD] = film_depth(config)
    axis = np.column_stack([pmts.x_m, pmts.y_m, pmts.z_m])
    axis /= np.linalg.norm(axis, axis=1)[:, None]
    there = tubes.enabled & np.ones(len(axis), bool)
    return Layout(
        centre,
        radius,
        film,
        np.array([SCINTILLATOR, BUFFER, BUFFER, BUFFER, BUFFER]),
        spheres.buffer_index_ratio != 1.0,
        axis,
        _tube_map(axis, there & pmts.concentrator, math.asin(tubes.mouth_m / mouths_m)),
        _tube_map(axis, there & ~pmts.concentrator, math.asin(tubes.ring_m / spheres.tubes_m)),
    )
