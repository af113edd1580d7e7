"""Flux limits in bins of energy that assume no spectrum: one counting experiment a bin."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.counts.counting import Counting, Method, counting_limit
from sim.core.errors import FitError

Floats = NDArray[np.float64]


class FluxBin(NamedTuple):
    """One bin: energies of its ends, counts, upper limit on signal counts, and on the flux within the bin."""

    low_mev: float
    high_mev: float
    observed: float
    background: float
    background_sigma: float
    upper_counts: float
    flux_cm2_s: float


def _column(name: str, values: Floats | float, n: int, *, positive: bool) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1 or (array.ndim == 1 and array.size != n):
        msg = f"flux limits: {name} has shape {array.shape}, expected ({n},) or one number"
        raise FitError(msg)
    out = np.broadcast_to(array, (n,))
    good = np.isfinite(out) & ((out > 0.0) if positive else (out >= 0.0))
    if not good.all():
        j = int(np.argmin(good))
        msg = f"flux limits: {name} = {out[j]:g} in bin {j}: must be a number {'>' if positive else '>='} 0"
        raise FitError(msg)
    return out


def flux_limits(
    edges_mev: Floats,
    observed: Floats,
    background: Floats | float,
    sigma: Floats | float,
    exposure_proton_s: float,
    efficiency: Floats | float,
    mean_cross_section_cm2: Floats | float,
    method: Method = "feldman-cousins",
    cl: float = 0.90,
) -> tuple[FluxBin, ...]:
    """Return the upper limit on the flux in each bin.

    flux = upper counts / (exposure x efficiency x cross section); only the shape within a bin is assumed, by
    the way in which the cross section is averaged.

    Parameters
    ----------
    edges_mev : (n + 1,), antineutrino energies, rising.
    observed : (n,), counts.
    background, sigma : (n,) or one number, expected counts in a bin and their standard deviation.
    exposure_proton_s : free protons times live seconds.
    efficiency : (n,) or one number, 0 to 1.
    mean_cross_section_cm2 : (n,) or one number, per proton, averaged over the bin.
    method, cl : as in ``counting_limit``.

    Raises
    ------
    FitError
        Edges that do not rise, wrong lengths, numbers out of range.
    """
    edges = np.asarray(edges_mev, dtype=np.float64)
    if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) > 0.0):
        msg = f"flux limits: bin edges of shape {edges.shape} must be two or more, rising, MeV"
        raise FitError(msg)
    n = edges.size - 1
    counts = _column("observed counts", observed, n, positive=False)
    expected = _column("background", background, n, positive=False)
    spread = _column("background uncertainty", sigma, n, positive=False)
    exposure = _column("exposure in proton s", exposure_proton_s, n, positive=True)
    part = _column("efficiency", efficiency, n, positive=True)
    section = _column("cross section in cm2", mean_cross_section_cm2, n, positive=True)
    if part.max() > 1.0:
        j = int(np.argmax(part))
        msg = f"flux limits: efficiency = {part[j]:g} in bin {j}: must be at most 1"
        raise FitError(msg)
    per_count = 1.0 / (exposure * part * section)
    out = []
    for j in range(n):
        counting = Counting(float(counts[j]), float(expected[j]), float(spread[j]))
        upper = counting_limit(counting, method, cl).upper
        out.append(
            FluxBin(float(edges[j]), float(edges[j + 1]), *counting, upper, upper * float(per_count[j]))
        )
    return tuple(out)
