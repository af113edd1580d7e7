"""Ionisation quenching: visible energy ``E_vis = int_0^T dE / (1 + kB dE/dx)`` [BIRKS51].

One MeV of visible energy is the light of one MeV deposited without quenching. Tables of Q = E_vis/T on a
logarithmic grid, with the derivative in kB beside it for gradients of a fit.
"""

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.stopping import alpha_stopping, electron_stopping

Floats = NDArray[np.float64]
Particle = Literal["electron", "positron", "alpha"]

PARTICLES: tuple[Particle, ...] = ("electron", "positron", "alpha")

_LOWEST_MEV = 1e-5
_HIGHEST_MEV = 30.0
_CELLS = 1200
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)


class Quenching(NamedTuple):
    """Quenching factor of one particle and kB on a grid uniform in ln T; kernels take it as it is."""

    log_lowest: float
    inverse_step: float
    factor: Floats


@njit
def _fill(kind: int, kb_cm_mev: float, step: float, factor: Floats) -> None:
    total = 0.0
    for i in range(factor.size):
        for k in range(_NODES.size):
            if i == 0:  # everything below the grid, as if it were one cell
                energy = _LOWEST_MEV * 0.5 * (1.0 + _NODES[k])
                weight = 0.5 * _WEIGHTS[k] * _LOWEST_MEV
            else:
                energy = _LOWEST_MEV * math.exp(step * (i - 0.5 + 0.5 * _NODES[k]))
                weight = 0.5 * _WEIGHTS[k] * step * energy
            stopping = alpha_stopping(energy) if kind == 2 else electron_stopping(energy, kind == 1)
            light = 1.0 / (1.0 + kb_cm_mev * stopping)
            total += weight * light
        factor[i] = total / (_LOWEST_MEV * math.exp(step * i))


@lru_cache(maxsize=256)
def quenching(particle: Particle, kb_cm_mev: float) -> Quenching:
    """Table of the quenching factor; cached, so that repeated calls cost nothing.

    Parameters
    ----------
    particle : ``electron``, ``positron`` (kinetic energy alone, no annihilation) or ``alpha``.
    kb_cm_mev : Birks' constant, >= 0; 0 means no quenching.

    Raises
    ------
    PhysicsError
        Unknown particle, negative or NaN constant.
    """
    if particle not in PARTICLES:
        msg = f"no quenching for {particle!r}, particles are {', '.join(PARTICLES)}"
        raise PhysicsError(msg)
    if not 0.0 <= kb_cm_mev < math.inf:
        msg = f"Birks' constant is {kb_cm_mev} cm/MeV, must be >= 0"
        raise PhysicsError(msg)
    step = math.log(_HIGHEST_MEV / _LOWEST_MEV) / _CELLS
    factor = np.empty(_CELLS + 1)
    _fill(PARTICLES.index(particle), kb_cm_mev, step, factor)
    return Quenching(math.log(_LOWEST_MEV), 1.0 / step, factor)


@njit
def visible_energy(table: Quenching, energy_mev: float) -> float:
    """Return E_vis [MeV] of a particle that stops in the scintillator; constant Q outside the grid."""
    if energy_mev <= 0.0:
        return 0.0
    position = (math.log(energy_mev) - table.log_lowest) * table.inverse_step
    last = table.factor.size - 1
    if position <= 0.0:
        return energy_mev * float(table.factor[0])
    if position >= last:
        return energy_mev * float(table.factor[last])
    i = int(position)
    low = float(table.factor[i])
    return energy_mev * (low + (position - i) * (float(table.factor[i + 1]) - low))


@njit
def _visible(table: Quenching, energy_mev: Floats, out: Floats) -> None:
    for i in range(out.size):
        out[i] = visible_energy(table, energy_mev[i])


def visible_energies(particle: Particle, energy_mev: ArrayLike, kb_cm_mev: float) -> Floats:
    """Visible energy of an array of kinetic energies.

    Parameters
    ----------
    particle, kb_cm_mev : as ``quenching``.
    energy_mev : kinetic energies, any shape; 0 or less gives 0.

    Returns
    -------
    float array of the same shape, MeV.
    """
    energy = np.asarray(energy_mev, dtype=np.float64)
    out = np.empty(energy.size)
    _visible(quenching(particle, kb_cm_mev), energy.ravel(), out)
    return out.reshape(energy.shape)


def visible_energy_electron(energy_mev: ArrayLike, kb_cm_mev: float) -> Floats:
    """Visible energy [MeV] of electrons of the given kinetic energies, any shape."""
    return visible_energies("electron", energy_mev, kb_cm_mev)
