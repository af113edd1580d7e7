"""Figure: survival probability over energy, with measured points."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.plots.style import COLOURS, DOUBLE, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_MARKERS = {"pp": "o", "7Be": "s", "pep": "^", "8B": "D"}
_POINT_COLOURS = {"pp": "vermilion", "7Be": "blue", "pep": "green", "8B": "purple"}
_LABELS = {"7Be": r"$^7$Be", "8B": r"$^8$B"}
_TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


class Curve(NamedTuple):
    """A labelled curve; ``low`` and ``high`` bound a band named ``band``, None for none. Arrays (n,)."""

    label: str
    energy_mev: Floats
    p_ee: Floats
    low: Floats | None = None
    high: Floats | None = None
    band: str = ""


class Measured(NamedTuple):
    """Measured points: component of each, energy, probability, one-sigma error; length n."""

    component: Sequence[str]
    energy_mev: Floats
    p_ee: Floats
    sigma: Floats


def _draw_points(axes: "Axes", measured: Measured) -> None:
    """Draw each component's most precise point full, its others (parts of its range) hollow."""
    names = np.asarray(measured.component)
    for name in dict.fromkeys(measured.component):
        rows = np.flatnonzero(names == name)
        rows = rows[np.argsort(measured.sigma[rows], kind="stable")]
        colour = COLOURS[_POINT_COLOURS.get(name, "black")]
        label = _LABELS.get(name, name)
        for rank, row in enumerate(rows):
            axes.errorbar(
                measured.energy_mev[row],
                measured.p_ee[row],
                yerr=measured.sigma[row],
                fmt=_MARKERS.get(name, "o"),
                color=colour,
                markerfacecolor="white" if rank else colour,
                markersize=5,
                capsize=2,
                elinewidth=1.0,
                zorder=3 if rank else 4,
                label=(label, f"{label}, parts of the range")[rank] if rank < 2 else "_",
            )


def probability_figure(curves: Sequence[Curve], measured: Measured | None = None) -> "Figure":
    """Draw P(nu_e -> nu_e) over the neutrino energy.

    Parameters
    ----------
    curves : drawn in order, the first solid and heaviest; bands behind.
    measured : points with errors, or None.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    dashes = ("-", "--", ":", "-.")
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        handles: list[Artist] = []
        for index, curve in enumerate(curves):
            colour = COLOURS[("black", "blue", "orange", "green")[index % 4]]
            (line,) = axes.plot(
                curve.energy_mev, curve.p_ee, dashes[index % 4], color=colour, label=curve.label, zorder=2
            )
            handles.append(line)
            if curve.low is not None and curve.high is not None:
                band = axes.fill_between(
                    curve.energy_mev, curve.low, curve.high, color="0.82", linewidth=0, label=curve.band
                )
                handles += [band] if curve.band else []
        axes.set_xscale("log")
        axes.set_xlabel(r"Neutrino energy $E_\nu$ [MeV]")
        axes.set_ylabel(r"Survival probability $P(\nu_e \to \nu_e)$")
        axes.xaxis.set_major_locator(FixedLocator(_TICKS))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        if curves:
            axes.set_xlim(min(c.energy_mev[0] for c in curves), max(c.energy_mev[-1] for c in curves))
            lowest, highest = (extreme([extreme(c.p_ee) for c in curves]) for extreme in (np.min, np.max))
            axes.set_ylim(min(0.2, lowest - 0.05), max(0.75, highest + 0.15))
        theory = axes.legend(handles=handles, loc="upper right")
        if measured is not None:
            _draw_points(axes, measured)
            points = [h for h in zip(*axes.get_legend_handles_labels(), strict=True) if h[0] not in handles]
            axes.add_artist(theory)
            marks, labels = zip(*points, strict=True)
            title = axes.legend(marks, labels, loc="lower left", title="Borexino 2018", alignment="left")
            title.get_title().set_fontsize(8)
    return figure
