"""Where and in which direction: uniform in a sphere, isotropic, or about an axis."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit, njit_inline

Floats = NDArray[np.float64]


@njit_inline
def rotate(
    axis_x: float, axis_y: float, axis_z: float, cosine: float, azimuth: float
) -> tuple[float, float, float]:
    """Return the unit vector at an angle (its cosine) and azimuth about a unit axis."""
    sine = math.sqrt(max(0.0, 1.0 - cosine * cosine))
    u = sine * math.cos(azimuth)
    v = sine * math.sin(azimuth)
    # orthonormal frame without a singular direction: Duff et al. 2017 [DUFF17]
    sign = math.copysign(1.0, axis_z)
    a = -1.0 / (sign + axis_z)
    b = axis_x * axis_y * a
    return (
        u * (1.0 + sign * axis_x * axis_x * a) + v * b + cosine * axis_x,
        u * sign * b + v * (sign + axis_y * axis_y * a) + cosine * axis_y,
        -u * sign * axis_x - v * axis_y + cosine * axis_z,
    )


@njit
def _fill_sphere(rng: np.random.Generator, radius_m: float, out: Floats) -> None:
    for i in range(out.shape[1]):
        cosine = 2.0 * rng.random() - 1.0
        azimuth = 2.0 * math.pi * rng.random()
        radius = radius_m * rng.random() ** (1.0 / 3.0)
        sine = math.sqrt(1.0 - cosine * cosine)
        out[0, i] = radius * sine * math.cos(azimuth)
        out[1, i] = radius * sine * math.sin(azimuth)
        out[2, i] = radius * cosine


@njit
def _fill_directions(rng: np.random.Generator, out: Floats) -> None:
    for i in range(out.shape[1]):
        cosine = 2.0 * rng.random() - 1.0
        azimuth = 2.0 * math.pi * rng.random()
        sine = math.sqrt(1.0 - cosine * cosine)
        out[0, i] = sine * math.cos(azimuth)
        out[1, i] = sine * math.sin(azimuth)
        out[2, i] = cosine


def sample_sphere(rng: np.random.Generator, radius_m: float, n: int) -> Floats:
    """Return n points uniform in a centred sphere, float (3, n) in m; all at the centre for radius 0."""
    out = np.empty((3, n))
    _fill_sphere(rng, radius_m, out)
    return out


def sample_directions(rng: np.random.Generator, n: int) -> Floats:
    """Return n isotropic unit vectors, float (3, n)."""
    out = np.empty((3, n))
    _fill_directions(rng, out)
    return out
