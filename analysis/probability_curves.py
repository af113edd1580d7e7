"""Curves of the figures of probabilities: P_ee with its band, six states, production regions."""

import numpy as np
from numpy.typing import NDArray

from analysis.plots.field import Region
from analysis.plots.probability import Curve, Measured
from sim.core.tables import load_table
from sim.physics.config import NeutrinoConfig
from sim.physics.conversion import Conversion, Probabilities
from sim.physics.solar_model import SolarModel
from sim.physics.spectra import endpoint

Floats = NDArray[np.float64]

_CURVE_MEV = (0.1, 16.0)
_SIX_STATES = 160  # energies
_REGIONS = ("8B", "7Be", "pp")


def probability_curves(conversion: Conversion) -> tuple[list[Curve], Measured]:
    """Return P_ee(E) by day for 8B and pp production, for the mean night, and the measured points.

    The band of the first curve is the one-sigma range of sin^2 theta_12 and Delta m^2_21 of the global fit
    NuFIT 5.2 (0.012 and 0.21e-5 eV^2, unverified), added in quadrature.
    """
    lowest, highest = _CURVE_MEV
    curves = []
    for component, label, top in (("8B", "$^8$B", highest), ("pp", "pp", endpoint("pp"))):
        energy = np.geomspace(lowest, top, 240)
        p_ee = conversion.probabilities(component, energy).nue
        low = high = None
        if component == "8B":
            low, high = _band(conversion, component, energy, p_ee)
        band = r"its $1\sigma$ from the mixing" if low is not None else ""
        curves.append(Curve(f"{label} production region, day", energy, p_ee, low, high, band))
    at_night = conversion.neutrino.model_copy(update={"day_night": "night"})
    dark = Conversion.build(conversion.sun, at_night, conversion.site, conversion.exposure)
    energy = np.geomspace(1.0, highest, 120)
    curves.append(Curve("$^8$B production region, mean night", energy, dark.averaged("8B", energy).nue))
    table = load_table("measured_pee")
    names = [str(name) for name in table.text("component")]
    measured = Measured(names, table.numbers("energy_mev"), table.numbers("p_ee"), table.numbers("sigma"))
    return curves, measured


def _band(conversion: Conversion, component: str, energy: Floats, centre: Floats) -> tuple[Floats, Floats]:
    neutrino = conversion.neutrino
    squared = np.zeros_like(energy)
    for key, sigma in (("sin2_theta12", 0.012), ("delta_m2_21_ev2", 0.21e-5)):
        moved = NeutrinoConfig(**{**neutrino.model_dump(), key: getattr(neutrino, key) + sigma})
        shifted = Conversion.build(conversion.sun, moved, conversion.site, conversion.exposure)
        squared += (shifted.probabilities(component, energy).nue - centre) ** 2
    return centre - np.sqrt(squared), centre + np.sqrt(squared)


def six_states(conversion: Conversion, component: str) -> tuple[Floats, Probabilities]:
    """Return energies and the probabilities by day for the production region of a component."""
    energy = np.geomspace(*_CURVE_MEV, _SIX_STATES)
    return energy, conversion.probabilities(component, energy)


def production_regions(sun: SolarModel) -> list[Region]:
    """Return where 8B, 7Be and pp neutrinos are born, densities over the solar radius."""
    return [Region(name, sun.radius, sun.production[sun.index(name)]) for name in _REGIONS]
