"""Light of a fast neutron in the scintillator: recoiling protons, quenched.

Scattering on hydrogen alone, isotropic in the centre of mass: the neutron keeps a share of its energy that is
uniform between 0 and 1, the proton takes the rest. Light of protons in pseudocumene scintillators [CECIL79].
Carbon takes one collision in three and little energy, with next to no light: the true mean is some 10 %
lower.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_STEP_MEV = 0.05
_HIGHEST_MEV = 8.0


class Light(NamedTuple):
    """Visible energies and their density, float64 (n,) each; trapezoid integral 1."""

    energy_mev: Floats
    density_per_mev: Floats


def proton_light(kinetic_mev: ArrayLike) -> Floats:
    """Visible energy of protons in MeV of electrons, any shape [CECIL79] (coefficients unverified)."""
    kinetic = np.asarray(kinetic_mev, dtype=np.float64)
    return np.maximum(0.83 * kinetic - 2.82 * (1.0 - np.exp(-0.25 * kinetic**0.93)), 0.0)


@cache
def _slowing_down() -> Floats:
    """Distribution of the light (columns, steps of 0.05 MeV) for energies of the neutron (rows, the same)."""
    n = round(_HIGHEST_MEV / _STEP_MEV) + 1
    chance = np.zeros((n, n))
    chance[0, 0] = 1.0
    for row in range(1, n):
        # a collision leaves the neutron in the middle of a cell: halves of the two rows beside it
        proton = proton_light(_STEP_MEV * (row - np.arange(row) - 0.5)) / _STEP_MEV
        whole = proton.astype(np.int64)
        for cell in range(row):
            after = chance[cell] if cell == row - 1 else 0.5 * (chance[cell] + chance[cell + 1])
            part = proton[cell] - whole[cell]
            chance[row, whole[cell] :] += (1.0 - part) * after[: n - whole[cell]]
            chance[row, whole[cell] + 1 :] += part * after[: n - whole[cell] - 1]
        chance[row] /= row
    return chance


@cache
def neutron_light(least_mev: float, greatest_mev: float) -> Light:
    """Visible energy of neutrons whose energies are spread evenly over a range.

    Parameters
    ----------
    least_mev, greatest_mev : range of kinetic energies, 0 to 8 MeV.

    Returns
    -------
    ``Light`` on steps of 0.05 MeV.
    """
    grid = np.asarray(_STEP_MEV * np.arange(len(_slowing_down())), dtype=np.float64)
    used = (grid >= least_mev - 1e-9) & (grid <= greatest_mev + 1e-9)
    density = np.asarray(_slowing_down()[used].mean(axis=0), dtype=np.float64)
    return Light(grid, density / np.trapezoid(density, grid))
