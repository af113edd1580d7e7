"""Figures of the physics that goes into a run: survival probability and recoil spectra, numbers beside."""

from pathlib import Path

import numpy as np

from analysis.plots.files import save_figure
from analysis.plots.probability import probability_figure
from analysis.plots.rates import rates_figure, recoil_curves
from analysis.probability_table import probability_curves
from sim.physics.config import MomentConfig
from sim.physics.conversion import Conversion
from sim.physics.rates_report import shown_moment


def save_probability(conversion: Conversion, path: Path) -> list[Path]:
    """Draw P_ee(E) with the measured points; returns the files, the PNG first."""
    curves, measured = probability_curves(conversion)
    numbers = {
        "curve": np.concatenate([np.full(len(c.energy_mev), c.label) for c in curves]),
        "energy_mev": np.concatenate([c.energy_mev for c in curves]),
        "P_nue": np.concatenate([c.p_ee for c in curves]),
    }
    return save_figure(probability_figure(curves, measured), path, numbers)


def save_rates(conversion: Conversion, moment: MomentConfig, path: Path) -> list[Path]:
    """Draw the recoil spectra of all components; returns the files, the PNG first."""
    curves = recoil_curves(conversion, shown_moment(moment))
    numbers = {"recoil_mev": next(iter(curves.values())).recoil_mev}
    for group, curve in curves.items():
        numbers[f"{group}_weak_cpd_100t_mev"] = curve.weak
        numbers[f"{group}_magnetic_cpd_100t_mev"] = curve.magnetic
    return save_figure(rates_figure(conversion, moment), path, numbers)
