"""One look for all figures: a context manager, nothing set globally."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Colour-blind safe (Okabe and Ito); dark enough on white, in the order of use.
COLOURS = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
    "grey": "#7F7F7F",
}

# Width and height in inches: one and two columns of a journal page.
SINGLE = (3.4, 2.7)
DOUBLE = (7.0, 4.4)

_SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.titlesize": 10,
    "figure.dpi": 150,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "mathtext.fontset": "dejavusans",
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
    "xtick.direction": "in",
    "xtick.labelsize": 9,
    "xtick.minor.visible": True,
    "xtick.top": True,
    "ytick.direction": "in",
    "ytick.labelsize": 9,
    "ytick.minor.visible": True,
    "ytick.right": True,
}


@contextmanager
def style(experiment: str | None = None) -> Iterator[None]:
    """Draw in the house style inside a ``with`` block; everything is as before after it.

    Parameters
    ----------
    experiment : name of an mplhep style (``"LHCb2"``, ``"ATLAS"``) to lay beneath ours; None for ours alone.
    """
    from cycler import cycler
    from matplotlib import rc_context

    base: dict[str, Any] = {}
    if experiment is not None:
        import mplhep

        base = dict(getattr(mplhep.style, experiment))
    cycle = cycler(
        color=[COLOURS[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky")]
    )
    settings: Any = base | _SETTINGS | {"axes.prop_cycle": cycle}
    with rc_context(settings):
        yield
