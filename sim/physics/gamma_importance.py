"""How much a gamma outside a sphere matters to it: the adjoint transport equation, solved on a grid.

The importance I(E, r, c) of a gamma, c the cosine to the inward normal, is the chance that it, or what is
left of it after Compton scatters, enters the target sphere:

    I = exp(-tau) [if the ray meets the target] + integral of ds n(s) exp(-tau(s)) C(E, r(s), c(s)),

C the mean of I over Klein-Nishina scatters [KN29], n the attenuation that scatters. Energies only fall, so
the grid is solved from the lowest energy up, each a few times for the scatters that stay near it. Pairs and
absorption count as losses.

What counts is an event whose light has its centroid in the target, so light made outside it counts against a
gamma: its prospect is exp(-pull P / E), P the sum of light times distance from the target and E what is
left. The mean C holds the change of the prospect by the scatter, for a gamma that made no light before.

Both only guide paths: their errors cost time and change no expectation.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.cache import digest, remembered
from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.errors import PhysicsError
from sim.core.jit import njit, njit_inline
from sim.physics.compton import scattered_fraction
from sim.physics.gamma_media import Media, look_up

Floats = NDArray[np.float64]

PULL_PER_M = 4.0  # with it the prospect is about the chance of an event in a sphere of 3.5 m, by trial

_LOWEST_MEV, _HIGHEST_MEV = 0.04, 2.7
_ENERGIES, _RADII, _COSINES = 30, 40, 24
_SCATTERS, _AZIMUTHS = 24, 6  # of the mean over scatters
_ROUNDS, _CLOSE = 12, 0.02  # solutions of one energy at most; change of ln I that ends them
_MARCH = 0.5  # mean free paths of a step along a ray
_FAINTEST = -600.0  # ln I at least
_EDGE_M = 0.002  # from the last shell to the outermost radius: there gammas outwards have importance, too


class Importance(NamedTuple):
    """Importance for a centred target sphere; kernels take it as it is.

    Attributes
    ----------
    target_m : radius of the target; the importance is 1 inside.
    outer_m : radius of the last shell.
    pull_per_m : what light outside the target counts.
    log_value : (n_energies, n_radii, n_cosines), ln I, uniform in ln E, in the radius from target to outer,
        and in the square root of (1 - c) / 2.
    """

    target_m: float
    outer_m: float
    pull_per_m: float
    log_value: Floats


@njit_inline
def _place(value: float, last: int) -> tuple[int, float]:
    """Return the cell of a grid position and the part of the cell below it; off the grid its ends."""
    inside = min(max(value, 0.0), float(last))
    cell = min(int(inside), last - 1)
    return cell, inside - cell


@njit_inline
def _plane(values: Floats, i: int, t: float, k: int, u: float) -> float:
    low: float = values[i, k] + u * (values[i, k + 1] - values[i, k])
    high: float = values[i + 1, k] + u * (values[i + 1, k + 1] - values[i + 1, k])
    return low + t * (high - low)


@njit_inline
def _at(target_m: float, outer_m: float, values: Floats, radius_m: float, cosine: float) -> float:
    i, t = _place((radius_m - target_m) / (outer_m - target_m) * (_RADII - 1), _RADII - 1)
    k, u = _place(math.sqrt(max(0.5 * (1.0 - cosine), 0.0)) * (_COSINES - 1), _COSINES - 1)
    return _plane(values, i, t, k, u)


@njit_inline
def log_importance(table: Importance, radius_m: float, cosine: float, energy_mev: float) -> float:
    """Return ln I of a gamma; 0 inside the target."""
    if radius_m < table.target_m:
        return 0.0
    step = math.log(_HIGHEST_MEV / _LOWEST_MEV) / (_ENERGIES - 1)
    i, t = _place((radius_m - table.target_m) / (table.outer_m - table.target_m) * (_RADII - 1), _RADII - 1)
    k, u = _place(math.sqrt(max(0.5 * (1.0 - cosine), 0.0)) * (_COSINES - 1), _COSINES - 1)
    e, v = _place(math.log(energy_mev / _LOWEST_MEV) / step, _ENERGIES - 1)
    low = _plane(table.log_value[e], i, t, k, u)
    return low + v * (_plane(table.log_value[e + 1], i, t, k, u) - low)


@njit
def importances(table: Importance, radius_m: float, cosine: Floats, energy_mev: float) -> Floats:
    """Return I of gammas of one energy at one radius, by cosine."""
    found = np.empty(cosine.size)
    for i in range(cosine.size):
        found[i] = math.exp(log_importance(table, radius_m, cosine[i], energy_mev))
    return found


@njit
def _after_scatter(
    table: Importance, energy_mev: float, left: Floats, pull: float, radius_m: float, cosine: float
) -> float:
    """Return ln of the mean importance after a scatter that leaves the shares ``left``, equally often.

    ``pull`` is how much the light of all the energy would count against all the energy.
    """
    total = 0.0
    sine = math.sqrt(max(1.0 - cosine * cosine, 0.0))
    for fraction in left:
        if energy_mev * fraction < _LOWEST_MEV:
            continue
        turn = 1.0 - ELECTRON_MASS_MEV / energy_mev * (1.0 - fraction) / fraction
        aside = math.sqrt(max(1.0 - turn * turn, 0.0)) * sine
        prospect = -pull * (1.0 - fraction) / fraction
        for a in range(_AZIMUTHS):
            c = cosine * turn + aside * math.cos(math.pi * (a + 0.5) / _AZIMUTHS)
            total += math.exp(prospect + log_importance(table, radius_m, c, energy_mev * fraction))
    return max(math.log(total / (left.size * _AZIMUTHS) + 1e-300), _FAINTEST)


@njit
def _along_ray(
    media: Media, table: Importance, energy_mev: float, after: Floats, radius_m: float, cosine: float
) -> float:
    """Return ln I of a gamma, given ln C of its energy on the grid."""
    target_m, outer_m = table.target_m, table.outer_m
    x, across2 = -radius_m * cosine, radius_m * radius_m * max(1.0 - cosine * cosine, 0.0)
    radius = radius_m
    found, depth = 0.0, 0.0
    meets = cosine > 0.0 and across2 < target_m * target_m
    end = -math.sqrt(target_m * target_m - across2) if meets else math.sqrt(outer_m * outer_m - across2)
    while x < end:
        shell = 0
        while shell < media.outer_m.size - 1 and radius > media.outer_m[shell]:
            shell += 1
        total, absorbed, paired = look_up(media, shell, energy_mev)
        scatters = math.log(total * max(1.0 - absorbed - paired, 1e-12))
        step = min(_MARCH / total, end - x, 0.1)
        first = scatters - depth + _at(target_m, outer_m, after, radius, -x / max(radius, 1e-9))
        x += step
        depth += step * total
        radius = math.sqrt(x * x + across2)
        last = scatters - depth + _at(target_m, outer_m, after, radius, -x / max(radius, 1e-9))
        low, high = math.exp(first), math.exp(last)
        found += step * ((high - low) / (last - first) if abs(last - first) > 1e-6 else low)
        if x > 0.0 and high < 1e-6 * found:
            break
    if meets:
        found += math.exp(-depth)
    return max(math.log(found + 1e-300), _FAINTEST)


@njit
def _solve(media: Media, target_m: float, pull_per_m: float) -> Floats:
    outer_m = media.outer_m[-1]
    values = np.full((_ENERGIES, _RADII, _COSINES), _FAINTEST)
    table = Importance(target_m, outer_m, pull_per_m, values)
    after = np.empty((_RADII, _COSINES))
    left = np.empty(_SCATTERS)
    radius = np.minimum(target_m + (outer_m - target_m) / (_RADII - 1) * np.arange(_RADII), outer_m - _EDGE_M)
    cosine = 1.0 - 2.0 * (np.arange(_COSINES) / (_COSINES - 1)) ** 2
    for row in range(_ENERGIES):
        energy = _LOWEST_MEV * (_HIGHEST_MEV / _LOWEST_MEV) ** (row / (_ENERGIES - 1))
        for s in range(_SCATTERS):
            left[s] = scattered_fraction(energy, (s + 0.5) / _SCATTERS)
        if row > 0:
            values[row] = values[row - 1]
        for _ in range(_ROUNDS):
            for i in range(_RADII):
                shell = 0
                while shell < media.outer_m.size - 1 and radius[i] > media.outer_m[shell]:
                    shell += 1
                pull = pull_per_m * media.light[shell] * max(radius[i] - target_m, 0.0)
                for k in range(_COSINES):
                    after[i, k] = _after_scatter(table, energy, left, pull, radius[i], cosine[k])
            change = 0.0
            for i in range(_RADII):
                for k in range(_COSINES):
                    value = _along_ray(media, table, energy, after, radius[i], cosine[k])
                    change = max(change, abs(value - values[row, i, k]))
                    values[row, i, k] = value
            if change < _CLOSE:
                break
    return values


def solve_importance(media: Media, target_m: float, pull_per_m: float = PULL_PER_M) -> Importance:
    """Return the importance for a centred target sphere; a second's work, kept on disk.

    Parameters
    ----------
    media : shells; the target must be inside them.
    target_m : radius of the target, > 0.
    pull_per_m : what light outside the target counts against a gamma; 0: nothing.

    Raises
    ------
    PhysicsError
        The target is not inside the shells.
    """
    outer_m = float(media.outer_m[-1])
    if not 0.0 < target_m < outer_m - _EDGE_M:
        msg = f"importance of gammas: a target of {target_m} m, expected between 0 and {outer_m} m"
        raise PhysicsError(msg)
    key = digest(Path(__file__), target_m, pull_per_m, *media)
    made = remembered(
        "gamma-importance", key, ("log_value",), lambda: {"log_value": _solve(media, target_m, pull_per_m)}
    )
    return Importance(target_m, outer_m, pull_per_m, np.asarray(made["log_value"], dtype=np.float64))


def no_importance() -> Importance:
    """Return the importance for a target that holds everything: 1 everywhere."""
    return Importance(math.inf, math.inf, 0.0, np.zeros((_ENERGIES, _RADII, _COSINES)))
