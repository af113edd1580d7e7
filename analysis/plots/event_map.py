"""Part of a figure: the photomultipliers seen from the detector's centre, hit ones in colour."""

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.display.clusters import Cluster
from analysis.display.text import by_hits, distance_m, radius_m
from analysis.display.truth import Primary
from analysis.display.view import EventView, Span
from analysis.plots.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colors import ListedColormap
    from matplotlib.lines import Line2D

Floats = NDArray[np.float64]
Colour = Literal["time", "charge"]

# Of the primaries with most hits, in the order of hits: rings on the map, curves over time.
PRIMARY_COLOURS = tuple(COLOURS[name] for name in ("green", "vermilion", "sky", "purple"))

_SHARE = 80.0  # per cent of the hit tubes that the colour scale covers
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_MERIDIANS_DEG = (-120, -60, 0, 60, 120)
_PARALLELS_DEG = (-60, -30, 0, 30, 60)


class HitTubes(NamedTuple):
    """Photomultipliers with a hit in a span, shape (n_tubes,)."""

    pmt: NDArray[np.int64]
    first_ns: Floats  # since the span's start
    charge_pe: Floats


def direction_rad(x_m: Any, y_m: Any, z_m: Any) -> tuple[Any, Any]:
    """Return azimuth (-pi to pi) and elevation of points seen from the centre; 0, 0 for the centre."""
    return np.arctan2(y_m, x_m), np.arctan2(z_m, np.hypot(x_m, y_m))


def hit_tubes(view: EventView, span: Span) -> HitTubes:
    """Return the tubes with hits in a span: time of the first hit, charge of all of them."""
    inside = span.holds(view.hits.time_ns)
    pmt, first, tube = np.unique(view.hits.pmt[inside], return_index=True, return_inverse=True)
    charge = np.zeros(len(pmt))
    np.add.at(charge, tube, view.hits.charge_pe[inside])
    first_ns = view.hits.time_ns[inside][first] - span.start_ns  # the hits are in time order
    return HitTubes(pmt, first_ns, charge)


def species_label(name: str) -> str:
    """Return a species with its mass number raised, as in the text of figures."""
    return re.sub(r"(\d+)([A-Z][a-z]?)\b", r"$^{\1}$\2", name)


def primary_label(view: EventView, one: Primary) -> str:
    """Return what a primary is called in legends; with its number where there are several."""
    several = len(view.primaries or ()) > 1
    return f"truth: {species_label(one.species)}" + (f" (primary {one.number})" if several else "")


def draw_map(axes: "Axes", view: EventView, span: Span, colour: Colour) -> "PathCollection":
    """Draw the map on Mollweide axes with its legend; returns the coloured points, for the colour bar."""
    tubes = view.tubes
    azimuth, elevation = direction_rad(tubes.x_m, tubes.y_m, tubes.z_m)
    found = hit_tubes(view, span)
    values = found.first_ns if colour == "time" else found.charge_pe
    known = np.ones(len(values), bool) if colour == "time" else tubes.charge_live[found.pmt]

    def mark(chosen: NDArray[Any], label: str, **look: Any) -> None:
        axes.plot(azimuth[chosen], elevation[chosen], linestyle="none", label=label, **look)

    idle = ~np.isin(np.arange(len(azimuth)), found.pmt)
    mark(idle & tubes.live, f"live, no hit in {span.name}", marker=".", color="0.7", markersize=2.4)
    mark(idle & ~tubes.live, "dead", marker="x", color="0.8", markersize=3.4, markeredgewidth=0.7)
    if not known.all():
        hollow = {"markerfacecolor": "none", "markeredgecolor": "0.3", "markeredgewidth": 0.8}
        mark(found.pmt[~known], "hit, charge not read", marker="o", markersize=4.6, **hollow)
    bright = found.pmt[known]
    points = axes.scatter(
        azimuth[bright], elevation[bright], c=values[known], s=26.0, linewidths=0.0, zorder=3,
        cmap=_scale(colour), vmin=0.0, vmax=_top(values[known]),
    )  # fmt: skip
    beside: dict[str, Any] = {"borderaxespad": 0.0, "labelspacing": 0.7}
    tube_marks = axes.legend(loc="upper left", bbox_to_anchor=(0.06, -0.04), **beside)
    rest = _draw_vertices(axes, view, span)
    if rest:
        axes.add_artist(tube_marks).set_clip_on(False)  # clipped artists get no room in the layout
        vertices = axes.legend(handles=rest, loc="upper left", bbox_to_anchor=(0.42, -0.04), **beside)
        for mark_shown in vertices.get_lines():
            mark_shown.set_markersize(9.0)
    _dress(axes)
    return points


