"""Radiochemical gallium: nu_e capture on 71Ga in solar neutrino units (1 SNU = 1e-36 per atom and second).

Cross sections over energy of [BAH97]; measured rate of SAGE, GALLEX and GNO together [SAGE09].
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.tables import load_table
from sim.physics.conversion import Conversion
from sim.physics.solar_model import SolarModel
from sim.physics.spectra import quadrature

Floats = NDArray[np.float64]

MEASURED_SNU = (66.1, 3.1)  # [SAGE09] SAGE + GALLEX + GNO, one sigma

_NODES = 300


class GalliumRate(NamedTuple):
    """Capture rate of one component, with and without flavour conversion."""

    gallium_snu: float
    gallium_snu_no_osc: float


def capture_cross_section(energy_mev: ArrayLike) -> Floats:
    """Cross section of nu_e + 71Ga -> 71Ge + e-.

    Parameters
    ----------
    energy_mev : neutrino energies, any shape; up to 20 MeV, above the value at 20 MeV is kept.

    Returns
    -------
    float array of the same shape, cm^2; 0 below the threshold of 233.2 keV. Log-log interpolation, within
    0.3 % of a smooth curve through the published points.
    """
    table = load_table("gallium_capture")
    grid = table.numbers("energy_mev")
    energy = np.asarray(energy_mev, dtype=np.float64)
    log_sigma = np.interp(
        np.log(np.maximum(energy, grid[0])), np.log(grid), np.log(table.numbers("sigma_1e46_cm2"))
    )
    return np.asarray(np.where(energy < grid[0], 0.0, 1e-46 * np.exp(log_sigma)), dtype=np.float64)


def gallium_snu(sun: SolarModel, conversion: Conversion) -> dict[str, GalliumRate]:
    """Capture rate of every component of a solar model.

    Parameters
    ----------
    sun : solar model; its fluxes are used.
    conversion : survival probabilities, averaged over production and live time.

    Returns
    -------
    component name to ``GalliumRate``, SNU.
    """
    rates = {}
    for component in sun.components:
        energy, weight = quadrature(component, _NODES)
        captures = 1e36 * sun.flux(component) * weight * capture_cross_section(energy)
        survival = conversion.averaged(component, energy).nue
        rates[component] = GalliumRate(float(np.sum(captures * survival)), float(np.sum(captures)))
    return rates
