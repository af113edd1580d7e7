"""Gammas in the scintillator as Compton cascades: an electron at each site, quenched on its own."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SCINTILLATOR_DENSITY_G_CM3, SPEED_OF_LIGHT_M_NS
from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE, Deposits
from sim.physics.compton import compton_attenuation, compton_electron, photoelectric_attenuation
from sim.physics.quenching import Quenching, visible_energy
from sim.sources.vertices import rotate

Floats = NDArray[np.float64]

_CM_PER_M = 100.0
_LOWEST_MEV = 2e-3  # a gamma below gives all it has to one electron; it would go less than a millimetre
_SITES_EXPECTED = 16  # a gamma, to begin with; the arrays grow as needed
_COLUMNS = 7  # row of the gamma, delay, deposited, visible, x, y, z


@njit
def _follow(
    rng: np.random.Generator, energy_mev: Floats, delay_ns: Floats, place: Floats, direction: Floats,
    electron: Quenching, radius_m: float,
) -> tuple[Floats, int]:  # fmt: skip
    n = energy_mev.size
    sites = np.empty((_SITES_EXPECTED * n + 64, _COLUMNS))
    used = 0
    for i in range(n):
        energy = energy_mev[i]
        delay = delay_ns[i]
        x, y, z = place[0, i], place[1, i], place[2, i]
        dx, dy, dz = direction[0, i], direction[1, i], direction[2, i]
        while energy > 0.0:
            photoelectric = photoelectric_attenuation(energy)
            total = photoelectric + compton_attenuation(energy)
            path = -math.log(1.0 - rng.random()) / (total * SCINTILLATOR_DENSITY_G_CM3 * _CM_PER_M)
            x += path * dx
            y += path * dy
            z += path * dz
            delay += path / SPEED_OF_LIGHT_M_NS
            if x * x + y * y + z * z > radius_m * radius_m:
                break
            given = energy
            if energy > _LOWEST_MEV and rng.random() * total >= photoelectric:
                given, cosine = compton_electron(energy, rng.random())
                dx, dy, dz = rotate(dx, dy, dz, cosine, 2.0 * math.pi * rng.random())
            if used == sites.shape[0]:
                grown = np.empty((2 * used, _COLUMNS))
                grown[:used] = sites
                sites = grown
            row = sites[used]
            row[0], row[1], row[2], row[3] = i, delay, given, visible_energy(electron, given)
            row[4], row[5], row[6] = x, y, z
            used += 1
            energy = energy - given if given < energy else 0.0
    return sites, used


def gamma_deposits(
    rng: np.random.Generator,
    primary: NDArray[np.int64],
    energy_mev: Floats,
    delay_ns: Floats,
    place_m: Floats,
    direction: Floats,
    electron: Quenching,
) -> Deposits:
    """Follow gammas until they are absorbed or leave the vessel; what leaves makes no light.

    Parameters
    ----------
    rng : stream of this source and block.
    primary : int (n,), rows of the primaries, not falling; several gammas may share one.
    energy_mev, delay_ns : float (n,), energies > 0 and emission times after the primary's.
    place_m, direction : float (3, n), start and unit vector.
    electron : quenching of the struck electrons.

    Returns
    -------
    Deposits, in the order of the gammas and of their flights.
    """
    sites, used = _follow(rng, energy_mev, delay_ns, place_m, direction, electron, VESSEL_RADIUS_M)
    gamma, delay, deposited, visible, x, y, z = np.ascontiguousarray(sites[:used].T)
    return Deposits(
        primary[gamma.astype(np.int64)],
        np.full(used, BETA_LIKE, np.uint8),
        delay,
        deposited,
        visible,
        x,
        y,
        z,
    )


def merge_deposits(parts: list[Deposits]) -> Deposits:
    """Merge deposits of the same primaries, sorted by primary; within one, the order of the parts is kept."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Deposits(*(column[order] for column in columns))
