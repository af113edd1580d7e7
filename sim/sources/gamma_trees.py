"""Unweighted events of gammas from outside, from guided paths.

A tree is a guided path of one decay with all its branches. A branch that reaches the target is followed to
its end weight / ``most_weight`` times on average, a whole number at random, and each end that is an event is
kept. With Poisson many trees the events have weight 1 and the rate and spectrum of the decays, as if each had
been followed without guidance. Events of one tree share their beginning, with other ends; with
``most_weight`` well above the usual weight of a tree they are a few in a thousand, tested. A target that
holds everything switches the guidance off.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.physics.external_gammas import SHELLS, Lines
from sim.physics.gamma_importance import importances
from sim.physics.gamma_media import Media
from sim.physics.quenching import Quenching
from sim.sources.cascade import sample_axis
from sim.sources.gamma_guide import Guide
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
    follow_path,
)
from sim.sources.vertices import rotate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

START_COLUMNS = 7  # place, direction, energy

_CELLS = 200  # of the direction at the start
_THIN_M = 0.02  # of a row of starts
_LEAST_AIMED = 1e-3  # importance of a direction over the mean, where starts are shared


class Starts(NamedTuple):
    """Where trees start: one row for each thin shell of material and line, (n,).

    ``cumulative`` chance to start there; ``towards`` (n, m) importance by cell of the cosine to the inward
    normal, from 1 to -1, about; ``aimed`` its cumulative over isotropic gammas; ``unit`` sum over
    rows of gammas per decay times importance: the chance per decay that a weight of 1 stands for.
    """

    inner_m: Floats
    outer_m: Floats
    line: Ints
    energy_mev: Floats
    cumulative: Floats
    towards: Floats
    aimed: Floats
    share: Floats  # of the companions, (n_lines, m)
    companions_mev: Floats
    unit: float


class Kept(NamedTuple):
    """Events that were kept: starts (START_COLUMNS, n), and sites of each from ``first`` (n + 1,) on."""

    start: Floats
    first: Ints
    sites: Floats
    repeats: int  # events of trees that had one before


def plan_starts(
    lines: Lines, guide: Guide, shells: tuple[tuple[float, float, float], ...] = SHELLS
) -> Starts:
    """Share the starts among lines, shells and directions in proportion to their importance."""
    cosine = 1.0 - 2.0 * (np.arange(_CELLS + 1) / _CELLS) ** 2
    width = -0.5 * np.diff(cosine)
    middle = 0.5 * (cosine[1:] + cosine[:-1])
    rows, towards = [], []
    for share, inner, outer in shells:
        bounds = np.linspace(inner, outer, math.ceil((outer - inner) / _THIN_M - 1e-9) + 1)
        for low, high in pairwise(bounds):
            part = share * (high**3 - low**3) / (outer**3 - inner**3)
            for line, (energy, intensity) in enumerate(zip(lines.energy_mev, lines.intensity, strict=True)):
                found = importances(guide.importance, 0.5 * (low + high), middle, energy)
                found = np.maximum(found, _LEAST_AIMED * (found @ width))
                rows.append((low, high, line, energy, part * intensity * (found @ width)))
                towards.append(found)
    inner_m, outer_m, where, energy_mev, value = (np.array(column) for column in zip(*rows, strict=True))
    aimed = np.cumsum(np.array(towards) * width, axis=1)
    return Starts(
        inner_m,
        outer_m,
        where.astype(np.int64),
        energy_mev,
        np.cumsum(value) / value.sum(),
        np.array(towards),
        aimed / aimed[:, -1:],
        lines.share,
        lines.companions_mev,
        float(value.sum()),
    )


@njit
def _begin(rng: np.random.Generator, starts: Starts, media: Media, path: Floats) -> int:
    """Start the path of a tree; return its row of ``Starts``."""
    row = min(int(np.searchsorted(starts.cumulative, rng.random(), side="right")), starts.line.size - 1)
    inner, outer = starts.inner_m[row], starts.outer_m[row]
    radius = (inner**3 + rng.random() * (outer**3 - inner**3)) ** (1.0 / 3.0)
    ux, uy, uz = sample_axis(rng)
    cell = min(int(np.searchsorted(starts.aimed[row], rng.random(), side="right")), _CELLS - 1)
    near, far = cell / _CELLS, (cell + 1) / _CELLS
    cosine = 1.0 - 2.0 * (near * near + rng.random() * (far * far - near * near))
    path[:] = 0.0
    path[0], path[1], path[2] = radius * ux, radius * uy, radius * uz
    path[3], path[4], path[5] = rotate(-ux, -uy, -uz, cosine, 2.0 * math.pi * rng.random())
    path[ENERGY] = starts.energy_mev[row]
    path[WEIGHT] = 1.0 / starts.towards[row, cell]
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
    target2 = guide.importance.target_m * guide.importance.target_m
    path, beginning, arrival = np.empty(PATH_SIZE), np.empty(PATH_SIZE), np.empty(PATH_SIZE)
    sites, beside = np.empty((SITE_COLUMNS, MOST_SITES)), np.empty((SITE_COLUMNS, MOST_SITES))
    for _ in range(n_trees):
        row = _begin(rng, starts, media, path)
        beginning[:] = path
        if path[0] * path[0] + path[1] * path[1] + path[2] * path[2] < target2:
            path[ARRIVED] = 1.0
        top = 0
        before = kept
        while True:
            if path[ARRIVED] == 0.0:
                top = follow_path(rng, media, electron, guide, path, sites, stack, copies, top)
            if path[ARRIVED] > 0.0:
                arrival[:] = path
                for _ in range(int(path[WEIGHT] / most_weight + rng.random())):
                    path[:] = arrival  # the sites up to here stay, what comes is written behind them
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
            if top == 0:
                break
            path[:] = stack[top - 1]
            copies[top - 1] -= 1
            if copies[top - 1] == 0:
                top -= 1
        repeats += max(kept - before - 1, 0)
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
    most_weight : weight of an arrival that is followed once for certain.

    Returns
    -------
    Kept; the sites of an event are those of the gamma in the order of its flight, then of its companions.
    """
    return Kept(*_grow(rng, n_trees, starts, media, electron, guide, sphere_m, least_mev, most_weight))
