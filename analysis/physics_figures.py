"""Figures of the physics that goes into a run: probabilities, field, recoil spectra, numbers beside."""

from pathlib import Path

import numpy as np

from analysis.plots.field import FIELD_RADII, field_figure
from analysis.plots.files import save_figure
from analysis.plots.probability import probability_figure, six_state_figure
from analysis.plots.rates import rates_figure, recoil_curves
from analysis.probability_curves import probability_curves, production_regions, six_states
from analysis.probability_table import field_text, moments_text
from sim.physics.config import MomentConfig
from sim.physics.conversion import Conversion
from sim.physics.rates_report import shown_moment
from sim.physics.solar_field import SolarField


def save_probability(conversion: Conversion, path: Path, component: str = "8B") -> list[Path]:
    """Draw P_ee(E) with the measured points, or six states with precession; the PNG comes first.

    Parameters
    ----------
    conversion : what is drawn.
    path : where; the ending is replaced.
    component : whose production region is taken with precession.
    """
    if conversion.precession is not None:
        energy, found = six_states(conversion, component)
        columns = zip(found._fields[:-1], found[:-1], strict=True)
        states = {"energy_mev": energy} | {f"P_{name}": values for name, values in columns}
        turning = conversion.precession
        setting = f"field {field_text(turning)}\nmoments: {moments_text(turning)}"
        figure = six_state_figure(energy, found, turning.nature, component, setting)
        return save_figure(figure, path, states)
    curves, measured = probability_curves(conversion)
    numbers = {
        "curve": np.concatenate([np.full(len(c.energy_mev), c.label) for c in curves]),
        "energy_mev": np.concatenate([c.energy_mev for c in curves]),
        "P_nue": np.concatenate([c.p_ee for c in curves]),
    }
    return save_figure(probability_figure(curves, measured), path, numbers)


def save_field(field: SolarField, conversion: Conversion, path: Path) -> list[Path]:
    """Draw the field over the radius with the production regions behind; the PNG comes first."""
    regions = production_regions(conversion.sun)
    numbers = {"radius_rsun": FIELD_RADII, "field_kg": field.at(FIELD_RADII)}
    for region in regions:
        numbers[f"births_{region.component}"] = np.interp(FIELD_RADII, region.radius, region.density)
    return save_figure(field_figure(field, regions), path, numbers)


def save_rates(conversion: Conversion, moment: MomentConfig, path: Path) -> list[Path]:
    """Draw the recoil spectra of all components; returns the files, the PNG first."""
    curves = recoil_curves(conversion, shown_moment(moment, conversion.mix))
    numbers = {"recoil_mev": next(iter(curves.values())).recoil_mev}
    for group, curve in curves.items():
        numbers[f"{group}_weak_cpd_100t_mev"] = curve.weak
        numbers[f"{group}_magnetic_cpd_100t_mev"] = curve.magnetic
    return save_figure(rates_figure(conversion, moment), path, numbers)
