"""Figure: one trigger gate, with a map of the photomultipliers, hits over time, and what is known of it."""

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.display.text import WIDTH, by_hits, event_text
from analysis.display.view import EventView, Span
from analysis.plots.event_map import (
    PRIMARY_COLOURS,
    Colour,
    colour_label,
    direction_rad,
    draw_map,
    primary_label,
)
from analysis.plots.style import COLOURS, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_SIZE = (11.5, 6.9)
_MOST_BINS = 175
_STEPS = (1.0, 2.0, 5.0, 10.0)
_MARGIN = 0.06  # of the span, shown before and after
_FLOOR = 0.6  # of the logarithmic axes: one hit stands out
_HEADROOM = 4.0


def event_numbers(view: EventView) -> dict[str, ArrayLike]:
    """Return the hits in time order with the place of their tubes, and the cluster they are in (-1: none)."""
    hits, tubes = view.hits, view.tubes
    azimuth, elevation = direction_rad(tubes.x_m[hits.pmt], tubes.y_m[hits.pmt], tubes.z_m[hits.pmt])
    cluster = np.full(len(hits.time_ns), -1)
    for one in view.clusters or ():
        cluster[view.span(one.number).holds(hits.time_ns) & tubes.live[hits.pmt]] = one.number
    return {
        "hit_time_ns": hits.time_ns,
        "hit_pmt": hits.pmt,
        "hit_charge_pe": hits.charge_pe,
        "hit_primary": hits.primary,
        "cluster": cluster,
        "azimuth_deg": np.degrees(azimuth),
        "elevation_deg": np.degrees(elevation),
    }


def event_figure(view: EventView, span: Span, colour: Colour = "time") -> "Figure":
    """Draw one gate.

    Parameters
    ----------
    view : the gate.
    span : the hits on the map, and what the second time axis shows.
    colour : of the hit tubes: time of the first hit, or charge.
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=_SIZE, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr, call-arg]
        grid = figure.add_gridspec(2, 3, height_ratios=(2.2, 1.0), width_ratios=(1.0, 1.0, 0.92))
        sky = figure.add_subplot(grid[0, :2], projection="mollweide")
        points = draw_map(sky, view, span, colour)
        bar = figure.colorbar(points, ax=sky, location="right", shrink=0.8, aspect=28, extend="max", pad=0.02)
        bar.set_label(colour_label(colour, span))
        _draw_gate(figure.add_subplot(grid[1, 0]), view, span)
        _draw_span(figure.add_subplot(grid[1, 1]), view, span)
        _write_text(figure.add_subplot(grid[:, 2]), view, span)
    return figure


def _edges(first_ns: float, last_ns: float) -> Floats:
    """Return bin edges that cover a range: multiples of a round width of 1 ns or more."""
    want = max((last_ns - first_ns) / _MOST_BINS, 1.0)
    power = 10.0 ** np.floor(np.log10(want))
    width = next(step * power for step in _STEPS if step * power >= want)
    return np.asarray(width * np.arange(np.floor(first_ns / width), np.ceil(last_ns / width) + 1.0))


def _frame(axes: "Axes", edges: Floats, time_ns: Floats) -> None:
    """Draw all hits as a filled histogram on a logarithmic axis."""
    counts = np.histogram(time_ns, edges)[0]
    axes.stairs(counts, edges, fill=True, color="0.82")
    axes.stairs(counts, edges, baseline=0.1 * _FLOOR, color="0.35", linewidth=0.8, label="all hits")
    axes.set_yscale("log")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(_FLOOR, _HEADROOM * max(int(counts.max(initial=1)), 4))


def _draw_gate(axes: "Axes", view: EventView, span: Span) -> None:
    """Draw all hits of the gate over microseconds, the clusters shaded."""
    time_us = view.hits.time_ns * 1e-3
    stop_ns = 1e3 * np.ceil(max(time_us.max(initial=0.0), span.stop_ns * 1e-3))
    edges = _edges(0.0, stop_ns) * 1e-3
    _frame(axes, edges, time_us)
    for one in view.clusters or ():
        begin, end = one.start_ns * 1e-3, (one.start_ns + one.duration_ns) * 1e-3
        name = "clusters" if len(view.clusters or ()) > 1 else "cluster"
        axes.axvspan(
            begin, end, facecolor=COLOURS["yellow"], alpha=0.35, linewidth=0.0, zorder=0,
            label=name if one.number == 0 else None,
        )  # fmt: skip
        for border in (begin, end):
            axes.axvline(border, color=COLOURS["orange"], linewidth=0.8, linestyle="--", zorder=0.5)
    axes.set_xlabel(r"Time since the gate's start [$\mu$s]")
    axes.set_ylabel(f"Hits / {1e3 * (edges[1] - edges[0]):.3g} ns")
    _explain(axes)


def _draw_span(axes: "Axes", view: EventView, span: Span) -> None:
    """Draw the hits around the span over nanoseconds, and those of its primaries where they are known."""
    time_ns = view.hits.time_ns - span.start_ns
    length = span.stop_ns - span.start_ns
    edges = _edges(-_MARGIN * length, (1.0 + _MARGIN) * length)
    _frame(axes, edges, time_ns)
    if span.cluster is not None:
        for border in (0.0, length):
            axes.axvline(border, color=COLOURS["orange"], linewidth=0.8, linestyle="--", zorder=0.5)
    for one, colour in zip(by_hits(view, span), PRIMARY_COLOURS, strict=False):
        counts = np.histogram(time_ns[view.hits.primary == one.number], edges)[0]
        axes.stairs(
            counts, edges, baseline=0.1 * _FLOOR, color=colour, linewidth=1.3, label=primary_label(view, one)
        )
    axes.set_xlabel(f"Time since the start of {span.name} [ns]")
    axes.set_ylabel(f"Hits / {edges[1] - edges[0]:g} ns")
    _explain(axes)


def _explain(axes: "Axes") -> None:
    axes.legend(loc="upper right", fontsize=7, frameon=True, framealpha=0.9, edgecolor="none")


def _write_text(axes: "Axes", view: EventView, span: Span) -> None:
    axes.set_axis_off()
    lines = []
    for title, block in event_text(view, span):
        lines += [title, "-" * len(title)]
        for line in block:
            lines += textwrap.wrap(line, WIDTH, subsequent_indent="    ") if len(line) > WIDTH else [line]
        lines.append("")
    axes.text(
        0.02, 0.99, "\n".join(lines), family="DejaVu Sans Mono", fontsize=7.2, va="top", linespacing=1.35,
        transform=axes.transAxes, parse_math=False, in_layout=False,
    )  # fmt: skip
