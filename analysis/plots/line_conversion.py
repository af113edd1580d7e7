"""Figures of the 7Be line's conversion: the spectrum with and without it, and the likelihood profiles."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.beryllium.line_model import PUBLISHED, SPECIES
from analysis.beryllium.outcome import LineOutcome
from analysis.beryllium.profile import LineScan
from analysis.parameters import LIGHT_YIELD
from analysis.plots.spectrum import ESTIMATOR_LABELS
from analysis.plots.style import COLOURS, DOUBLE, SINGLE, style
from analysis.response import electron_mean
from sim.physics.quenching import visible_energies

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_HIGHEST = 12.0  # of -2 ln L, on the axis
_SHOWN_BINS = 60
_EDGE_MEV = 0.665  # greatest recoil of the line
_LOWEST_MEV, _HIGHEST_MEV = 0.2, 0.9  # recoils that the figure shows
_PUBLICATIONS = {"BX-ANTINU11": "Borexino 2011", "BX-ANTINU21": "Borexino 2019"}
Dashes = str | tuple[float, tuple[float, float]]
_DASHES: Dashes = (0, (3, 1.5))


def line_numbers(outcome: LineOutcome) -> dict[str, Floats]:
    """Return data, both fits, and 7Be in each: counts in the fit bins.

    Columns ``*_limit`` belong to the fit at the limit of the free rate; ``expected_held`` has that P and
    everything else as in the fit without conversion.
    """
    line = outcome.line
    problem = line.problem
    theta, theta_limit = outcome.standard.theta(), outcome.at_limit.theta()
    at = outcome.free.integrated.value
    return {
        problem.config.estimator: problem.likelihood.model.centres(),
        "counts": problem.likelihood.data.counts,
        "expected": line.model(0.0).expected(theta),
        "7Be": line.model(0.0).component(theta, SPECIES),
        "85Kr": line.model(0.0).component(theta, "85Kr"),
        "expected_limit": line.model(at).expected(theta_limit),
        "7Be_nu_limit": line.model(at, "neutrinos").component(theta_limit, SPECIES),
        "7Be_anti_nu_limit": line.model(at, "antineutrinos").component(theta_limit, SPECIES),
        "85Kr_limit": line.model(at).component(theta_limit, "85Kr"),
        "expected_held": line.model(at).expected(theta),
    }


def _joined(values: Floats, size: int) -> Floats:
    n = values.size // size
    return np.asarray(values[: n * size].reshape(n, size).sum(axis=1))


def _mean_estimator(outcome: LineOutcome, recoil_mev: float) -> float:
    problem = outcome.line.problem
    visible = visible_energies("electron", np.array([recoil_mev]), problem.config.kb_cm_mev)
    response = problem.likelihood.model.response
    return float(electron_mean(response, float(outcome.standard.theta()[LIGHT_YIELD]), visible)[0])


def line_figure(outcome: LineOutcome) -> "Figure":
    """Draw data, the fit without conversion and the one at the limit; below, both against the data."""
    from matplotlib.figure import Figure

    numbers = line_numbers(outcome)
    problem = outcome.line.problem
    estimator = problem.config.estimator
    name = ESTIMATOR_LABELS[estimator].split(" [")[0]
    low, high = _mean_estimator(outcome, _LOWEST_MEV), _mean_estimator(outcome, _HIGHEST_MEV)
    centres = numbers[estimator]
    inside = (centres >= low) & (centres <= high)
    size = max(1, round(np.count_nonzero(inside) / _SHOWN_BINS))
    shown = {key: _joined(values[inside], size) for key, values in numbers.items()}
    width = problem.config.bin_width * problem.spectrum.step * size
    scale = 1.0 / (problem.spectrum.exposure_d_100t * width)
    at = shown[estimator] / size
    edges = np.append(at - 0.5 * width, at[-1] + 0.5 * width)
    value = outcome.free.integrated.value
    level = f"{100 * problem.config.confidence:.0f} % C.L."
    with style():
        figure = Figure(figsize=(DOUBLE[0], 5.4), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 1.0))
        krypton = [
            rf"$^{{85}}$Kr, {result.value('rate_85Kr'):.1f} cpd/100 t"
            for result in (outcome.standard, outcome.at_limit)
        ]
        standard = (("expected", "black", "fit"), ("7Be", "blue", r"$^7$Be"), ("85Kr", "green", krypton[0]))
        at_limit = (
            ("expected_limit", "vermilion", "fit"),
            ("7Be_nu_limit", "blue", r"$^7$Be, neutrinos"),
            ("7Be_anti_nu_limit", "purple", r"$^7$Be, $\bar\nu_e$ at 862 keV"),
            ("85Kr_limit", "green", krypton[1]),
        )
        floor = 2e-4 * scale * float(shown["counts"].max())
        data = upper.errorbar(
            at, scale * shown["counts"], scale * np.sqrt(shown["counts"]),
            fmt="o", color="black", ecolor="0.55", markersize=2.0, elinewidth=0.6,
            label=problem.spectrum.label, zorder=3,
        )  # fmt: skip
        drawn = [
            _draw(upper, shown, scale, edges, curves, dashes)
            for curves, dashes in ((standard, "-"), (at_limit, _DASHES))
        ]
        upper.set_yscale("log")
        upper.set_ylim(floor, 12.0 * scale * shown["counts"].max())
        upper.set_xlim(edges[0], edges[-1])
        upper.set_ylabel(rf"Counts / (day $\cdot$ 100 t $\cdot$ {name})")
        first = upper.legend(handles=[data, *drawn[0]], title="$P = 0$", loc="upper center")
        upper.add_artist(first)
        upper.legend(handles=drawn[1], title=f"$P = {value:.2f}$, {level} limit", loc="upper right")
        _mark_edge(upper, _mean_estimator(outcome, _EDGE_MEV))
        sigma = np.sqrt(shown["expected"])
        lower.errorbar(
            at, (shown["counts"] - shown["expected"]) / sigma, np.ones_like(at),
            fmt="o", color="black", ecolor="0.55", markersize=2.5, elinewidth=0.6,
        )  # fmt: skip
        lower.axhline(0.0, color="black", linewidth=1.0)
        for key, colour, dashes, label in (
            ("expected_limit", "vermilion", _DASHES, f"$P = {value:.2f}$, all else fitted again"),
            ("expected_held", "grey", "-", f"$P = {value:.2f}$, all else as at $P = 0$"),
        ):
            difference = (shown[key] - shown["expected"]) / sigma
            lower.stairs(
                difference, edges, color=COLOURS[colour], linestyle=dashes, label=label, baseline=None
            )
        lower.legend(ncols=2, loc="upper left", fontsize=7)
        lowest = float(((shown["expected_held"] - shown["expected"]) / sigma).min())
        lower.set_ylim(min(-4.5, 1.2 * lowest), 6.5)
        lower.set_ylabel(r"[data $-$ fit($P=0$)] / $\sigma$", fontsize=8)
        lower.set_xlabel(f"{ESTIMATOR_LABELS[estimator]}   (bins of {width:.3g})")
    return figure


def _draw(
    axes: "Axes",
    shown: dict[str, Floats],
    scale: float,
    edges: Floats,
    curves: tuple[tuple[str, str, str], ...],
    dashes: Dashes,
) -> "list[Artist]":
    """Draw columns of ``shown`` as steps; curves: column, colour, label."""
    return [
        axes.stairs(
            scale * shown[key], edges, color=COLOURS[colour], linestyle=dashes, label=label, baseline=None
        )
        for key, colour, label in curves
    ]


def _mark_edge(axes: "Axes", place: float) -> None:
    """Mark the greatest recoil of the line."""
    axes.axvline(place, color="0.75", linewidth=0.8, zorder=0)
    axes.annotate(
        f"{1e3 * _EDGE_MEV:.0f} keV", (place, 0.55), xycoords=("data", "axes fraction"),
        xytext=(3, 2), textcoords="offset points", color="0.4", fontsize=8,
    )  # fmt: skip


def _rows(outcome: LineOutcome) -> tuple[tuple[str, LineScan, str], ...]:
    return (
        (r"$^7$Be rate free (shape alone)", outcome.free, "blue"),
        (r"$^7$Be rate of the solar model", outcome.solar_model, "vermilion"),
    )


def conversion_numbers(outcome: LineOutcome) -> dict[str, Floats]:
    """Return both profiles on common probabilities."""
    scans = (outcome.free.profile, outcome.solar_model.profile)
    probability = np.linspace(0.0, min(float(scan.probability[-1]) for scan in scans), 201)
    return {
        "probability": probability,
        "delta_free": scans[0].at(probability),
        "delta_solar_model": scans[1].at(probability),
    }


def conversion_figure(outcome: LineOutcome) -> "Figure":
    """Draw -2 ln L over P with the integrated limits, and the published limits as marks on top."""
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(1.35 * SINGLE[0], 1.35 * SINGLE[1]), layout="constrained")
        axes = figure.add_subplot()
        right = max(PUBLISHED.values())
        for label, scan, colour in _rows(outcome):
            probability, delta = scan.profile.fine()
            value = scan.integrated.value
            axes.plot(probability, delta, color=COLOURS[colour], label=f"{label}: $P < {value:.2f}$")
            right = max(right, float(probability[delta < _HIGHEST][-1]))
            height = float(np.interp(value, probability, delta))
            axes.plot([value, value], [0.0, height], color=COLOURS[colour], linestyle=_DASHES, linewidth=1.0)
        for key, value in PUBLISHED.items():
            axes.annotate(
                _PUBLICATIONS[key], (value, 1.0), xycoords=("data", "axes fraction"),
                xytext=(0, 9), textcoords="offset points", ha="center", fontsize=7, color="0.3",
                arrowprops={"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip
        axes.set_xlim(0.0, min(1.05 * right, 1.0))
        axes.set_ylim(0.0, _HIGHEST)
        axes.set_xlabel(r"$P(\nu_e\to\bar\nu_e)$ at 862 keV")
        axes.set_ylabel(r"$-2\,\Delta\ln L$")
        level = f"{100 * outcome.line.problem.config.confidence:.0f} %"
        axes.plot([], [], color="0.4", linestyle=_DASHES, linewidth=1.0, label=f"these limits, {level} C.L.")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center")
    return figure
