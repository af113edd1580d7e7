"""Figure: magnetic field of the Sun over the radius, with the places where neutrinos are born."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.plots.style import COLOURS, DOUBLE, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    from sim.physics.solar_field import SolarField

Floats = NDArray[np.float64]

FIELD_RADII = np.linspace(0.0, 1.0, 1001)

_CORE_RADIUS = 0.05
_REGION_HEIGHT = 0.45  # of the axes: the highest region
_HEADROOM = 1.45
_LABELS = {"8B": "$^8$B", "7Be": "$^7$Be"}
_COLOURS = {"8B": "purple", "7Be": "blue", "pp": "vermilion"}


class Region(NamedTuple):
    """Where neutrinos of a component are born: density over the radius in solar radii, each (n,)."""

    component: str
    radius: Floats
    density: Floats


def field_figure(field: "SolarField", regions: Sequence[Region] = ()) -> "Figure":
    """Draw the field across the ray in kG, production regions as shaded curves behind, kinks marked.

    Parameters
    ----------
    field : magnetic field; for a random one its root mean square is drawn.
    regions : drawn in arbitrary units, to a common scale.
    """
    from matplotlib.figure import Figure

    strength = field.at(FIELD_RADII)
    at_peak = float(FIELD_RADII[int(np.argmax(strength))])
    core = float(field.at(np.array([_CORE_RADIUS]))[0])
    top = float(strength.max()) or 1.0
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        handles: list[Artist] = []
        (line,) = axes.plot(FIELD_RADII, strength, color=COLOURS["black"], linewidth=1.8, zorder=4)
        line.set_label(_name(field))
        handles.append(line)
        (mark,) = axes.plot([_CORE_RADIUS], [core], "ko", markerfacecolor="white", zorder=5, clip_on=False)
        mark.set_label(f"{core:.3g} kG at $r = {_CORE_RADIUS:g}\\,R_\\odot$")
        peak = f"peak {strength.max():.4g} kG at $r = {at_peak:.3g}\\,R_\\odot$"
        (crest,) = axes.plot([at_peak], [strength.max()], "k^", zorder=5, label=peak, clip_on=False)
        handles += [crest, mark]
        for number, kink in enumerate(field.kinks):
            dotted = axes.axvline(
                kink, ymax=1.0 / _HEADROOM, color=COLOURS["grey"], linestyle=":", linewidth=1.0
            )
            if number == 0:
                dotted.set_label("kink of the profile")
                handles.append(dotted)
        highest = max((float(region.density.max()) for region in regions), default=1.0)
        for region in regions:
            colour = COLOURS[_COLOURS.get(region.component, "grey")]
            height = region.density / highest * _REGION_HEIGHT * _HEADROOM * top
            shade = axes.fill_between(region.radius, height, color=colour, alpha=0.25, linewidth=0.8)
            shade.set_label(f"births of {_LABELS.get(region.component, region.component)}, a.u.")
            handles.append(shade)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(0.0, _HEADROOM * top)
        axes.set_xlabel(r"Radius $r$ [$R_\odot$]")
        kind = "Root mean square field" if field.correlation_km is not None else "Field"
        axes.set_ylabel(rf"{kind} across the ray $B_\perp$ [kG]")
        axes.legend(handles=handles, loc="upper right", ncols=2)
    return figure


def _name(field: "SolarField") -> str:
    parts = [field.name.rsplit("/", 1)[-1]]
    if field.twist_rad_per_rsun:
        parts.append(rf"twist {field.twist_rad_per_rsun:g} rad/$R_\odot$")
    if field.correlation_km is not None:
        parts.append(f"random, {field.correlation_km:g} km")
    return ", ".join(parts)
