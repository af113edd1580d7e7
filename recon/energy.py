"""Energy estimators of a cluster: hits, hit photomultipliers and charge, in three windows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.channels import Channels
from recon.clusters import Clusters
from recon.config import ReconConfig
from recon.hits import Floats, Hits, Ints
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
    stop: Ints,
    start: Floats,
    windows: Floats,
) -> Floats:
    """Return hits, tubes and charge, float64 (3, n_windows + 1, n_clusters): per window, then of the cluster.

    Windows ascend; they may reach beyond the cluster's ``last`` hit but not beyond its gate's ``stop``.
    """
    n_windows = len(windows)
    out = np.zeros((3, n_windows + 1, len(first)))
    seen = np.full(len(charge_live), -1, np.int64)
    for c in range(len(first)):
        reach = start[c] + windows[-1]
        for i in range(first[c], stop[c]):
            if i >= last[c] and time[i] >= reach:
                break
            tube = pmt[i]
            new = 1.0 if seen[tube] != c else 0.0
            seen[tube] = c
            own = float(charge[i]) if charge_live[tube] else 0.0
            for w in range(n_windows + 1):
                if time[i] < start[c] + windows[w] if w < n_windows else i < last[c]:
                    out[0, w, c] += 1.0
                    out[1, w, c] += new
                    out[2, w, c] += own
    return out


def estimate_energy(hits: Hits, clusters: Clusters, channels: Channels, config: ReconConfig) -> Estimators:
    """Return the estimators of every cluster, normalised to 2000 live channels.

    Hits and tubes are multiplied by 2000 / live, the charge (of channels with usable charge) by
    2000 / charge_live. Windows count from the cluster's start to their own end [BX-ECHIDNA]: a cluster that
    begins within is counted too.

    Parameters
    ----------
    hits : sorted.
    clusters : of these hits.
    channels : status of the photomultipliers.
    config : for the dark rate, where ``subtract_dark`` is set.
    """
    windows = np.array([SHORT_WINDOW_NS, LONG_WINDOW_NS])
    found = _count(
        hits.time_ns,
        hits.pmt,
        hits.charge_pe,
        channels.charge_live,
        clusters.first,
        clusters.last,
        hits.offsets[clusters.gate + 1],
        clusters.start_ns,
        windows,
    )
    found[:2] *= REFERENCE_PMTS / max(int(channels.live.sum()), 1)
    found[2] *= REFERENCE_PMTS / max(int(channels.charge_live.sum()), 1)
    if config.subtract_dark:
        length_ns = np.stack([np.full(len(clusters.gate), window) for window in windows])
        length_ns = np.concatenate([length_ns, clusters.duration_ns[None]])
        found -= config.dark_rate_hz * REFERENCE_PMTS * length_ns * 1e-9
    return Estimators(*(found[kind, window] for kind in range(3) for window in (2, 0, 1)))
