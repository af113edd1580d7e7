"""Rays of the fast fidelity: from a deposit to a point of the sphere of tubes, as a light map has them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit, njit_inline
from sim.detector.optical.layout import FACE
from sim.detector.optical.light_map import BULK, N_NODES, NODE_M, TAIL, TAIL_SHARE
from sim.detector.optics import CELLS, Optics

Words32 = NDArray[np.uint32]


class Aim(NamedTuple):
    """What the rays of a deposit share: two radii of the map, and a frame along its direction."""

    node: int
    upper: float  # chance that a ray follows the map of the next radius
    frame: tuple[float, float, float, float, float, float, float, float, float]


@njit_inline
def aim(x: float, y: float, z: float, optics: Optics) -> Aim:
    """Prepare the rays of a deposit at a position in m."""
    radius = np.sqrt(x * x + y * y + z * z)
    place = min(radius / NODE_M, N_NODES - 1.000001)
    node = int(place)
    part = place - node
    above = part * optics.seen[node + 1]
    upper = above / max(above + (1.0 - part) * optics.seen[node], 1e-30)
    if radius < 1e-6:
        return Aim(node, upper, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    ax, ay, az = x / radius, y / radius, z / radius
    sign = 1.0 if az >= 0.0 else -1.0
    a = -1.0 / (sign + az)
    b = ax * ay * a
    frame = (1.0 + sign * ax * ax * a, sign * b, -sign * ax, b, sign + ay * ay * a, -ay, ax, ay, az)
    return Aim(node, upper, frame)


@njit
def follow_rays(
    n: int,
    where: Words32,
    azimuth: Words32,
    ray: Aim,
    below: NDArray[np.float32],
    alias: NDArray[np.int32],
    cosines: NDArray[np.float32],
    texel: NDArray[np.int32],
    row: NDArray[np.int32],
) -> None:
    """Follow n rays of a deposit; free of branches, so that it is vectorised.

    Parameters
    ----------
    where : random words: radius of the map, cell and place in it.
    azimuth : random words, of which the lower 16 bits are used.
    ray : from ``aim``.
    below, alias, cosines : tables of ``Optics``.
    texel, row : outputs, (n,): place in the cube map, row of the tables by cell.
    """
    fx, fy, fz, gx, gy, gz, ax, ay, az = ray.frame
    node, upper = ray.node, ray.upper
    scale_up, scale_down = 1.0 / max(upper, 1e-12), 1.0 / max(1.0 - upper, 1e-12)
    for i in range(n):
        u = (float(where[i]) + 0.5) * 2.0**-32
        high = u < upper
        u = u * scale_up if high else (u - upper) * scale_down
        u = min(max(u, 0.0), 1.0 - 1e-9) * CELLS
        column = np.int32(u)
        rest = u - column
        first = np.int32((node + 1 if high else node) * CELLS) + column
        share = float(below[first])
        own = rest < share
        cell = first if own else alias[first]
        inside = (rest if own else rest - share) / (share if own else 1.0 - share)
        in_node = cell - np.int32((node + 1 if high else node) * CELLS)
        cosine = float(cosines[in_node, 0]) + inside * float(cosines[in_node, 1])
        sine = np.sqrt(max(1.0 - cosine * cosine, 0.0))
        # sine and cosine of half the azimuth by their Taylor series, better than 1e-6 up to pi / 2
        half = (float(azimuth[i] & np.uint32(0xFFFF)) - 32767.5) * (np.pi / 65536.0)
        q = half * half
        s = half * (1 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 - q / 39916800)))))
        c = 1 + q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 - q / 3628800))))
        p = sine * (1.0 - 2.0 * s * s)
        r = sine * 2.0 * s * c
        px = cosine * ax + p * fx + r * gx
        py = cosine * ay + p * fy + r * gy
        pz = cosine * az + p * fz + r * gz
        bx, by, bz = abs(px), abs(py), abs(pz)
        on_x = (bx >= by) & (bx >= bz)
        on_y = by >= bz
        major = px if on_x else (py if on_y else pz)
        v = py if on_x else px
        w = pz if (on_x or on_y) else py
        face = (0 if on_x else (2 if on_y else 4)) + (1 if major < 0 else 0)
        scale = (0.5 * FACE * (1.0 - 1e-7)) / abs(major)
        texel[i] = (np.int32(face) * FACE + np.int32(v * scale + 0.5 * FACE)) * FACE + np.int32(
            w * scale + 0.5 * FACE
        )
        row[i] = cell


@njit_inline
def delay(word: int, bulk_ns: NDArray[np.float32], tail_ns: NDArray[np.float32], row: int) -> float:
    """Turn a random 16-bit word into the delay of light behind its straight flight."""
    u = (word + 0.5) * 2.0**-16
    edge = 1.0 - 1.0 / TAIL_SHARE
    if u < edge:
        place = u * (BULK / edge)
        i = int(place)
        return float(bulk_ns[row, i] + (place - i) * (bulk_ns[row, i + 1] - bulk_ns[row, i]))
    place = (u - edge) * (TAIL * TAIL_SHARE)
    i = int(place)
    return float(tail_ns[row, i] + (place - i) * (tail_ns[row, i + 1] - tail_ns[row, i]))
