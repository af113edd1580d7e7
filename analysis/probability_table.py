"""Probabilities of solar neutrinos as rows of a CSV and as curves of a figure."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.tables import load_table
from sim.physics.config import NeutrinoConfig
from sim.physics.conversion import COLUMNS, Conversion
from sim.physics.spectra import endpoint, is_continuous, quadrature

if TYPE_CHECKING:
    from analysis.plots.probability import Curve, Measured

Floats = NDArray[np.float64]

_LOWEST_MEV = 0.05
_CURVE_MEV = (0.1, 16.0)


def component_energies(component: str, n: int = 200) -> Floats:
    """Return energies that cover a component's spectrum: n of a continuous one, the means of its lines."""
    if is_continuous(component):
        return np.linspace(_LOWEST_MEV, endpoint(component), n)
    energy, weight = quadrature(component)
    breaks = np.flatnonzero(np.diff(energy) > 0.1) + 1
    lines = zip(np.split(energy, breaks), np.split(weight, breaks), strict=True)
    return np.array([float(np.average(e, weights=w)) for e, w in lines], dtype=np.float64)


def probability_rows(
    conversion: Conversion, components: list[str], energies_mev: list[float] | None, nadirs_deg: list[float]
) -> str:
    """Return the probabilities as CSV text.

    Parameters
    ----------
    conversion : Sun, mixing and site.
    components : solar components, for their production regions.
    energies_mev : energies; None covers each component's spectrum.
    nadirs_deg : nadir angles in degrees, 0 (through the centre of the Earth) to 180; day comes first, with
        an empty nadir.

    Raises
    ------
    PhysicsError
        Unknown component, energy not positive, nadir outside 0 to 180.
    """
    for nadir in nadirs_deg:
        if not 0.0 <= nadir <= 180.0:
            msg = f"nadir angle {nadir:g} is outside 0 to 180 degrees"
            raise PhysicsError(msg)
    lines = [",".join(("component", "energy_mev", "nadir_deg", *COLUMNS))]
    for component in components:
        conversion.sun.index(component)
        energy = component_energies(component) if energies_mev is None else np.asarray(energies_mev)
        for place in (None, *nadirs_deg):
            columns = conversion.probabilities(component, energy, place)
            label = "" if place is None else f"{place:g}"
            lines += [
                ",".join([component, f"{e:.8g}", label, *(f"{p:.8g}" for p in row)])
                for e, row in zip(energy, zip(*columns, strict=True), strict=True)
            ]
    return "\n".join(lines) + "\n"


def probability_curves(conversion: Conversion) -> tuple[list["Curve"], "Measured"]:
    """Return P_ee(E) by day for 8B and pp production, for the mean night, and the measured points.

    The band of the first curve is the one-sigma range of sin^2 theta_12 and Delta m^2_21 of the global fit
    NuFIT 5.2 (0.012 and 0.21e-5 eV^2, unverified), added in quadrature.
    """
    from analysis.plots.probability import Curve, Measured

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
