"""Numbers that describe the time profile of a cluster: what the pulse-shape discriminators see.

The residual of a hit is its time less the fitted emission time and the time of flight from the vertex.
"""

import numpy as np

from recon.channels import Channels
from recon.clusters import Clusters
from recon.hits import Floats, Hits, Ints
from recon.vertex import Vertices
from sim.core.geometry import REFERENCE_PMTS, VESSEL_RADIUS_M
from sim.core.jit import njit

# Bins of the residual: fine where the fast light comes, wide where few hits are. Multiples of _STEP_NS.
EDGES_NS = (
    -10, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 65, 85, 110, 150, 200, 300,
    450, 700, 1000,
)  # fmt: skip
N_BINS = len(EDGES_NS) - 1
# Shares of the hits by bin (tail-to-total ratios are sums of these); moments of the residuals that come
# before MOMENTS_END_NS; how many hits (for 2000 channels), and where (r / vessel radius, squared).
FEATURES = (
    *(f"from_{edge}_ns" for edge in EDGES_NS[:-1]),
    "mean_ns",
    "rms_ns",
    "skewness",
    "kurtosis",
    "log_hits",
    "radius2",
)
MOMENTS_END_NS = 300.0
_STEP_NS = 1.0


@njit
def _profile(
    hits: Hits, first: int, last: int, origin_ns: float, place: Floats, channels: Channels, slowness: float,
    bins: Ints, moments: Floats, counts: Floats,
) -> int:  # fmt: skip
    """Count hits by bin of the residual and sum its powers; return the number of hits inside the bins.

    ``bins`` gives the bin of every step of residual; ``moments`` gets number, sum and sums of powers 2 to 4.
    """
    counts[:] = 0.0
    moments[:] = 0.0
    low = float(EDGES_NS[0])
    inside = 0
    for i in range(first, last):
        tube = hits.pmt[i]
        dx, dy, dz = (
            place[0] - channels.x_m[tube],
            place[1] - channels.y_m[tube],
            place[2] - channels.z_m[tube],
        )
        residual = hits.time_ns[i] - origin_ns - slowness * np.sqrt(dx * dx + dy * dy + dz * dz)
        step = max(int((residual - low) / _STEP_NS), 0)  # light before the first edge counts in the first bin
        if step >= len(bins):
            continue
        counts[bins[step]] += 1.0
        inside += 1
        if residual < MOMENTS_END_NS:
            r = max(residual, low)
            moments[0] += 1.0
            moments[1] += r
            moments[2] += r * r
            moments[3] += r * r * r
            moments[4] += r * r * r * r
    return inside


@njit
def _central(moments: Floats, out: Floats) -> None:
    """Turn sums of powers into mean, standard deviation, skewness and excess kurtosis."""
    n = max(moments[0], 1.0)
    m1, m2, m3, m4 = moments[1] / n, moments[2] / n, moments[3] / n, moments[4] / n
    variance = max(m2 - m1 * m1, 1e-6)
    third = m3 - 3.0 * m1 * m2 + 2.0 * m1**3
    fourth = m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1**4
    out[0] = m1
    out[1] = np.sqrt(variance)
    out[2] = third / variance**1.5
    out[3] = fourth / (variance * variance) - 3.0


@njit
def _features(
    hits: Hits, first: Ints, last: Ints, vertices: Vertices, channels: Channels, slowness: float,
    channel_scale: float, bins: Ints, out: Floats,
) -> None:  # fmt: skip
    """Fill out, float64 (n_clusters, n_features); NaN where the vertex is invalid."""
    moments = np.empty(5)
    place = np.empty(3)
    for c in range(len(first)):
        if not vertices.valid[c]:
            out[c] = np.nan
            continue
        place[0], place[1], place[2] = vertices.x_m[c], vertices.y_m[c], vertices.z_m[c]
        row = out[c]
        inside = _profile(
            hits, first[c], last[c], vertices.emission_ns[c], place, channels, slowness, bins, moments,
            row[:N_BINS],
        )  # fmt: skip
        if inside == 0:
            row[:] = np.nan
            continue
        row[:N_BINS] /= inside
        _central(moments, row[N_BINS : N_BINS + 4])
        row[N_BINS + 4] = np.log(inside * channel_scale)
        row[N_BINS + 5] = (place[0] ** 2 + place[1] ** 2 + place[2] ** 2) / VESSEL_RADIUS_M**2


def bin_of_step() -> Ints:
    """Return the bin of every step of ``_STEP_NS`` from the first edge on, int64 (n_steps,)."""
    middles = np.arange(EDGES_NS[0] + 0.5 * _STEP_NS, EDGES_NS[-1], _STEP_NS)
    return np.searchsorted(EDGES_NS, middles, side="right").astype(np.int64) - 1


def pulse_features(
    hits: Hits, clusters: Clusters, channels: Channels, vertices: Vertices, slowness_ns_m: float
) -> Floats:
    """Return the features of every cluster, float64 (n_clusters, n_features) in the order of ``FEATURES``.

    Hits before the first edge count in the first bin, hits after the last edge nowhere. Rows are NaN where
    the vertex is invalid.

    Parameters
    ----------
    hits : sorted.
    clusters : of these hits.
    channels : positions and status of the photomultipliers.
    vertices : of these clusters.
    slowness_ns_m : inverse speed of light in the scintillator, from ``timing_model``.
    """
    out = np.empty((len(clusters.first), len(FEATURES)))
    scale = REFERENCE_PMTS / max(int(channels.live.sum()), 1)
    _features(
        hits, clusters.first, clusters.last, vertices, channels, slowness_ns_m, scale, bin_of_step(), out
    )
    return out
