"""Visible energy of a fully contained gamma: mean and variance over its Compton cascade.

Each interaction gives an electron, whose light is quenched on its own; so a gamma is quenched more than an
electron of its energy, and its light fluctuates from cascade to cascade. With V the light of an electron,
``M(E) = p V(E) + q <V(T) + V(E - 2m - T) + 2 M(m)> + (1 - p - q) <V(E - E') + M(E')>`` (absorbed, a pair,
or scattered) is solved upwards in energy (E' < E), the variance alike: no random numbers, no fit to a
simulation.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.compton import interaction_shares, scattered_fraction
from sim.physics.pair_production import PAIR_THRESHOLD_MEV
from sim.physics.quenching import Quenching, quenching, visible_energy

Floats = NDArray[np.float64]

_LOWEST_MEV = 1e-3  # below, all of the gamma goes to one electron
_HIGHEST_MEV = 4.0
_POINTS = 600
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


class GammaLight(NamedTuple):
    """Moments of the visible energy of a gamma on a logarithmic energy grid, all of shape (n,)."""

    energy_mev: Floats
    mean_mev: Floats
    variance_mev2: Floats


class VisibleLine(NamedTuple):
    """Mean and variance of the visible energy of a fixed energy release."""

    mean_mev: float
    variance_mev2: float


@njit
def _pair(electron: Quenching, kinetic_mev: float, offset_mev: float) -> tuple[float, float]:
    """Return mean and mean square of a pair's light and an offset; any split of the energy is as likely."""
    mean = square = 0.0
    for k in range(_NODES.size):
        first = 0.5 * kinetic_mev * (1.0 + _NODES[k])
        light = visible_energy(electron, first) + visible_energy(electron, kinetic_mev - first) + offset_mev
        mean += 0.5 * _WEIGHTS[k] * light
        square += 0.5 * _WEIGHTS[k] * light * light
    return mean, square


@njit
def _cascade(electron: Quenching, energy_mev: Floats, mean: Floats, variance: Floats) -> None:
    nodes = _NODES.size
    light = np.empty(nodes)  # of the struck electron
    cell = np.empty(nodes, dtype=np.int64)
    share = np.empty(nodes)  # weight of the cell's upper end at the energy E' left over
    rest = int(np.searchsorted(energy_mev, ELECTRON_MASS_MEV)) - 1  # cell of an annihilation gamma
    at = (ELECTRON_MASS_MEV - energy_mev[rest]) / (energy_mev[rest + 1] - energy_mev[rest])
    for i in range(energy_mev.size):
        energy = energy_mev[i]
        whole = visible_energy(electron, energy)
        mean[i] = whole
        variance[i] = 0.0
        if i == 0:
            continue
        absorbed, paired = interaction_shares(energy)
        scattered = 1.0 - absorbed - paired
        # the topmost cell ends at the unknown value at E itself: collect the known part and its coefficient
        known = own = 0.0
        for k in range(nodes):
            left = energy * scattered_fraction(energy, 0.5 * (1.0 + _NODES[k]))
            j = min(max(int(np.searchsorted(energy_mev, left)) - 1, 0), i - 1)
            t = max((left - energy_mev[j]) / (energy_mev[j + 1] - energy_mev[j]), 0.0)
            light[k], cell[k], share[k] = visible_energy(electron, energy - left), j, t
            upper = mean[j + 1] if j < i - 1 else 0.0
            known += 0.5 * _WEIGHTS[k] * (light[k] + (1.0 - t) * mean[j] + t * upper)
            own += 0.5 * _WEIGHTS[k] * t if j == i - 1 else 0.0
        gammas = 2.0 * (mean[rest] + at * (mean[rest + 1] - mean[rest]))
        sure = absorbed * whole
        if paired > 0.0:
            sure += paired * _pair(electron, energy - PAIR_THRESHOLD_MEV, gammas)[0]
        mean[i] = (sure + scattered * known) / (1.0 - scattered * own)
        known = 0.0
        for k in range(nodes):
            j, t = cell[k], share[k]
            upper = variance[j + 1] if j < i - 1 else 0.0
            offset = light[k] + (1.0 - t) * mean[j] + t * mean[j + 1] - mean[i]
            known += 0.5 * _WEIGHTS[k] * (offset * offset + (1.0 - t) * variance[j] + t * upper)
        spread = absorbed * (whole - mean[i]) ** 2 + scattered * known
        if paired > 0.0:
            of_gammas = 2.0 * (variance[rest] + at * (variance[rest + 1] - variance[rest]))
            of_pair = _pair(electron, energy - PAIR_THRESHOLD_MEV, gammas - mean[i])[1]
            spread += paired * (of_pair + of_gammas)
        variance[i] = spread / (1.0 - scattered * own)


@lru_cache(maxsize=64)
def gamma_light(kb_cm_mev: float) -> GammaLight:
    """Moments of a gamma's visible energy for one kB [cm/MeV]; cached."""
    energy = np.geomspace(_LOWEST_MEV, _HIGHEST_MEV, _POINTS)
    mean = np.empty(_POINTS)
    variance = np.empty(_POINTS)
    _cascade(quenching("electron", kb_cm_mev), energy, mean, variance)
    return GammaLight(energy, mean, variance)


def gamma_visible(energy_mev: float, kb_cm_mev: float) -> VisibleLine:
    """Visible energy of one contained gamma.

    Parameters
    ----------
    energy_mev : 0.001 to 4 MeV.
    kb_cm_mev : Birks' constant of electrons.

    Raises
    ------
    PhysicsError
        Energy outside the range.
    """
    if not _LOWEST_MEV <= energy_mev <= _HIGHEST_MEV:
        msg = f"gamma energy is {energy_mev} MeV, must be {_LOWEST_MEV} to {_HIGHEST_MEV}"
        raise PhysicsError(msg)
    light = gamma_light(kb_cm_mev)
    log_energy = np.log(light.energy_mev)
    at = np.log(energy_mev)
    mean = energy_mev * float(np.interp(at, log_energy, light.mean_mev / light.energy_mev))
    return VisibleLine(mean, float(np.interp(at, log_energy, light.variance_mev2)))


def annihilation_visible(kb_cm_mev: float) -> VisibleLine:
    """Visible energy of the two 511 keV gammas of a positron at rest."""
    one = gamma_visible(ELECTRON_MASS_MEV, kb_cm_mev)
    return VisibleLine(2.0 * one.mean_mev, 2.0 * one.variance_mev2)
