"""Energy estimators of a cluster: hits, hit photomultipliers and charge, in three windows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.channels import Channels
from recon.config import ReconConfig
from recon.hits import Clusters, Floats, Hits, Ints
from sim.core.geometry import REFERENCE_PMTS
from sim.core.jit import njit

SHORT_WINDOW_NS = 230.0  # "dt1" of the Phase-II estimators [BX-MOMENT17]
LONG_WINDOW_NS = 400.0  # "dt2" [BX-MOMENT17]


class Estimators(NamedTuple):
    """Estimators for 2000 channels, float64 (n_clusters,); names as in ``sim.core.schema.ESTIMATORS``."""

    nh: Floats
    nh_230: Floats
    nh_400: Floats
    np: Floats
    np_230: Floats
    np_400: Floats
    charge_pe: Floats
    charge_230_pe: Floats
    charge_400_pe: Floats


@njit
def _count(
    time: NDArray[np.floating],
    pmt: NDArray[np.uint16],
    charge: NDArray[np.float32],
    charge_live: NDArray[np.bool_],
    first: Ints,
    last: Ints,
    start: Floats,
    windows: Floats,
) -> Floats:
    """Return hits, tubes and charge per window, float64 (3, n_windows, n_clusters); windows ascend."""
    n_windows = len(windows)
    out = np.zeros((3, n_windows, len(first)))
    seen = np.full(len(charge_live), -1, np.int64)
    for c in range(len(first)):
        hits = 0
        tubes = 0
        sum_charge = 0.0
        i = first[c]
        for w in range(n_windows):
            edge = start[c] + windows[w]
            while i < last[c] and time[i] < edge:
                hits += 1
                if seen[pmt[i]] != c:
                    seen[pmt[i]] = c
                    tubes += 1
                if charge_live[pmt[i]]:
                    sum_charge += float(charge[i])
                i += 1
            out[0, w, c] = hits
            out[1, w, c] = tubes
            out[2, w, c] = sum_charge
    return out


def estimate_energy(hits: Hits, clusters: Clusters, channels: Channels, config: ReconConfig) -> Estimators:
    """Return the estimators of every cluster, normalised to 2000 live channels.

    Hits and tubes are multiplied by 2000 / live, the charge (of channels with usable charge) by
    2000 / charge_live. Windows count from the cluster's start and never reach beyond its end.

    Parameters
    ----------
    hits : sorted.
    clusters : of these hits.
    channels : status of the photomultipliers.
    config : for the dark rate, where ``subtract_dark`` is set.
    """
    windows = np.array([SHORT_WINDOW_NS, LONG_WINDOW_NS, np.inf])
    found = _count(
        hits.time_ns,
        hits.pmt,
        hits.charge_pe,
        channels.charge_live,
        clusters.first,
        clusters.last,
        clusters.start_ns,
        windows,
    )
    found[:2] *= REFERENCE_PMTS / max(int(channels.live.sum()), 1)
    found[2] *= REFERENCE_PMTS / max(int(channels.charge_live.sum()), 1)
    if config.subtract_dark:
        length_ns = np.minimum(windows[:, None], clusters.duration_ns)
        found -= config.dark_rate_hz * REFERENCE_PMTS * length_ns * 1e-9
    return Estimators(*(found[kind, window] for kind in range(3) for window in (2, 0, 1)))
