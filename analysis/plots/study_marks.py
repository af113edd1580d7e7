"""What the figures of the detector study share: marks, labels, axes."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.plots.spectrum import ESTIMATOR_LABELS
from analysis.plots.style import COLOURS
from analysis.study.sample import SHELL_MEV
from analysis.study.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

SHOWN = ("nh", "np_230", "np_400", "charge_pe")
LOOKS = dict(zip(SHOWN, (("blue", "o"), ("vermilion", "s"), ("green", "^"), ("purple", "D")), strict=True))
KINDS = {
    "electron": (rf"electrons, {SHELL_MEV:g} MeV", "blue", "o"),
    "alpha": (r"$^{210}$Po alphas", "vermilion", "s"),
    "positron": ("annihilation gammas", "green", "^"),
}
SPREAD = 0.012  # points of several estimators at one energy are drawn side by side


def estimator_label(estimator: str) -> str:
    """Return the name of an estimator for a legend."""
    return "charge" if estimator == "charge_pe" else ESTIMATOR_LABELS[estimator]


def shells(study: Study, particle: str) -> list[int]:
    """Return the probes of a particle that lie on shells."""
    return [i for i, p in enumerate(study.probes) if p.particle == particle and p.shell]


def draw_points(
    axes: "Axes", x: ArrayLike, y: ArrayLike, error: ArrayLike, colour: str, marker: str, label: str
) -> None:
    """Draw points with errors, joined by thin lines."""
    axes.errorbar(
        x, y, error, fmt=f"{marker}-", color=COLOURS[colour], markersize=3.5, elinewidth=0.9, linewidth=0.7,
        label=label,
    )  # fmt: skip


def energy_axis(axes: "Axes", energy: Floats, label: str = "electron energy [MeV]") -> None:
    """Make the x axis a logarithmic one of energy."""
    axes.set_xscale("log")
    axes.set_xlim(0.85 * energy.min(), 1.18 * energy.max())
    ticks = [0.2, 0.5, 1.0, 2.0]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel(label)
