"""Figures of the detector study: truth against reconstruction of the nominal detector."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.plots.study_marks import SHOWN, by_estimator, by_particle, draw_points, energy_axis, zero_line
from analysis.plots.style import DOUBLE, style
from analysis.study.compare import electron_balls
from analysis.study.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


def energy_numbers(study: Study) -> dict[str, Floats]:
    """Return mean and width of the estimators of electrons, and the calibrated response."""
    rows = {(e.estimator, e.probe): e for e in study.closure.energy}
    use = electron_balls(study.probes)
    numbers: dict[str, Floats] = {"energy_mev": np.array([study.probes[i].energy_mev for i in use])}
    numbers["visible_mev"] = np.array([rows["nh", i].visible_mev for i in use])
    for name in SHOWN:
        for field in ("mean", "mean_error", "sigma", "sigma_error", "expected_mean", "expected_sigma"):
            values = [getattr(rows[name, i], field) for i in use]
            numbers[f"{name}_{field}"] = np.array(values, dtype=np.float64)
    return numbers


def energy_figure(study: Study) -> "Figure":
    """Draw mean over visible energy and relative width, and both over the response of the fit."""
    from matplotlib.figure import Figure

    n = energy_numbers(study)
    visible = n["visible_mev"]
    with style():
        figure = Figure(figsize=(DOUBLE[0], 5.0), layout="constrained")
        (mean, width), (mean_ratio, width_ratio) = figure.subplots(2, 2, height_ratios=(1.5, 1.0))
        for name, x, look in by_estimator(visible):
            m, s = n[f"{name}_mean"], n[f"{name}_sigma"]
            m_error, s_error = n[f"{name}_mean_error"], n[f"{name}_sigma_error"]
            draw_points(mean, x, m / visible, m_error / visible, look)
            draw_points(width, x, 100.0 * s / m, 100.0 * s_error / m, look)
            expected, spread = n[f"{name}_expected_mean"], n[f"{name}_expected_sigma"]
            draw_points(mean_ratio, x, 100.0 * (m / expected - 1.0), 100.0 * m_error / expected, look)
            draw_points(width_ratio, x, 100.0 * (s / spread - 1.0), 100.0 * s_error / spread, look)
        mean.set_ylabel("mean / visible energy [1/MeV]")
        width.set_ylabel(r"$\sigma$ / mean [%]")
        mean_ratio.set_ylabel("mean / calibrated\nresponse $-$ 1 [%]")
        width_ratio.set_ylabel("$\\sigma$ / calibrated\nresponse $-$ 1 [%]")
        for axes in (mean, width, mean_ratio, width_ratio):
            energy_axis(axes, visible, "visible energy [MeV]")
        for axes in (mean_ratio, width_ratio):
            zero_line(axes)
        mean.legend(loc="lower left")
    return figure


def radius_numbers(study: Study) -> dict[str, Floats]:
    """Return, by particle on shells, N_h over its value at the centre and offset and width of the vertex."""
    rows = {(e.estimator, e.probe): e for e in study.closure.energy}
    place = {v.probe: v for v in study.closure.vertex}
    numbers: dict[str, Floats] = {}
    for particle, use, radius_m, _ in by_particle(study):
        numbers.setdefault("radius_m", radius_m)
        nh = [rows["nh", i] for i in use]
        numbers[f"{particle}_nh_over_centre"] = np.array([e.mean / nh[0].mean for e in nh])
        numbers[f"{particle}_nh_error"] = np.array([e.mean_error / nh[0].mean for e in nh])
        for field in ("radial_bias_m", "radial_bias_error_m", "sigma_m", "sigma_error_m", "pull"):
            numbers[f"{particle}_{field}"] = np.array([getattr(place[i], field) for i in use])
    return numbers


def radius_figure(study: Study) -> "Figure":
    """Draw light, offset of the vertex and its width over the true radius."""
    from matplotlib.figure import Figure

    n = radius_numbers(study)
    with style():
        figure = Figure(figsize=(DOUBLE[0], 2.7), layout="constrained")
        light, offset, width = figure.subplots(1, 3)
        for particle, _, radius_m, look in by_particle(study):
            ratio, error = n[f"{particle}_nh_over_centre"], n[f"{particle}_nh_error"]
            draw_points(light, radius_m, 100.0 * (ratio - 1.0), 100.0 * error, look)
            for axes, what in ((offset, "radial_bias"), (width, "sigma")):
                value, error = n[f"{particle}_{what}_m"], n[f"{particle}_{what}_error_m"]
                draw_points(axes, radius_m, 100.0 * value, 100.0 * error, look)
        light.set_ylabel("$N_h$ / $N_h$ at the centre $-$ 1 [%]")
        offset.set_ylabel("mean offset outwards [cm]")
        zero_line(offset)
        width.set_ylabel(r"$\sigma$ of a coordinate [cm]")
        width.set_ylim(bottom=0.0)
        for axes in (light, offset, width):
            axes.set_xlabel("true radius [m]")
        handles, labels = light.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure
