"""Gammas in the scintillator as Compton cascades: an electron at each site, quenched on its own."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRON_MASS_MEV, SCINTILLATOR_DENSITY_G_CM3, SPEED_OF_LIGHT_M_NS
from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.jit import njit, njit_inline
from sim.core.primaries import BETA_LIKE, Deposits
from sim.physics.compton import Attenuation, attenuation, attenuation_table
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
    for i in range(n):
        energy = energy_mev[i]
        delay = delay_ns[i]
        x, y, z = place[0, i], place[1, i], place[2, i]
        dx, dy, dz = direction[0, i], direction[1, i], direction[2, i]
        while energy > 0.0:
            total, absorbed = attenuation(table, energy)
            path = -math.log(1.0 - rng.random()) / (total * SCINTILLATOR_DENSITY_G_CM3 * _CM_PER_M)
            x += path * dx
            y += path * dy
            z += path * dz
            delay += path / SPEED_OF_LIGHT_M_NS
            if x * x + y * y + z * z > radius_m * radius_m:
                break
            given = energy
            if energy > _LOWEST_MEV and rng.random() >= absorbed:
                given, cosine = sample_scatter(rng, energy)
                dx, dy, dz = rotate(dx, dy, dz, cosine, 2.0 * math.pi * rng.random())
            if used == owner.size:
                owner = np.concatenate((owner, np.empty(used, np.int64)))
                grown = np.empty((_COLUMNS, 2 * used))
                grown[:, :used] = sites
                sites = grown
            owner[used] = primary[i]
            sites[0, used], sites[1, used], sites[2, used] = delay, given, visible_energy(electron, given)
            sites[3, used], sites[4, used], sites[5, used] = x, y, z
            used += 1
            energy = energy - given if given < energy else 0.0
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
