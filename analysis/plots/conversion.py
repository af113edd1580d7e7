"""Figure: conversion to antineutrinos over energy, one curve a field profile, each as large as is allowed."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.appearance.outcome import AppearanceOutcome
from analysis.plots.style import COLOURS, DOUBLE, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_CORE = ("blue", "sky", "green", "black", "purple", "grey")
_OUTER = ("vermilion", "orange", "yellow")
_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)), "-.", (0, (3, 1, 1, 1, 1, 1)), (0, (6, 2)))
_WHERE = {True: r"$B(0.05\,R_\odot)$", False: "peak $B$"}
_RANGE_MEV = (1.8, 16.0)


def conversion_numbers(outcome: AppearanceOutcome) -> dict[str, Floats]:
    """Return P(nu_e -> anti-nu_e) of every profile at its limit on mu_12 B, over the neutrino energy."""
    energy = np.linspace(*_RANGE_MEV, 285)
    columns = {"energy_mev": energy, "undistorted": np.full_like(energy, outcome.fields.undistorted_limit)}
    for row in outcome.fields.rows:
        columns[row.conversion.name] = row.upper_1e9**2 * row.conversion.probability(energy)
    return columns


def conversion_figure(outcome: AppearanceOutcome) -> "Figure":
    """Draw P(E) of every profile at its limit; core fields in cold colours, outer ones in warm."""
    from matplotlib.figure import Figure

    columns = conversion_numbers(outcome)
    energy = columns["energy_mev"]
    used = {True: 0, False: 0}
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        level = f"{100 * outcome.config.confidence:g} %"
        axes.plot(
            energy, columns["undistorted"], color="0.5", linewidth=2.2, label="same $P$ at all energies"
        )
        for row in outcome.fields.rows:
            core = row.conversion.core
            palette = _CORE if core else _OUTER
            number = used[core]
            used[core] += 1
            axes.plot(
                energy,
                columns[row.conversion.name],
                color=COLOURS[palette[number % len(palette)]],
                linestyle=_DASHES[number % len(_DASHES)],
                label=rf"{row.conversion.name}: $<$ {row.upper_1e9:.3g}, {_WHERE[core]}",
            )
        axes.set_yscale("log")
        axes.set_xlim(*_RANGE_MEV)
        axes.set_xlabel(r"Neutrino energy $E_\nu$ [MeV]")
        axes.set_ylabel(r"$P(\nu_e \to \bar\nu_e)$ at the limit")
        axes.legend(
            loc="lower right",
            title=rf"{level} C.L. limits on $\mu_{{12}}B$ [$10^{{-9}}\,\mu_\mathrm{{B}}\,$kG]",
            title_fontsize=8,
            alignment="left",
        )
    return figure
