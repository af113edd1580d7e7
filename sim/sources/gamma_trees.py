"""Unweighted events of gammas from outside: a tree of guided paths for a decay, of which one is kept.

The paths of a tree share their beginning, so they are no independent events. Of a tree's paths that reach the
target one is chosen with a chance in proportion to its weight, and the tree is kept with the chance total
weight / ``most_weight``; what is kept is followed to its end. With Poisson many trees the events are a
Poisson process of weight 1 with the rate and spectrum of the decays, as if each had been followed without
guidance. A tree heavier than ``most_weight`` is kept more than once, each time with another end: some per
cent of the trees, tested. A target that holds everything switches the guidance off.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit, njit_inline
from sim.physics.external_gammas import SHELLS, Lines
from sim.physics.gamma_media import Media
from sim.physics.quenching import Quenching
from sim.sources.cascade import sample_axis
from sim.sources.gamma_path import (
    ARRIVED,
    DEEPEST,
    ENERGY,
    MOST_SITES,
    PATH_SIZE,
    SHELL,
    SITE_COLUMNS,
    USED,
    WEIGHT,
    Guide,
    follow_path,
    importance,
)
from sim.sources.vertices import rotate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

START_COLUMNS = 7  # place, direction, energy


class Starts(NamedTuple):
    """Where trees start: one row for each shell of material and line, (n,).

    ``cumulative`` chance to start there; ``unguided`` mean importance of isotropic gammas; ``unit`` sum over
    rows of gammas per decay times importance: the chance per decay that a weight of 1 stands for.
    """

    inner_m: Floats
    outer_m: Floats
    line: Ints
    energy_mev: Floats
    liquid_per_m: Floats
    cumulative: Floats
    unguided: Floats
    share: Floats  # of the companions, (n_lines, m)
    companions_mev: Floats
    unit: float


class Kept(NamedTuple):
    """Events that were kept: starts (START_COLUMNS, n), and sites of each from ``first`` (n + 1,) on."""

    start: Floats
    first: Ints
    sites: Floats
    repeats: int  # times that a tree was kept beyond its first


def plan_starts(
    lines: Lines, media: Media, guide: Guide, shells: tuple[tuple[float, float, float], ...] = SHELLS
) -> Starts:
    """Share the starts among lines and shells in proportion to what reaches the target, about."""
    rows = []
    grid = media.log_lowest + np.arange(media.total_per_m.shape[1]) / media.inverse_step
    for share, inner, outer in shells:
        for line, (energy, intensity) in enumerate(zip(lines.energy_mev, lines.intensity, strict=True)):
            liquid = float(np.interp(np.log(energy), grid, media.total_per_m[0]))
            radius = 0.5 * (inner + outer)
            b = max(_forward(guide, liquid, radius), 1e-6)
            mean = -math.expm1(-2.0 * b) / (2.0 * b) * importance(guide, liquid, radius, 1.0, energy)
            rows.append((inner, outer, line, energy, liquid, share * intensity * mean, mean))
    inner_m, outer_m, where, energy_mev, liquid_per_m, value, unguided = (
        np.array(c) for c in zip(*rows, strict=True)
    )
    return Starts(
        inner_m,
        outer_m,
        where.astype(np.int64),
        energy_mev,
        liquid_per_m,
        np.cumsum(value) / value.sum(),
        unguided,
        lines.share,
        lines.companions_mev,
        float(value.sum()),
    )


@njit_inline
def _forward(guide: Guide, liquid_per_m: float, radius_m: float) -> float:
    """Return b of the density exp(b cosine) of the starts: slope of the importance at cosine 1."""
    return liquid_per_m * max(radius_m - guide.target_m, 0.0) * radius_m / guide.target_m


@njit
def _begin(rng: np.random.Generator, starts: Starts, media: Media, guide: Guide, path: Floats) -> int:
    """Start the path of a tree; return its row of ``Starts``."""
    row = min(int(np.searchsorted(starts.cumulative, rng.random(), side="right")), starts.line.size - 1)
    inner, outer = starts.inner_m[row], starts.outer_m[row]
    radius = (inner**3 + rng.random() * (outer**3 - inner**3)) ** (1.0 / 3.0)
    ux, uy, uz = sample_axis(rng)
    b = max(_forward(guide, starts.liquid_per_m[row], radius), 1e-6)
    narrow = -math.expm1(-2.0 * b)
    cosine = 1.0 + math.log(1.0 - rng.random() * narrow) / b  # density ~ exp(b cosine)
    path[:] = 0.0
    path[0], path[1], path[2] = radius * ux, radius * uy, radius * uz
    path[3], path[4], path[5] = rotate(-ux, -uy, -uz, max(cosine, -1.0), 2.0 * math.pi * rng.random())
    path[ENERGY] = starts.energy_mev[row]
    path[WEIGHT] = narrow * math.exp(b * (1.0 - cosine)) / (2.0 * b * starts.unguided[row])
    shell = 0
    while shell < media.outer_m.size - 1 and radius > media.outer_m[shell]:
        shell += 1
    path[SHELL] = shell
    return row


@njit
def _companions(
    rng: np.random.Generator, starts: Starts, media: Media, electron: Quenching, guide: Guide, row: int,
    start: Floats, path: Floats, sites: Floats, stack: Floats, copies: Ints,
) -> int:  # fmt: skip
    """Follow the companions of a gamma, unguided; return the number of their sites."""
    line = starts.line[row]
    chance = rng.random()
    used = 0
    for k in range(starts.share.shape[1]):
        chance -= starts.share[line, k]
        if chance < 0.0:
            for energy in starts.companions_mev[line, k]:
                if energy > 0.0:
                    path[:] = 0.0
                    path[:3] = start[:3]
                    path[3], path[4], path[5] = sample_axis(rng)
                    path[ENERGY], path[SHELL], path[USED], path[ARRIVED] = energy, start[SHELL], used, 1.0
                    follow_path(rng, media, electron, guide, path, sites, stack, copies, 0)
                    used = int(path[USED])
            break
    return used


@njit
def _is_event(
    sites: Floats, used: int, beside: Floats, n_beside: int, sphere_m: float, least_mev: float
) -> bool:
    """Return whether light and centroid of the sites of a gamma and of its companions make an event."""
    light = x = y = z = 0.0
    for i in range(used + n_beside):
        part = sites[:, i] if i < used else beside[:, i - used]
        light += part[2]
        x += part[2] * part[3]
        y += part[2] * part[4]
        z += part[2] * part[5]
    reach = sphere_m * light
    return light > least_mev and x * x + y * y + z * z < reach * reach


@njit
def _grow(
    rng: np.random.Generator, n_trees: int, starts: Starts, media: Media, electron: Quenching, guide: Guide,
    sphere_m: float, least_mev: float, most_weight: float,
) -> tuple[Floats, Ints, Floats, int]:  # fmt: skip
    start = np.empty((START_COLUMNS, 256))
    first = np.zeros(257, np.int64)
    kept_sites = np.empty((SITE_COLUMNS, 4096))
    kept = filled = repeats = 0
    stack, copies = np.empty((DEEPEST, PATH_SIZE)), np.zeros(DEEPEST, np.int64)
    path, beginning, chosen = np.empty(PATH_SIZE), np.empty(PATH_SIZE), np.empty(PATH_SIZE)
    sites, behind = np.empty((SITE_COLUMNS, MOST_SITES)), np.empty((SITE_COLUMNS, MOST_SITES))
    beside = np.empty((SITE_COLUMNS, MOST_SITES))  # of the companions
    for _ in range(n_trees):
        row = _begin(rng, starts, media, guide, path)
        beginning[:] = path
        if path[0] * path[0] + path[1] * path[1] + path[2] * path[2] < guide.target_m * guide.target_m:
            path[ARRIVED] = 1.0
        weight = 0.0
        top = 0
        while True:
            if path[ARRIVED] == 0.0:
                top = follow_path(rng, media, electron, guide, path, sites, stack, copies, top)
            if path[ARRIVED] > 0.0:
                weight += path[WEIGHT]
                if rng.random() * weight < path[WEIGHT]:
                    chosen[:] = path
                    used = int(path[USED])
                    behind[:, :used] = sites[:, :used]
            if top == 0:
                break
            path[:] = stack[top - 1]
            copies[top - 1] -= 1
            if copies[top - 1] == 0:
                top -= 1
        number = int(weight / most_weight + rng.random()) if weight > 0.0 else 0
        repeats += max(number - 1, 0)
        for _ in range(number):
            path[:] = chosen
            used = int(path[USED])
            sites[:, :used] = behind[:, :used]
            follow_path(rng, media, electron, guide, path, sites, stack, copies, 0)
            used = int(path[USED])
            n_beside = _companions(
                rng, starts, media, electron, guide, row, beginning, path, beside, stack, copies
            )
            if not _is_event(sites, used, beside, n_beside, sphere_m, least_mev):
                continue
            if kept == start.shape[1]:
                start = np.concatenate((start, np.empty_like(start)), axis=1)
                first = np.concatenate((first, np.empty(first.size - 1, np.int64)))
            while filled + used + n_beside > kept_sites.shape[1]:
                kept_sites = np.concatenate((kept_sites, np.empty_like(kept_sites)), axis=1)
            start[:, kept] = beginning[:START_COLUMNS]
            kept_sites[:, filled : filled + used] = sites[:, :used]
            filled += used
            kept_sites[:, filled : filled + n_beside] = beside[:, :n_beside]
            filled += n_beside
            kept += 1
            first[kept] = filled
    return start[:, :kept], first[: kept + 1], kept_sites[:, :filled], repeats


def grow_trees(
    rng: np.random.Generator,
    n_trees: int,
    starts: Starts,
    media: Media,
    electron: Quenching,
    guide: Guide,
    *,
    sphere_m: float,
    least_mev: float,
    most_weight: float,
) -> Kept:
    """Grow trees and keep their events.

    Parameters
    ----------
    rng : stream of this source and block.
    n_trees : each stands for ``1 / (starts.unit most_weight)`` decays.
    starts : made with the same guide.
    media, electron : shells, and quenching of the struck electrons.
    guide : how paths are guided; the target must not be smaller than ``sphere_m``.
    sphere_m, least_mev : an event has more visible energy than that, its centroid inside that sphere.
    most_weight : of a tree that is kept for certain.

    Returns
    -------
    Kept; the sites of an event are those of the gamma in the order of its flight, then of its companions.
    """
    return Kept(*_grow(rng, n_trees, starts, media, electron, guide, sphere_m, least_mev, most_weight))
