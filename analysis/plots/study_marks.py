"""What the figures of the detector study share: marks, labels, axes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

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
PARTICLES = ("electron", "alpha", "positron")
_COLOURS, _MARKERS = ("blue", "vermilion", "green", "purple"), ("o", "s", "^", "D")
_PARTICLE_LABELS = (rf"electrons, {SHELL_MEV:g} MeV", r"$^{210}$Po alphas", "annihilation gammas")


class Look(NamedTuple):
    """Colour, marker and label of points; ``shift``: where they stand beside others, -1.5 to 1.5."""

    colour: str
    marker: str
    label: str
    shift: float


def _looks(labels: tuple[str, ...]) -> list[Look]:
    return [
        Look(COLOURS[colour], marker, label, k - 1.5)
        for k, (colour, marker, label) in enumerate(zip(_COLOURS, _MARKERS, labels, strict=False))
    ]


def by_estimator(energy: Floats) -> Iterator[tuple[str, Floats, Look]]:
    """Return estimators with their look, and energies at which they are drawn side by side."""
    labels = tuple("charge" if name == "charge_pe" else ESTIMATOR_LABELS[name] for name in SHOWN)
    for name, look in zip(SHOWN, _looks(labels), strict=True):
        yield name, energy * (1.0 + 0.012 * look.shift), look


def by_particle(study: Study) -> Iterator[tuple[str, list[int], Floats, Look]]:
    """Return particles on shells, their probes, true radii in m and look."""
    for particle, look in zip(PARTICLES, _looks(_PARTICLE_LABELS), strict=False):
        probes = [i for i, p in enumerate(study.probes) if p.particle == particle and p.shell]
        yield particle, probes, np.array([study.probes[i].radius_m for i in probes]), look


def draw_points(
    axes: "Axes", x: ArrayLike, y: ArrayLike, error: ArrayLike, look: Look, line: str = "-"
) -> None:
    """Draw points with errors, joined by thin lines."""
    axes.errorbar(
        x, y, error, fmt=f"{look.marker}{line}", color=look.colour, markersize=3.5, elinewidth=0.9,
        linewidth=0.7, label=look.label,
    )  # fmt: skip


def energy_axis(axes: "Axes", energy: Floats, label: str = "electron energy [MeV]") -> None:
    """Make the x axis a logarithmic one of energy."""
    axes.set_xscale("log")
    axes.set_xlim(0.85 * energy.min(), 1.18 * energy.max())
    ticks = [0.2, 0.5, 1.0, 2.0]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel(label)


def zero_line(axes: "Axes") -> None:
    """Draw where nothing changes."""
    axes.axhline(0.0, color="0.5", linewidth=0.8, zorder=0)
