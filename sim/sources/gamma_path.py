"""The path of a gamma from outside through the shells, guided inwards.

A path is guided by splitting and Russian roulette on its importance ``(1 + t) exp(-t)``. Here
``t = depth (1 + s radius / target)`` is about the optical depth to the target sphere along the direction:
``depth`` is the shortest one, ``s = (1 - cosine) / (1 + bent depth / E (1 - cosine))`` with the cosine to
the inward normal, saturated because a gamma can scatter inwards; the factor 1 + t is the build-up of
scattered gammas. Trees from most energies, places and directions are about equally heavy with it. Weight
times importance is kept between a half and two: above, a path goes on as several, below, it ends or goes on
with more weight. Neither changes an expectation. A path is guided until it reaches the target.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRON_MASS_MEV, SPEED_OF_LIGHT_M_NS
from sim.core.jit import njit, njit_inline
from sim.physics.gamma_media import Media, look_up
from sim.physics.pair_production import PAIR_THRESHOLD_MEV
from sim.physics.quenching import Quenching, visible_energy
from sim.sources.cascade import sample_axis, sample_pair, sample_scatter
from sim.sources.vertices import rotate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# columns of a path: place and direction of its gamma, then these; LATER: all eight of a gamma that waits
ENERGY, DELAY, LATER, LATER_ENERGY, WEIGHT = 6, 7, 8, 14, 16
USED, ARRIVED, SHELL, LATER_SHELL, LIGHT = 17, 18, 19, 20, 21
PATH_SIZE = 22
SITE_COLUMNS = 6  # delay, deposited, visible, x, y, z
MOST_SITES = 400  # a cascade of 2.6 MeV has 40
DEEPEST = 200  # paths that wait; with more a path is not split

_LOWEST_MEV = 2e-3  # a gamma below gives all it has to one electron
_LOOK = 1.0  # mean free paths after which a path's importance is looked at
_ROULETTE, _SPLIT = 0.5, 2.0


class Guide(NamedTuple):
    """How paths are guided: to a sphere of a radius; one that cannot make as much light any more ends."""

    target_m: float
    least_mev: float
    bent_mev: float = 0.17
    build_up: float = 1.0


@njit_inline
def _to_boundary(outer_m: Floats, shell: int, radius2: float, along: float) -> tuple[float, int]:
    """Return the distance to the shell's boundary along the direction, and the shell behind it."""
    if along < 0.0 and shell > 0:
        inside = along * along - radius2 + outer_m[shell - 1] * outer_m[shell - 1]
        if inside > 0.0:
            return max(-along - math.sqrt(inside), 0.0), shell - 1
    inside = along * along - radius2 + outer_m[shell] * outer_m[shell]
    return max(-along + math.sqrt(max(inside, 0.0)), 0.0), shell + 1


@njit_inline
def importance(guide: Guide, liquid_per_m: float, radius_m: float, cosine: float, energy_mev: float) -> float:
    """Return the importance of a gamma at a radius; 1 inside the target."""
    depth = liquid_per_m * max(radius_m - guide.target_m, 0.0)
    aside = (1.0 - cosine) / (1.0 + guide.bent_mev * depth / energy_mev * (1.0 - cosine))
    t = depth * (1.0 + aside * radius_m / guide.target_m)
    return (1.0 + guide.build_up * t) * math.exp(-t)


@njit_inline
def _interact(
    rng: np.random.Generator, electron: Quenching, path: Floats, absorbed: float, paired: float
) -> tuple[float, float]:
    """Let the gamma of a path interact; return energy deposited and light."""
    energy = path[ENERGY]
    chance = rng.random() if energy > _LOWEST_MEV else 0.0
    if chance >= absorbed + paired:
        given, cosine = sample_scatter(rng, energy)
        path[3], path[4], path[5] = rotate(path[3], path[4], path[5], cosine, 2.0 * math.pi * rng.random())
        path[ENERGY] = max(energy - given, 0.0)
        return given, visible_energy(electron, given)
    if chance >= absorbed and energy > PAIR_THRESHOLD_MEV:
        given, light = sample_pair(rng, energy, electron)
        path[3], path[4], path[5] = sample_axis(rng)
        path[ENERGY] = ELECTRON_MASS_MEV
        path[LATER : LATER + 8] = path[:8]
        path[LATER + 3], path[LATER + 4], path[LATER + 5] = -path[3], -path[4], -path[5]
        path[LATER_SHELL] = path[SHELL]
        return given, light
    path[ENERGY] = 0.0
    return energy, visible_energy(electron, energy)


