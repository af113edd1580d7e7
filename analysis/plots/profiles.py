"""Figure: the likelihood profile in the moment, with and without the gallium constraint."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.outcome import Outcome, Scan
from analysis.plots.style import COLOURS, SINGLE, style
from analysis.profile import interpolate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_HIGHEST = 12.0  # of -2 ln L, on the axis


def profile_numbers(outcome: Outcome) -> dict[str, Floats]:
    """Return both profiles on common moments, 1e-11 mu_B; empty where one was not scanned."""
    scans = (outcome.free.profile, outcome.gallium.profile)
    if min(scan.mu_1e11.size for scan in scans) < 4:
        return {"mu_1e11": np.zeros(0)}
    mu = np.linspace(0.0, min(scan.mu_1e11[-1] for scan in scans), 201)
    return {
        "mu_1e11": mu,
        "delta_no_gallium": interpolate(scans[0], mu),
        "delta_gallium": interpolate(scans[1], mu),
    }


def profile_figure(outcome: Outcome) -> "Figure":
    """Draw -2 ln L over the moment; the integrated limits as vertical lines."""
    from matplotlib.figure import Figure

    rows: tuple[tuple[str, Scan, str], ...] = (
        ("without gallium", outcome.free, "blue"),
        ("with gallium", outcome.gallium, "vermilion"),
    )
    with style():
        figure = Figure(figsize=(1.25 * SINGLE[0], 1.2 * SINGLE[1]), layout="constrained")
        axes = figure.add_subplot()
        right = 0.0
        for label, scan, colour in rows:
            if scan.profile.mu_1e11.size < 4:
                continue
            mu = np.linspace(0.0, float(scan.profile.mu_1e11[-1]), 1001)
            delta = interpolate(scan.profile, mu)
            axes.plot(mu, delta, color=COLOURS[colour], label=label)
            visible = mu[delta < _HIGHEST]
            right = max(right, float(visible[-1]))
            if scan.integrated is not None:
                value = scan.integrated.value
                height = float(np.interp(value, mu, delta))
                axes.plot(
                    [value, value],
                    [0.0, height],
                    color=COLOURS[colour],
                    linestyle=(0, (3, 1.5)),
                    linewidth=1.0,
                )
                axes.annotate(
                    f"{value:.2f}", (value, 0.0), color=COLOURS[colour],
                    xytext=(3, 4), textcoords="offset points", ha="left", fontsize=8,
                )  # fmt: skip
        axes.set_xlim(0.0, 1.02 * right if right > 0.0 else 1.0)
        axes.set_ylim(0.0, _HIGHEST)
        axes.set_xlabel(r"$\mu_\nu^\mathrm{eff}$ [$10^{-11}\,\mu_\mathrm{B}$]")
        axes.set_ylabel(r"$-2\,\Delta\ln L$")
        level = f"{100 * outcome.problem.config.confidence:.0f} %"
        axes.plot([], [], color="0.4", linestyle=(0, (3, 1.5)), linewidth=1.0, label=f"{level} C.L. limits")
        axes.legend(loc="upper left")
    return figure