def colour_label(colour: Colour, span: Span) -> str:
    """Return the label of the colour bar."""
    return (
        f"First hit after the start of {span.name} [ns]"
        if colour == "time"
        else f"Charge in {span.name} [p.e.]"
    )


def _scale(colour: Colour) -> "ListedColormap":
    """Return dark to light for time (early stands out), light to dark for charge; no colour near white."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    name, first, last = ("plasma", 0.0, 0.87) if colour == "time" else ("viridis_r", 0.08, 1.0)
    return ListedColormap(colormaps[name](np.linspace(first, last, 256)))


def _top(values: Floats) -> float:
    """Return a round number that most of the values do not exceed."""
    if len(values) == 0:
        return 1.0
    want = max(float(np.percentile(values, _SHARE)), 1e-3)
    power = 10.0 ** np.floor(np.log10(want))
    return float(next(n * power for n in (*_NICE, 2.0 * _NICE[-1]) if n * power >= want))


def _draw_vertices(axes: "Axes", view: EventView, span: Span) -> list["Line2D"]:
    """Draw a ring for each true vertex, a cross for the reconstructed one; returns them for a legend."""
    from matplotlib.patheffects import withStroke

    edge: dict[str, Any] = {
        "path_effects": [withStroke(linewidth=4.5, foreground="white")],
        "linestyle": "none",
    }
    shown = by_hits(view, span)[: len(PRIMARY_COLOURS)]
    drawn = []
    for one, ring in zip(shown, PRIMARY_COLOURS, strict=False):
        drawn += axes.plot(
            *direction_rad(one.x_m, one.y_m, one.z_m), marker="o", markersize=13.0, markeredgewidth=2.4,
            markerfacecolor="none", markeredgecolor=ring, zorder=6, **edge,
            label=f"{primary_label(view, one)}, $r$ = {radius_m(one):.2f} m",
        )  # fmt: skip
    found = span.cluster
    if found is not None and found.valid:
        drawn += axes.plot(
            *direction_rad(found.x_m, found.y_m, found.z_m), marker="+", markersize=13.0,
            markeredgewidth=2.4, color=COLOURS["black"], zorder=7, label=_found_label(found, shown), **edge,
        )  # fmt: skip
    return drawn


def _found_label(cluster: Cluster, shown: list[Primary]) -> str:
    label = f"reconstructed: $r$ = {radius_m(cluster):.2f} m"
    if len(shown) != 1:
        return label
    return f"{label}, {100.0 * distance_m(cluster, shown[0]):.0f} cm from the truth"


def _dress(axes: "Axes") -> None:
    from matplotlib.patheffects import withStroke

    axes.set_xticks(np.radians(_MERIDIANS_DEG), [""] * len(_MERIDIANS_DEG))
    axes.set_yticks(np.radians(_PARALLELS_DEG), [f"{value}°" for value in _PARALLELS_DEG])
    axes.tick_params(axis="y", labelsize=7, labelcolor="0.3")
    axes.minorticks_off()
    axes.grid(True, color="0.88", linewidth=0.6)
    for value in _MERIDIANS_DEG:
        axes.text(
            np.radians(value), 0.0, f"{value}°", fontsize=7, color="0.2", ha="center", va="center", zorder=5,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )  # fmt: skip
    axes.set_title(
        "Photomultipliers seen from the centre: azimuth and elevation ($z$ up, $x$ at 0°)", fontsize=9, pad=10
    )
