"""One inverse beta decay: angle and energy of the positron, direction of the neutron.

The angle to the antineutrino is drawn from the differential cross section at its energy; positron energy and
neutron direction follow from exact two-body kinematics.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.jit import njit
from sim.core.primaries import Floats
from sim.physics.ibd import THRESHOLD_MEV, Constants, differential_cross_section, positron_energy
from sim.sources.sampling import RowQuantiles, row_quantiles, sample_rows
from sim.sources.vertices import rotate

_HIGHEST_MEV = 60.0  # all sources end below
_ABOVE_MEV = 1e-3  # first row of the table above the threshold
_ROWS = 120
_COSINES = 33


class Outgoing(NamedTuple):
    """What n interactions set free: kinetic energy of the positron (n,), unit vectors of both (3, n)."""

    kinetic_mev: Floats
    positron: Floats
    neutron: Floats


@lru_cache(maxsize=2)
def positron_cosines(constants: Constants) -> RowQuantiles:
    """Tabulate the cosine of the positron's angle to the antineutrino, for energies from the threshold up.

    The density is linear between 33 cosines and between 120 energies. Largest error of the density: 2e-4 of
    its mean, tested.
    """
    above = np.geomspace(_ABOVE_MEV, _HIGHEST_MEV - THRESHOLD_MEV, _ROWS)
    cosine = np.linspace(-1.0, 1.0, _COSINES)
    energy = THRESHOLD_MEV + above
    return row_quantiles(
        energy, cosine, differential_cross_section(energy[:, None], cosine[None, :], constants)
    )


@njit
def _scatter(
    rng: np.random.Generator, axis: Floats, energy_mev: Floats, cosine: Floats, momentum_mev: Floats,
    positron: Floats, neutron: Floats,
) -> None:  # fmt: skip
    """Write the directions, (3, n), of the positron and of the neutron, whose momenta add up."""
    for i in range(energy_mev.size):
        x, y, z = rotate(axis[0, i], axis[1, i], axis[2, i], cosine[i], 2.0 * math.pi * rng.random())
        positron[0, i], positron[1, i], positron[2, i] = x, y, z
        px = energy_mev[i] * axis[0, i] - momentum_mev[i] * x
        py = energy_mev[i] * axis[1, i] - momentum_mev[i] * y
        pz = energy_mev[i] * axis[2, i] - momentum_mev[i] * z
        scale = 1.0 / math.sqrt(px * px + py * py + pz * pz)
        neutron[0, i], neutron[1, i], neutron[2, i] = px * scale, py * scale, pz * scale


def interact(rng: np.random.Generator, energy_mev: Floats, axis: Floats, constants: Constants) -> Outgoing:
    """Draw the final states of antineutrinos.

    Parameters
    ----------
    rng : stream of the source and block.
    energy_mev : (n,) antineutrino energies; rounding below the threshold is taken as the threshold.
    axis : (3, n), their directions of flight.
    constants : of the cross section.
    """
    energy = np.maximum(energy_mev, THRESHOLD_MEV)
    cosine = sample_rows(rng, positron_cosines(constants), energy)
    total = positron_energy(energy, cosine)
    momentum = np.sqrt(np.maximum(total**2 - ELECTRON_MASS_MEV**2, 0.0))
    positron, neutron = np.empty((2, 3, energy.size))
    _scatter(rng, axis, energy, cosine, momentum, positron, neutron)
    return Outgoing(total - ELECTRON_MASS_MEV, positron, neutron)
