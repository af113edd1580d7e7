"""The path of a gamma from outside through the shells, guided inwards until it reaches the target."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRON_MASS_MEV, SPEED_OF_LIGHT_M_NS
from sim.core.jit import njit, njit_inline
from sim.physics.gamma_importance import log_importance
from sim.physics.gamma_media import Media, look_up
from sim.physics.pair_production import PAIR_THRESHOLD_MEV
from sim.physics.quenching import Quenching, visible_energy
from sim.sources.cascade import sample_axis, sample_pair, sample_scatter
from sim.sources.gamma_guide import Guide, stretched
from sim.sources.vertices import rotate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# columns of a path: place and direction of its gamma, then these; LATER: all eight of a gamma that waits
ENERGY, DELAY, LATER, LATER_ENERGY, WEIGHT = 6, 7, 8, 14, 16
USED, ARRIVED, SHELL, LATER_SHELL, LIGHT, PULL = 17, 18, 19, 20, 21, 22
PATH_SIZE = 23
SITE_COLUMNS = 6  # delay, deposited, visible, x, y, z
MOST_SITES = 400  # a cascade of 2.6 MeV has 40
DEEPEST = 200  # paths that wait; with more a path is not split

_LOWEST_MEV = 2e-3  # a gamma below gives all it has to one electron
_FAINTEST_MEV = 1e-3  # taken for the importance of a gamma with less
_ROULETTE = 0.5


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
def _to_target(target_m: float, radius2: float, along: float) -> float:
    """Return the distance to the target sphere along the direction; infinite if the ray misses it."""
    inside = along * along - radius2 + target_m * target_m
    return max(-along - math.sqrt(inside), 0.0) if along < 0.0 and inside > 0.0 else math.inf


@njit_inline
def _value(guide: Guide, path: Floats, radius: float, inwards: float, energy: float, pull: float) -> float:
    """Return importance times prospect of a path whose gamma has a direction and an energy."""
    value = log_importance(guide.importance, radius, inwards, energy)
    if path[LATER_ENERGY] > 0.0:  # two gammas back to back: the better of them counts
        value = max(value, log_importance(guide.importance, radius, abs(inwards), path[LATER_ENERGY]))
    return math.exp(value - guide.importance.pull_per_m * pull / (energy + path[LATER_ENERGY]))


@njit_inline
def _scatter(rng: np.random.Generator, guide: Guide, path: Floats, light: float) -> float:
    """Scatter the gamma of a path; return the electron's energy."""
    energy = path[ENERGY]
    dx, dy, dz = path[3], path[4], path[5]
    tries = guide.tries if path[ARRIVED] == 0.0 else 1
    radius = math.sqrt(path[0] * path[0] + path[1] * path[1] + path[2] * path[2])
    outside = light * (radius - guide.importance.target_m)
    taken, total, value = 0.0, 0.0, 1.0
    for _ in range(tries):
        given, cosine = sample_scatter(rng, energy)
        x, y, z = rotate(dx, dy, dz, cosine, 2.0 * math.pi * rng.random())
        if tries > 1:
            inwards = -(path[0] * x + path[1] * y + path[2] * z) / radius
            left = max(energy - given, _FAINTEST_MEV)
            chance = _value(guide, path, radius, inwards, left, path[PULL] + given * outside)
            total += chance
            if rng.random() * total >= chance:
                continue
            value = chance
        taken = given
        path[3], path[4], path[5] = x, y, z
    if tries > 1:
        path[WEIGHT] *= total / (tries * value)
    path[ENERGY] = max(energy - taken, 0.0)
    return taken


@njit_inline
def _interact(
    rng: np.random.Generator, electron: Quenching, guide: Guide, path: Floats, absorbed: float, paired: float,
    light: float,
) -> tuple[float, float]:  # fmt: skip
    """Let a gamma interact where electrons make ``light``; return energy deposited and visible."""
    energy = path[ENERGY]
    chance = rng.random() if energy > _LOWEST_MEV else 0.0
    if chance >= absorbed + paired:
        given = _scatter(rng, guide, path, light)
        return given, visible_energy(electron, given)
    if chance >= absorbed and energy > PAIR_THRESHOLD_MEV:
        given, visible = sample_pair(rng, energy, electron)
        path[3], path[4], path[5] = sample_axis(rng)
        path[ENERGY] = ELECTRON_MASS_MEV
        path[LATER : LATER + 8] = path[:8]
        path[LATER + 3], path[LATER + 4], path[LATER + 5] = -path[3], -path[4], -path[5]
        path[LATER_SHELL] = path[SHELL]
        return given, visible
    path[ENERGY] = 0.0
    return energy, visible_energy(electron, energy)


@njit
def _look(
    rng: np.random.Generator, guide: Guide, path: Floats, stack: Floats, copies: Ints, top: int
) -> int:  # fmt: skip
    """Split a path or let it play roulette; return how many paths wait, or -1 where it ended."""
    if path[ENERGY] + path[LATER_ENERGY] + path[LIGHT] < guide.least_mev:
        return -1
    radius = math.sqrt(path[0] * path[0] + path[1] * path[1] + path[2] * path[2])
    inwards = -(path[0] * path[3] + path[1] * path[4] + path[2] * path[5]) / radius
    value = _value(guide, path, radius, inwards, path[ENERGY], path[PULL])
    ratio = path[WEIGHT] * value
    if ratio < _ROULETTE:
        if rng.random() >= ratio:
            return -1
        path[WEIGHT] = 1.0 / value
    elif ratio > guide.split and top < copies.size:
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
        if path[ARRIVED] > 0.0:
            length, drawn = wall, total
        else:
            reach = _to_target(guide.importance.target_m, radius2, along)
            length = min(wall, reach, guide.look / total)
            drawn = stretched(guide, total, radius2, along, length, path[ENERGY])
        free = -math.log(1.0 - rng.random()) / drawn
        step = min(free, length)
        if path[ARRIVED] == 0.0:
            path[WEIGHT] *= math.exp((drawn - total) * step)
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
            path[WEIGHT] *= total / drawn
            given, light = _interact(rng, electron, guide, path, absorbed, paired, media.light[shell])
            light *= media.light[shell]
            path[LIGHT] += light
            if path[ARRIVED] == 0.0:
                radius = math.sqrt(path[0] * path[0] + path[1] * path[1] + path[2] * path[2])
                path[PULL] += given * media.light[shell] * (radius - guide.importance.target_m)
            used = int(path[USED])
            if light > 0.0 and used < sites.shape[1]:
                sites[0, used], sites[1, used], sites[2, used] = path[DELAY], given, light
                sites[3, used], sites[4, used], sites[5, used] = path[0], path[1], path[2]
                path[USED] = used + 1
            if path[ENERGY] > 0.0:
                total, absorbed, paired = look_up(media, shell, path[ENERGY])
        if path[ARRIVED] == 0.0:
            if step == reach:
                path[ARRIVED] = 1.0
                return top
            if path[ENERGY] > 0.0 and (step == free or guide.stretch == 0.0):
                after = _look(rng, guide, path, stack, copies, top)
                if after < 0:
                    return top
                top = after
