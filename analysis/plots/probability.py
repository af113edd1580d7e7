"""Figures: survival probability over energy with measured points; six states with precession."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.plots.style import COLOURS, DOUBLE, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.physics.conversion import Probabilities

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


def _energy_axis(axes: "Axes") -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.set_xlabel(r"Neutrino energy $E_\nu$ [MeV]")
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def probability_figure(curves: Sequence[Curve], measured: Measured | None = None) -> "Figure":
    """Draw P(nu_e -> nu_e) over the neutrino energy.

    Parameters
    ----------
    curves : drawn in order, the first solid and heaviest; bands behind.
    measured : points with errors, or None.
    """
    from matplotlib.figure import Figure

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
        _energy_axis(axes)
        axes.set_ylabel(r"Survival probability $P(\nu_e \to \nu_e)$")
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


def six_state_figure(
    energy_mev: Floats, found: "Probabilities", nature: str, component: str, setting: str
) -> "Figure":
    """Draw the neutrinos above, and below, on a logarithmic scale, what they have precessed into.

    Parameters
    ----------
    energy_mev : (n,).
    found : probabilities at these energies.
    nature : majorana: antineutrinos below; dirac: right-handed states.
    component : whose production region it is.
    setting : field and moments in words.
    """
    from matplotlib.figure import Figure

    above = [(r"$\nu_e$", found.nue), (r"$\nu_\mu$", found.numu), (r"$\nu_\tau$", found.nutau)]
    if nature == "dirac":
        below = [("all right-handed", found.sterile)]
        below += [(r"$\nu_1^R$", found.a1), (r"$\nu_2^R$", found.a2), (r"$\nu_3^R$", found.a3)]
        name = r"right-handed $P(\nu_e \to \nu^R)$"
    else:
        below = [
            (r"$\bar\nu_e$", found.anue),
            (r"$\bar\nu_\mu$", found.anumu),
            (r"$\bar\nu_\tau$", found.anutau),
        ]
        name = r"antineutrinos $P(\nu_e \to \bar\nu_\alpha)$"
    colours, dashes = ("black", "blue", "vermilion", "green"), ("-", "--", "-.", ":")
    with style():
        figure = Figure(figsize=(DOUBLE[0], 1.35 * DOUBLE[1]), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True)
        for axes, curves in ((upper, above), (lower, below)):
            for number, (label, values) in enumerate(curves):
                colour, width = COLOURS[colours[number]], 2.0 if number == 0 else 1.3
                axes.plot(energy_mev, values, dashes[number], color=colour, linewidth=width, label=label)
        upper.set_ylim(0.0, 1.0)
        upper.set_ylabel(r"neutrinos $P(\nu_e \to \nu_\alpha)$")
        place = _LABELS.get(component, component)
        title = f"{place} production region, day; {setting}"
        upper.set_title(title.replace("R_sun", r"$R_\odot$"), fontsize=8)
        upper.legend(loc="upper right", ncols=3)
        values = np.concatenate([row[row > 0.0] for _, row in below])
        if values.size:
            top = float(values.max())
            lower.set_yscale("log")
            lower.set_ylim(max(float(values.min()), 1e-7 * top) / 3.0, 5.0 * top)
        lower.set_ylabel(name)
        lower.legend(loc="lower right", ncols=len(below))
        _energy_axis(lower)
        upper.set_xlim(float(energy_mev[0]), float(energy_mev[-1]))
    return figure
