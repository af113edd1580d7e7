"""Rays of the fast fidelity: from a deposit to a point of the sphere of tubes, as a light map has them.

The loops are cut so that the compiler turns them into vector code: arithmetic in single precision in loops
without branches, look-ups in tables in short loops of their own. All is inlined into the loop over deposits:
a call that takes tuples of arrays counts references to each of them, which costs more than tens of rays.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline
from sim.core.rng import fill_words, single
from sim.detector.optical.layout import FACE
from sim.detector.optical.light_map import N_ANGLES, N_NODES, NODE_M
from sim.detector.optics import CELLS, Optics

BATCH = 256  # rays, or photoelectrons, whose random words are made at once
PURPOSE = 0  # second word of the counter, see ``sim.detector.hits``
_LANES = 16  # a batch is a multiple of this: what the vector code does at once
Single = NDArray[np.float32]
Ints32 = NDArray[np.int32]
Words32 = NDArray[np.uint32]

# Constants of single precision: anything wider would widen the arithmetic of a whole loop.
_HALF, _ONE, _TWO = np.float32(0.5), np.float32(1.0), np.float32(2.0)
_LOW = np.uint32(0xFFFF)
_COLUMNS = np.float32(CELLS)
_UNIT16 = np.float32(2.0**-16)
_PER_CHORD = np.float32(2.0 / N_ANGLES**2)
_HALF_TURN, _MIDDLE = np.float32(np.pi / 65536.0), np.float32(32767.5)
_SINE = tuple(np.float32(c) for c in (-1 / 6, 1 / 120, -1 / 5040, 1 / 362880))
_COSINE = tuple(np.float32(c) for c in (-1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800))
_FACE = np.int32(FACE)
_TO_FACE, _FACE_MIDDLE = np.float32(0.5 * FACE * (1.0 - 1e-6)), np.float32(0.5 * FACE)


class Aim(NamedTuple):
    """What the rays of a deposit share: two radii of the map, and a frame along its direction."""

    node: int
    upper: Any  # chance that a ray follows the map of the next radius, in steps of 2^-16, float32
    frame: Any  # nine float32: two vectors across, one along the direction


class Workspace(NamedTuple):
    """Room for the kernels: words and rays of a batch, and the collected rays of a deposit."""

    words: Words32  # (4, BATCH)
    column: Ints32  # (BATCH,), row of the tables by cell
    partner: Ints32  # the other row that the column leads to
    share: Single  # of the column that is its own
    rest: Single  # place in the column
    texel: Ints32
    row: Ints32
    tube: NDArray[np.int16]  # (most rays + BATCH,)
    cell: Ints32


@njit_inline
def aim(x: float, y: float, z: float, optics: Optics) -> Aim:
    """Prepare the rays of a deposit at a position in m."""
    radius = np.sqrt(x * x + y * y + z * z)
    place = min(radius / NODE_M, N_NODES - 1.000001)
    node = int(place)
    part = place - node
    above = part * optics.seen[node + 1]
    upper = np.float32(65536.0 * above / max(above + (1.0 - part) * optics.seen[node], 1e-30))
    ax, ay, az = 0.0, 0.0, 1.0
    if radius > 1e-6:
        ax, ay, az = x / radius, y / radius, z / radius
    sign = 1.0 if az >= 0.0 else -1.0
    a = -1.0 / (sign + az)
    b = ax * ay * a
    frame = (
        np.float32(1.0 + sign * ax * ax * a), np.float32(sign * b), np.float32(-sign * ax),
        np.float32(b), np.float32(sign + ay * ay * a), np.float32(-ay),
        np.float32(ax), np.float32(ay), np.float32(az),
    )  # fmt: skip
    return Aim(node, upper, frame)


@njit_inline
def _choose(n: int, where: Words32, pick: Words32, ray: Aim, column: Ints32, rest: Single) -> None:
    """Choose radius and column of the method of aliases, and the place in the column."""
    begin = np.int32(ray.node * CELLS)
    next_begin = np.int32(begin + np.int32(CELLS))
    upper = ray.upper
    for i in range(n):
        u = single(where[i]) * _COLUMNS
        here = np.int32(u)
        rest[i] = u - np.float32(here)
        column[i] = here + (next_begin if np.float32(pick[i] & _LOW) + _HALF < upper else begin)


@njit_inline
def _look_up(n: int, column: Ints32, below: Single, alias: Ints32, share: Single, partner: Ints32) -> None:
    for i in range(n):
        at = np.uint32(column[i])
        share[i] = below[at]
        partner[i] = alias[at]


@njit_inline
def _land(n: int, azimuth: Words32, ray: Aim, work: Workspace) -> None:
    """Set cell and texel of rays; the texel as ``sim.detector.optical.layout.texel`` has it."""
    fx, fy, fz, gx, gy, gz, ax, ay, az = ray.frame
    s1, s2, s3, s4 = _SINE
    c1, c2, c3, c4, c5 = _COSINE
    column, partner, shares, rests = work.column, work.partner, work.share, work.rest
    texel, row = work.texel, work.row
    for i in range(n):
        rest, share = rests[i], shares[i]
        own = rest < share
        cell = column[i] if own else partner[i]
        inside = (rest if own else rest - share) / (share if own else _ONE - share)
        row[i] = cell
        angle = np.float32(np.uint32(cell) % np.uint32(N_ANGLES))
        # even in the cosine between the half chords of the cell's borders
        turned = min((angle * angle + inside * (_TWO * angle + _ONE)) * _PER_CHORD, _TWO)
        cosine = _ONE - turned
        sine = np.sqrt(turned * (_TWO - turned))
        # sine and cosine of half the azimuth by their series, good to single precision up to pi / 2
        half = (np.float32(azimuth[i] & _LOW) - _MIDDLE) * _HALF_TURN
        q = half * half
        s = half * (_ONE + q * (s1 + q * (s2 + q * (s3 + q * s4))))
        c = _ONE + q * (c1 + q * (c2 + q * (c3 + q * (c4 + q * c5))))
        f = sine * (_ONE - _TWO * s * s)
        g = sine * _TWO * s * c
        x = cosine * ax + f * fx + g * gx
        y = cosine * ay + f * fy + g * gy
        z = cosine * az + f * fz + g * gz
        bx, by, bz = abs(x), abs(y), abs(z)
        on_x = (bx >= by) & (bx >= bz)
        on_y = by >= bz
        major = x if on_x else (y if on_y else z)
        v = y if on_x else x
        w = z if (on_x or on_y) else y
        side = np.int32(0) if on_x else (np.int32(2) if on_y else np.int32(4))
        face = side + (np.int32(1) if major < np.float32(0.0) else np.int32(0))
        scale = _TO_FACE / abs(major)
        line = np.int32(face * _FACE + np.int32(v * scale + _FACE_MIDDLE))
        texel[i] = np.int32(line * _FACE + np.int32(w * scale + _FACE_MIDDLE))


@njit_inline
def follow_rays(n: int, ray: Aim, optics: Optics, work: Workspace) -> None:
    """Follow n rays of a deposit from their words; sets ``texel`` and ``row`` of the workspace."""
    words = work.words
    _choose(n, words[0], words[2], ray, work.column, work.rest)
    _look_up(n, work.column, optics.alias_below, optics.alias, work.share, work.partner)
    _land(n, words[1], ray, work)


@njit_inline
def _collect(
    n: int, cube: NDArray[np.int16], efficiency: Single, bare: NDArray[np.uint8], accept: Single,
    work: Workspace, landed: int,
) -> int:  # fmt: skip
    """Keep those of n followed rays whose light is collected; returns the number of all kept so far."""
    chance, texels, rows, tubes, cells = work.words[2], work.texel, work.row, work.tube, work.cell
    for i in range(n):
        tube = np.uint64(cube[np.uint64(texels[i])])
        row = rows[i]
        tubes[landed] = tube
        cells[landed] = row
        u = (np.float32(chance[i] >> np.uint32(16)) + _HALF) * _UNIT16
        landed += u < efficiency[tube] * accept[np.uint64(bare[tube]), np.uint64(row)]
    return landed


@njit_inline
def throw_rays(
    n: int, x: float, y: float, z: float, counter: int,
    key0: np.uint32, key1: np.uint32, optics: Optics, work: Workspace,
) -> None:  # fmt: skip
    """Throw rays until n of them are collected; their tubes and cells go to the workspace.

    Parameters
    ----------
    x, y, z : of the deposit, in m.
    counter, key0, key1 : of the random words.
    work : must have room for n + BATCH rays.
    """
    ray = aim(x, y, z, optics)
    cube, efficiency, bare, accept = optics.cube, optics.efficiency, optics.bare, optics.accept
    landed = 0
    draw = 0
    while landed < n:
        wanted = int((n - landed) * optics.rays) + _LANES
        calls = min(BATCH, wanted - wanted % _LANES)
        fill_words(calls, draw, PURPOSE, counter, 0, key0, key1, work.words)
        draw += calls
        follow_rays(calls, ray, optics, work)
        landed = _collect(calls, cube, efficiency, bare, accept, work, landed)


@njit_inline
def new_workspace(rays: int) -> Workspace:
    """Return room for at most ``rays`` photoelectrons of one deposit."""
    return Workspace(
        np.empty((4, BATCH), np.uint32),
        np.empty(BATCH, np.int32),
        np.empty(BATCH, np.int32),
        np.empty(BATCH, np.float32),
        np.empty(BATCH, np.float32),
        np.empty(BATCH, np.int32),
        np.empty(BATCH, np.int32),
        np.empty(rays + BATCH, np.int16),
        np.empty(rays + BATCH, np.int32),
    )
