"""Recoil energies of nu-e scattering at a given neutrino energy: weak from tables, magnetic exactly."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.jit import njit, njit_inline
from sim.physics.elastic import STATES, State, differential_cross_section, max_recoil, total_cross_section
from sim.physics.magnetic import RECOIL_FLOOR_MEV
from sim.sources.sampling import RowQuantiles, row_quantile, row_quantiles

Floats = NDArray[np.float64]

LOWEST_MEV = 1e-4  # neutrinos below recoil by under 0.04 eV; they are given this energy's shape
HIGHEST_MEV = 20.0

_LOG_SPAN = math.log(HIGHEST_MEV / LOWEST_MEV)
_ROWS = 320
_KNOTS = 257
_END = 1e-9  # distance of the outermost knots from 0 and 1, where the cross section is not defined


class WeakRecoil(NamedTuple):
    """Weak recoils: tables of T/T_max of the four states (x: mu or tau).

    ratio : (rows, 3), cross sections of nu_x, anti-nu_e and anti-nu_x over that of nu_e.
    """

    nue: RowQuantiles
    nux: RowQuantiles
    anue: RowQuantiles
    anux: RowQuantiles
    ratio: Floats


def _shape(state: State, energy_mev: Floats, x: Floats) -> Floats:
    top = np.array([max_recoil(energy) for energy in energy_mev])
    return differential_cross_section(state, top[:, None] * np.clip(x, _END, 1.0 - _END), energy_mev[:, None])


@lru_cache(maxsize=1)
def weak_recoil() -> WeakRecoil:
    """Tabulate the weak recoil; density interpolated linearly in x = T/T_max and in the neutrino energy.

    The knots are denser at both ends (the radiative corrections have a logarithm at T_max), the rows uniform
    in the logarithm of the energy. Largest error of the interpolated density: 1e-4 of its mean, tested.
    """
    energy = np.geomspace(LOWEST_MEV, HIGHEST_MEV, _ROWS)
    x = np.sin(0.5 * np.pi * np.linspace(0.0, 1.0, _KNOTS)) ** 2
    total = [total_cross_section(state, energy) for state in STATES]
    nue, nux, anue, anux = (row_quantiles(energy, x, _shape(state, energy, x)) for state in STATES)
    return WeakRecoil(nue, nux, anue, anux, np.stack(total[1:], axis=1) / total[0][:, None])


@njit_inline
def cross_section_ratios(weak: WeakRecoil, energy_mev: float) -> tuple[float, float, float]:
    """Return the cross sections of nu_x, anti-nu_e, anti-nu_x over nu_e's, linear in the logarithm of E."""
    last = weak.ratio.shape[0] - 1
    position = math.log(energy_mev / LOWEST_MEV) * (last / _LOG_SPAN)
    position = min(max(position, 0.0), float(last))
    i = min(int(position), last - 1)
    t = position - i
    low, high = weak.ratio[i], weak.ratio[i + 1]
    return (
        low[0] + t * (high[0] - low[0]),
        low[1] + t * (high[1] - low[1]),
        low[2] + t * (high[2] - low[2]),
    )


@njit
def weak_recoil_energy(table: RowQuantiles, energy_mev: float, u_row: float, u_place: float) -> float:
    """Return a recoil energy [MeV] of the weak term for two uniform numbers."""
    return max_recoil(energy_mev) * row_quantile(table, energy_mev, u_row, u_place)


@njit
def magnetic_recoil_energy(rng: np.random.Generator, energy_mev: float) -> float:
    """Return a recoil energy [MeV] of the magnetic term, 1/T - 1/E above the recoil floor, by rejection.

    The neutrino must be able to give more than the floor.
    """
    top = max_recoil(energy_mev)
    span = math.log(top / RECOIL_FLOOR_MEV)
    while True:
        recoil = RECOIL_FLOOR_MEV * math.exp(span * rng.random())
        if rng.random() * energy_mev <= energy_mev - recoil:
            return recoil


@njit_inline
def recoil_cosine(recoil_mev: float, energy_mev: float) -> float:
    """Return the cosine of the angle between neutrino and recoil electron (two-body kinematics)."""
    momentum_share = math.sqrt(recoil_mev / (recoil_mev + 2.0 * ELECTRON_MASS_MEV))
    return min(1.0, (1.0 + ELECTRON_MASS_MEV / energy_mev) * momentum_share)
