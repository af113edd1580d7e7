"""Figures of the antineutrino search: prompt spectrum, limits beside published ones, flux in energy bins."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from analysis.appearance.config import PROMPT_OFFSET_MEV
from analysis.appearance.limits import windows
from analysis.appearance.outcome import AppearanceOutcome
from analysis.plots.style import COLOURS, DOUBLE, style
from sim.core.tables import load_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_COLOURS = {
    "accidental": "0.75",
    "alpha-n": COLOURS["yellow"],
    "9Li-8He": COLOURS["purple"],
    "atmospheric": COLOURS["green"],
    "geo": COLOURS["orange"],
    "reactor": COLOURS["sky"],
}
_LABELS = {
    "accidental": "accidental pairs",
    "alpha-n": r"($\alpha$, n)",
    "9Li-8He": r"$^9$Li, $^8$He",
    "atmospheric": r"atmospheric $\nu$",
    "geo": r"geo-$\bar\nu_e$",
    "reactor": r"reactor $\bar\nu_e$",
}
_BORON = (1.8, 16.8)  # MeV, drawn range of limits


def _level(outcome: AppearanceOutcome) -> str:
    return f"{100 * outcome.config.confidence:g} % C.L."


def _limit(outcome: AppearanceOutcome) -> float:
    return outcome.fields.undistorted_limit


def spectrum_numbers(outcome: AppearanceOutcome) -> dict[str, Floats]:
    """Return counts in every bin: observed, each background, the signal at its limit."""
    model = outcome.model
    return {
        "low_mev": model.edges_mev[:-1],
        "high_mev": model.edges_mev[1:],
        "observed": outcome.observed,
        **{b.name: b.counts for b in model.backgrounds},
        "signal_at_limit": model.signal(_limit(outcome)),
    }


def _errors(n: Floats) -> Floats:
    """Return the central 68.3 % interval of a Poisson mean about n counts, lengths down and up, (2, k)."""
    tail = 0.1587
    return np.stack([n - 0.5 * chi2.ppf(tail, 2.0 * n), 0.5 * chi2.isf(tail, 2.0 * (n + 1.0)) - n])


def spectrum_figure(outcome: AppearanceOutcome) -> "Figure":
    """Draw the candidates over prompt energy, the backgrounds stacked, and the signal at its limit on top."""
    from matplotlib.figure import Figure

    model, observed = outcome.model, outcome.observed
    edges = model.edges_mev
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        base = np.zeros(observed.size)
        for name, colour in _COLOURS.items():
            for part in (b for b in model.backgrounds if b.name == name):
                axes.stairs(
                    base + part.counts, edges, baseline=base, fill=True, color=colour, label=_LABELS[name]
                )
                base = base + part.counts
        total = base + model.signal(_limit(outcome))
        label = rf"with signal at $P = {_power(_limit(outcome))}$ ({_level(outcome)})"
        axes.stairs(total, edges, baseline=None, color=COLOURS["vermilion"], linewidth=1.6, label=label)
        some = np.flatnonzero(observed > 0.0)
        whole = not outcome.data.weighted()
        axes.errorbar(
            0.5 * (edges[:-1] + edges[1:])[some], observed[some],
            yerr=_errors(observed[some]) if whole else None, fmt="o" if whole else "_",
            color="black", markersize=3.5 if whole else 8.0, capsize=0, elinewidth=1.0,
            label=outcome.data.label,
        )  # fmt: skip
        threshold = float(edges[model.first_above])
        axes.axvline(threshold, color="0.4", linewidth=0.8, linestyle=":")
        axes.set_yscale("log")
        axes.set_ylim(5e-3, 12.0 * max(float(observed.max()), float(total.max()), 1.0))
        axes.set_xlim(edges[0], edges[-1])
        axes.annotate(
            rf"$E_\nu = {threshold + PROMPT_OFFSET_MEV:.3g}$ MeV", (threshold, 1.01),
            xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8,
        )  # fmt: skip
        axes.set_xlabel("Visible energy of the prompt event [MeV]")
        axes.set_ylabel(f"Candidates per bin in {model.exposure_t_y:,.4g} t yr")
        axes.legend(loc="upper right", ncols=2)
    return figure


def _power(value: float) -> str:
    exponent = int(np.floor(np.log10(value)))
    return rf"{value / 10.0**exponent:.2g}\times10^{{{exponent}}}"


def limits_numbers(outcome: AppearanceOutcome) -> dict[str, ArrayLike]:
    """Return the limits on P with their energy ranges: published ones, then ours."""
    table = load_table("published_appearance")
    names = [str(name) for name in table.text("experiment")]
    rows = list(
        zip(
            names,
            table.numbers("low_mev"),
            table.numbers("high_mev"),
            table.numbers("probability"),
            strict=True,
        )
    )
    high = outcome.config.range_mev[1]
    found = outcome.undistorted.limits
    for window in windows(outcome.config, outcome.model):
        limit = found[f"probability_{window.name}_binned_{outcome.config.method}"]
        rows.append((f"this search, E > {window.low_mev:.3g} MeV", window.low_mev, high, limit.value))
    columns = list(zip(*rows, strict=True))
    return dict(zip(("experiment", "low_mev", "high_mev", "probability"), columns, strict=True))


def limits_figure(outcome: AppearanceOutcome) -> "Figure":
    """Draw limits on P as bars over the energies they hold for."""
    from matplotlib.figure import Figure

    columns = {name: np.asarray(values) for name, values in limits_numbers(outcome).items()}
    n = columns["experiment"].size
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        for row in range(n):
            own = row >= n - 2
            value, low, high = (float(columns[c][row]) for c in ("probability", "low_mev", "high_mev"))
            colour = COLOURS["vermilion"] if own else "0.35"
            axes.plot([low, high], [value, value], color=colour, linewidth=2.4 if own else 1.4)
            middle = low + (0.35 if own else 0.5) * (high - low)
            axes.annotate(
                "", (middle, value), xytext=(0, -13), textcoords="offset points",
                arrowprops={"arrowstyle": "<-", "color": colour, "linewidth": 0.9},
            )  # fmt: skip
            axes.annotate(
                str(columns["experiment"][row]), (high if row == n - 1 else low, value),
                xytext=(-3 if row == n - 1 else 3, 2.5), textcoords="offset points",
                ha="right" if row == n - 1 else "left",
                fontsize=7.5, color=colour, fontweight="bold" if own else "normal",
            )  # fmt: skip
        axes.set_yscale("log")
        values = columns["probability"].astype(np.float64)
        axes.set_ylim(0.45 * values.min(), 2.0 * values.max())
        axes.set_xlim(min(float(columns["low_mev"].min()), _BORON[0]) - 0.3, 17.8)
        axes.set_xlabel(r"Neutrino energy $E_\nu$ [MeV]")
        axes.set_ylabel(r"Upper limit on $P(\nu_e \to \bar\nu_e)$, $^8$B spectrum")
        axes.set_title(f"published limits 90 % C.L., this search {_level(outcome)}", fontsize=8, loc="right")
    return figure


def flux_numbers(outcome: AppearanceOutcome) -> dict[str, ArrayLike]:
    """Return the model-independent flux limits, bin by bin."""
    rows = [b._asdict() for b in outcome.flux_bins]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def flux_figure(outcome: AppearanceOutcome) -> "Figure":
    """Draw the flux limits in bins of neutrino energy, and the 8B flux at the limit on P for comparison."""
    from matplotlib.figure import Figure

    bins = outcome.flux_bins
    low = np.array([b.low_mev for b in bins])
    edges = np.append(low, bins[-1].high_mev)
    values = np.array([b.flux_cm2_s for b in bins])
    boron = np.histogram(outcome.model.energy_mev, edges, weights=outcome.model.flux_cm2_s)[0]
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        axes.stairs(
            values, edges, baseline=None, color=COLOURS["blue"], linewidth=1.8,
            label=f"any $\\bar\\nu_e$, each bin by itself ({_level(outcome)})",
        )  # fmt: skip
        for at, value in zip(0.5 * (edges[:-1] + edges[1:]), values, strict=True):
            axes.annotate(
                "", (at, value), xytext=(0, -13), textcoords="offset points",
                arrowprops={"arrowstyle": "<-", "color": COLOURS["blue"], "linewidth": 0.9},
            )  # fmt: skip
        axes.stairs(
            boron * _limit(outcome), edges, baseline=None, color=COLOURS["vermilion"], linestyle="--",
            label=rf"$^8$B flux $\times$ $P = {_power(_limit(outcome))}$",
        )  # fmt: skip
        axes.set_yscale("log")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(0.1, 3.0 * values.max())
        axes.set_xlabel(r"Neutrino energy $E_\nu$ [MeV]")
        axes.set_ylabel(r"$\bar\nu_e$ flux in the bin [cm$^{-2}$ s$^{-1}$]")
        axes.legend(loc="upper right")
    return figure
