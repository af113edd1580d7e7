"""Figure: recoil spectra of the solar components, weak and magnetic."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.plots.style import COLOURS, DOUBLE, style
from sim.physics.arrival import arrival
from sim.physics.config import MomentConfig
from sim.physics.conversion import Conversion
from sim.physics.rates import UNIT_MOMENT, recoil_rates
from sim.physics.rates_report import CNO, shown_moment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

GROUPS = {"pp": ("pp",), "7Be": ("7Be",), "pep": ("pep",), "CNO": CNO, "8B": ("8B",)}

_COLOURS = {"pp": "vermilion", "7Be": "blue", "pep": "green", "CNO": "orange", "8B": "purple"}
_LABELS = {"7Be": r"$^7$Be", "8B": r"$^8$B"}
_BINS = 800
_LOWEST_MEV, _HIGHEST_MEV = 0.01, 3.0
_NOTHING = 1e-9  # drawn for zero, below the axis: edges fall to the floor
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class RecoilCurve(NamedTuple):
    """Recoil spectra of a group of components: counts per day, 100 t and MeV, all float64 (n,)."""

    recoil_mev: Floats
    weak: Floats
    magnetic: Floats


def recoil_curves(conversion: Conversion, moment: MomentConfig = UNIT_MOMENT) -> dict[str, RecoilCurve]:
    """Compute the curves of the figure: means over narrow logarithmic bins of the recoil energy."""
    edges = np.geomspace(_LOWEST_MEV, _HIGHEST_MEV, _BINS + 1)
    width = np.diff(edges)
    curves = {}
    for group, members in GROUPS.items():
        rates = [recoil_rates(arrival(name, conversion.sun, conversion, moment), edges) for name in members]
        curves[group] = RecoilCurve(
            np.sqrt(edges[1:] * edges[:-1]),
            np.sum([rate.weak_cpd_100t for rate in rates], axis=0) / width,
            np.sum([rate.magnetic_cpd_100t for rate in rates], axis=0) / width,
        )
    return curves


def _power_of_ten(value: float) -> str:
    exponent = int(np.floor(np.log10(value)))
    mantissa = value / 10.0**exponent
    return rf"10^{{{exponent}}}" if np.isclose(mantissa, 1.0) else rf"{mantissa:.3g}\times10^{{{exponent}}}"


def rates_figure(conversion: Conversion, moment: MomentConfig = UNIT_MOMENT) -> "Figure":
    """Draw the recoil spectra: weak part as lines, magnetic part dashed.

    Parameters
    ----------
    conversion : probabilities, with their solar model.
    moment : moments of the magnetic part; if all are zero, mu_eff = 1e-11 mu_B is taken.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    used = shown_moment(moment, conversion.mix)
    curves = recoil_curves(conversion, used)
    magnetic = (
        rf"magnetic, $\mu_{{\mathrm{{eff}}}} = {_power_of_ten(used.mu_eff_bohr)}\,\mu_\mathrm{{B}}$"
        if used.nature == "effective"
        else f"magnetic, {used.nature} moments of the card"
    )
    with style():
        figure = Figure(figsize=DOUBLE, layout="constrained")
        axes = figure.add_subplot()
        for group, curve in curves.items():
            colour = COLOURS[_COLOURS[group]]
            for values, dashes in ((curve.weak, "-"), (curve.magnetic, (0, (4, 1.6)))):
                axes.plot(curve.recoil_mev, np.maximum(values, _NOTHING), color=colour, linestyle=dashes)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(_LOWEST_MEV, _HIGHEST_MEV)
        top = max(float(max(curve.weak.max(), curve.magnetic.max())) for curve in curves.values())
        axes.set_ylim(1e-3, 3.0 * top)
        axes.set_xlabel("Electron recoil energy $T$ [MeV]")
        axes.set_ylabel(r"Rate [counts / (day $\cdot$ 100 t $\cdot$ MeV)]")
        axes.xaxis.set_major_locator(FixedLocator(_TICKS))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        components = [Line2D([], [], color=COLOURS[_COLOURS[g]], label=_LABELS.get(g, g)) for g in curves]
        kinds = [
            Line2D([], [], color="black", label="weak"),
            Line2D([], [], color="black", linestyle=(0, (4, 1.6)), label=magnetic),
        ]
        first = axes.legend(handles=components, loc="upper right", ncols=5, columnspacing=1.2)
        axes.add_artist(first)
        axes.legend(
            handles=kinds, loc="lower left", title=f"{conversion.sun.name}, oscillated", title_fontsize=8
        )
    return figure
