"""Gammas in the scintillator as cascades: an electron or a pair at each site, quenched on its own.

A pair shares what its mass leaves (any split is as likely) and is quenched as two electrons; its positron
stops at the site and annihilates at rest into two gammas back to back, which are followed, too.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRON_MASS_MEV, SCINTILLATOR_DENSITY_G_CM3, SPEED_OF_LIGHT_M_NS
from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.jit import njit, njit_inline
from sim.core.primaries import BETA_LIKE, Deposits
from sim.physics.compton import Attenuation, attenuation, attenuation_table
from sim.physics.pair_production import PAIR_THRESHOLD_MEV
from sim.physics.quenching import Quenching, visible_energy
from sim.sources.vertices import rotate

Floats = NDArray[np.float64]

_CM_PER_M = 100.0
_LOWEST_MEV = 2e-3  # a gamma below gives all it has to one electron; it would go less than a millimetre
_SITES_EXPECTED = 24  # a gamma, to begin with; the arrays grow as needed
_COLUMNS = 6  # of a site: delay, deposited, visible, x, y, z


@njit_inline
def sample_scatter(rng: np.random.Generator, energy_mev: float) -> tuple[float, float]:
    """Draw a Compton scatter: energy of the electron [MeV], cosine of the gamma's angle.

    E'/E = e has the density (1/e + e) (1 - e sin^2 / (1 + e^2)) [KN29]: e from 1/e or from e, kept with the
    chance of the last factor, which is never below a half.
    """
    k = energy_mev / ELECTRON_MASS_MEV
    lowest = 1.0 / (1.0 + 2.0 * k)
    inverse = math.log(1.0 + 2.0 * k)
    rising = 0.5 * (1.0 - lowest * lowest)
    while True:
        if rng.random() * (inverse + rising) < inverse:
            fraction = math.exp(-inverse * rng.random())
        else:
            fraction = math.sqrt(1.0 - 2.0 * rising * rng.random())
        t = (1.0 - fraction) / (k * fraction)  # 1 - cosine
        if rng.random() * (1.0 + fraction * fraction) <= 1.0 + fraction * (fraction - t * (2.0 - t)):
            return energy_mev * (1.0 - fraction), min(max(1.0 - t, -1.0), 1.0)


@njit_inline
def sample_pair(rng: np.random.Generator, energy_mev: float, electron: Quenching) -> tuple[float, float]:
    """Draw a pair made by a gamma: kinetic energy of both together, their visible energy [MeV]."""
    kinetic = energy_mev - PAIR_THRESHOLD_MEV
    first = kinetic * rng.random()
    return kinetic, visible_energy(electron, first) + visible_energy(electron, kinetic - first)


@njit_inline
def sample_axis(rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw an isotropic unit vector."""
    cosine = 2.0 * rng.random() - 1.0
    sine = math.sqrt(1.0 - cosine * cosine)
    azimuth = 2.0 * math.pi * rng.random()
    return sine * math.cos(azimuth), sine * math.sin(azimuth), cosine


@njit
def _follow(
    rng: np.random.Generator, primary: NDArray[np.int64], energy_mev: Floats, delay_ns: Floats,
    place: Floats, direction: Floats, electron: Quenching, table: Attenuation, radius_m: float,
) -> tuple[NDArray[np.int64], Floats]:  # fmt: skip
    """Return the primary of each site, (m,), and its columns, (6, m): delay, deposited, visible, x, y, z."""
    n = energy_mev.size
    owner = np.empty(_SITES_EXPECTED * n + 64, np.int64)
    sites = np.empty((_COLUMNS, owner.size))
    used = 0
    later = np.empty(7)  # the second annihilation gamma of a pair: x, y, z, direction, delay
    for i in range(n):
        energy = energy_mev[i]
        delay = delay_ns[i]
        x, y, z = place[0, i], place[1, i], place[2, i]
        dx, dy, dz = direction[0, i], direction[1, i], direction[2, i]
        waiting = False
        while energy > 0.0:
            total, absorbed, paired = attenuation(table, energy)
            path = -math.log(1.0 - rng.random()) / (total * SCINTILLATOR_DENSITY_G_CM3 * _CM_PER_M)
            x += path * dx
            y += path * dy
            z += path * dz
            delay += path / SPEED_OF_LIGHT_M_NS
            if x * x + y * y + z * z > radius_m * radius_m:
                energy = 0.0
            else:
                given, light, left = energy, 0.0, 0.0
                chance = rng.random() if energy > _LOWEST_MEV else 0.0
                if chance >= absorbed + paired:
                    given, cosine = sample_scatter(rng, energy)
                    dx, dy, dz = rotate(dx, dy, dz, cosine, 2.0 * math.pi * rng.random())
                    left = energy - given if given < energy else 0.0
                elif chance >= absorbed and energy > PAIR_THRESHOLD_MEV:
                    given, light = sample_pair(rng, energy, electron)
                    dx, dy, dz = sample_axis(rng)
                    later[0], later[1], later[2], later[3] = x, y, z, -dx
                    later[4], later[5], later[6] = -dy, -dz, delay
                    waiting = True
                    left = ELECTRON_MASS_MEV
                if light == 0.0:
                    light = visible_energy(electron, given)
                if used == owner.size:
                    owner = np.concatenate((owner, np.empty(used, np.int64)))
                    grown = np.empty((_COLUMNS, 2 * used))
                    grown[:, :used] = sites
                    sites = grown
                owner[used] = primary[i]
                sites[0, used], sites[1, used], sites[2, used] = delay, given, light
                sites[3, used], sites[4, used], sites[5, used] = x, y, z
                used += 1
                energy = left
            if energy == 0.0 and waiting:
                waiting = False
                energy = ELECTRON_MASS_MEV
                x, y, z, delay = later[0], later[1], later[2], later[6]
                dx, dy, dz = later[3], later[4], later[5]
    return owner[:used], sites[:, :used]


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
    owner, sites = _follow(
        rng, primary, energy_mev, delay_ns, place_m, direction, electron, attenuation_table(), VESSEL_RADIUS_M
    )
    return Deposits(owner, np.full(owner.size, BETA_LIKE, np.uint8), *sites)


def merge_deposits(parts: list[Deposits]) -> Deposits:
    """Merge deposits of the same primaries, sorted by primary; within one, the order of the parts is kept."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Deposits(*(column[order] for column in columns))
