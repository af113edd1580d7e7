"""Directions: isotropic, by Lambert's law, by Rayleigh's law; a random word each."""

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline

_STEPS = 1024


@njit_inline
def turn(word: np.uint32) -> tuple[float, float]:
    """Return cosine and sine of a uniform angle, from the lower 16 bits of a word, good to 1e-6.

    Half the angle lies within a quarter turn, where a few terms of the series are enough.
    """
    half = (float(word & np.uint32(0xFFFF)) - 32767.5) * (np.pi / 65536.0)
    q = half * half
    s = half * (1 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 - q / 39916800)))))
    c = 1 + q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 - q / 3628800))))
    return 1.0 - 2.0 * s * s, 2.0 * s * c


@njit_inline
def isotropic(word: np.uint32) -> tuple[float, float, float]:
    """Return a unit vector: cos(theta) from the upper, azimuth from the lower 16 bits."""
    z = (float(word >> np.uint32(16)) + 0.5) * 2.0**-15 - 1.0
    sine = np.sqrt(1.0 - z * z)
    c, s = turn(word)
    return sine * c, sine * s, z


@njit_inline
def lambert(word: np.uint32, nx: float, ny: float, nz: float) -> tuple[float, float, float]:
    """Return a unit vector with a cosine law about the unit normal n: n plus an isotropic one, made unit."""
    x, y, z = isotropic(word)
    x += nx
    y += ny
    z += nz
    scale = 1.0 / np.sqrt(max(x * x + y * y + z * z, 1e-12))
    return x * scale, y * scale, z * scale


@njit_inline
def tilt(ux: float, uy: float, uz: float, cosine: float, c: float, s: float) -> tuple[float, float, float]:
    """Return the unit vector at an angle of given cosine to u, turned by (c, s) about it [DUFF17]."""
    sign = 1.0 if uz >= 0.0 else -1.0
    a = -1.0 / (sign + uz)
    b = ux * uy * a
    sine = np.sqrt(max(1.0 - cosine * cosine, 0.0))
    p, q = sine * c, sine * s
    x = cosine * ux + p * (1.0 + sign * ux * ux * a) + q * b
    y = cosine * uy + p * sign * b + q * (sign + uy * uy * a)
    z = cosine * uz - p * sign * ux - q * uy
    scale = 1.5 - 0.5 * (x * x + y * y + z * z)  # keeps the length at 1 over many scatterings
    return x * scale, y * scale, z * scale


@njit_inline
def scattered_cosine(word: np.uint32, table: NDArray[np.float32]) -> float:
    """Turn the upper 16 bits of a word into the cosine of a Rayleigh angle."""
    place = (float(word >> np.uint32(16)) + 0.5) * (2.0**-16 * _STEPS)
    i = int(place)
    return float(table[i] + (place - i) * (table[i + 1] - table[i]))


def rayleigh_table() -> NDArray[np.float32]:
    """Return the inverse distribution of 3/8 (1 + c^2), float32 (1025,).

    The distribution function is (4 + 3 c + c^3) / 8: the root of a cubic (polarisation averaged).
    """
    u = 4.0 * np.linspace(0.0, 1.0, _STEPS + 1) - 2.0
    root = np.sqrt(1.0 + u * u)
    return np.asarray(np.cbrt(u + root) + np.cbrt(u - root), dtype=np.float32)