@njit
def _look(
    rng: np.random.Generator, media: Media, guide: Guide, total_per_m: float, path: Floats, stack: Floats,
    copies: Ints, top: int,
) -> int:  # fmt: skip
    """Split a path or let it play roulette; return how many paths wait, or -1 where it ended."""
    if path[ENERGY] + path[LATER_ENERGY] + path[LIGHT] < guide.least_mev:
        return -1
    radius = math.sqrt(path[0] * path[0] + path[1] * path[1] + path[2] * path[2])
    inwards = -(path[0] * path[3] + path[1] * path[4] + path[2] * path[5]) / radius
    value = importance(guide, total_per_m, radius, inwards, path[ENERGY])
    if path[LATER_ENERGY] > 0.0:  # two gammas back to back: the better of them counts
        liquid = look_up(media, 0, path[LATER_ENERGY])[0]
        value = max(value, importance(guide, liquid, radius, abs(inwards), path[LATER_ENERGY]))
    ratio = path[WEIGHT] * value
    if ratio < _ROULETTE:
        if rng.random() >= ratio:
            return -1
        path[WEIGHT] = 1.0 / value
    elif ratio > _SPLIT and top < copies.size:
        number = int(ratio + rng.random())
        path[WEIGHT] = 1.0 / value
        if number > 1:
            stack[top] = path
            copies[top] = number - 1
            top += 1
    return top


@njit
def follow_path(
    rng: np.random.Generator, media: Media, electron: Quenching, guide: Guide, path: Floats, sites: Floats,
    stack: Floats, copies: Ints, top: int,
) -> int:  # fmt: skip
    """Follow a path to the target if it is guided, to its end otherwise.

    Parameters
    ----------
    path : (PATH_SIZE,), its state; with ``ARRIVED`` set it is not guided. Holds the state at the end.
    sites : (SITE_COLUMNS, MOST_SITES), filled from ``path[USED]`` on with the deposits that make light.
    stack, copies, top : paths that wait, (DEEPEST, PATH_SIZE), how often each, and how many there are.

    Returns
    -------
    Paths that wait at the end. ``path[ARRIVED]`` tells whether the path reached the target.
    """
    n_shells = media.outer_m.size
    shell = int(path[SHELL])
    total, absorbed, paired = look_up(media, shell, path[ENERGY])
    while True:
        if path[ENERGY] <= 0.0:
            if path[LATER_ENERGY] <= 0.0:
                return top
            path[:8] = path[LATER : LATER + 8]
            path[LATER_ENERGY] = 0.0
            path[SHELL] = path[LATER_SHELL]
            shell = int(path[SHELL])
            total, absorbed, paired = look_up(media, shell, path[ENERGY])
        radius2 = path[0] * path[0] + path[1] * path[1] + path[2] * path[2]
        along = path[0] * path[3] + path[1] * path[4] + path[2] * path[5]
        wall, beyond = _to_boundary(media.outer_m, shell, radius2, along)
        free = -math.log(1.0 - rng.random()) / total
        step = min(free, wall) if path[ARRIVED] > 0.0 else min(free, wall, _LOOK / total)
        for axis in range(3):
            path[axis] += step * path[axis + 3]
        path[DELAY] += step / SPEED_OF_LIGHT_M_NS
        if step == wall:
            shell = beyond
            path[SHELL] = beyond
            if beyond == n_shells:
                path[ENERGY] = 0.0
                continue
            total, absorbed, paired = look_up(media, shell, path[ENERGY])
        elif step == free:
            given, light = _interact(rng, electron, path, absorbed, paired)
            light *= media.light[shell]
            path[LIGHT] += light
            used = int(path[USED])
            if light > 0.0 and used < sites.shape[1]:
                sites[0, used], sites[1, used], sites[2, used] = path[DELAY], given, light
                sites[3, used], sites[4, used], sites[5, used] = path[0], path[1], path[2]
                path[USED] = used + 1
            if path[ENERGY] > 0.0:
                total, absorbed, paired = look_up(media, shell, path[ENERGY])
        if path[ARRIVED] == 0.0:
            if path[0] * path[0] + path[1] * path[1] + path[2] * path[2] < guide.target_m * guide.target_m:
                path[ARRIVED] = 1.0
                return top
            if path[ENERGY] > 0.0:
                liquid = total if shell < n_shells - 1 else look_up(media, 0, path[ENERGY])[0]
                after = _look(rng, media, guide, liquid, path, stack, copies, top)
                if after < 0:
                    return top
                top = after
