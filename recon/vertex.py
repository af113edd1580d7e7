"""Position of a cluster: maximum likelihood of its hit times, and of which tubes were hit.

The residual of a hit is t - t0 - (n/c) |x - x_pmt|; its density is that of ``recon.timing``. The maximum is
found by Newton steps with the exact Hessian, damped (Levenberg) where the likelihood is not concave.
Close to it the likelihood of the hit pattern (``recon.pattern``), smooth over metres, is expanded to second
order, and the steps go on with both.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.channels import Channels
from recon.clusters import Clusters
from recon.hits import Floats, Hits, Ints
from recon.pattern import REACH_M, Pattern, no_pattern, pattern_likelihood
from recon.timing import Timing, log_density_at
from sim.core.geometry import PMT_RADIUS_M
from sim.core.jit import njit, njit_fast, njit_inline

_MOST_STEPS = 40
_LARGEST_STEP_M = 1.0
_CONVERGED_M = 2e-3  # Newton: the step after one this small would be far smaller
_EXPANDED_M = 0.1  # a step this small ends near enough for the pattern's expansion, good over decimetres
_FEWEST_HITS = 5  # one more than the parameters
_ATTEMPTS = 3  # starts: the centroid of the light, half way to the centre, the centre
# The fit scatters by more than the curvature of its maximum says, by this over the hits in the variance: a
# term of next order, measured with simulated electrons (75 hits: pulls 1.08 wide, 340 hits: 1.02).
_SECOND_ORDER = 13.0
# A point source at radius r lights a sphere with mean position 2 r / 3, whatever the sphere's radius.
_CENTROID_TO_VERTEX = 1.5


class Vertices(NamedTuple):
    """Vertex and light time of every cluster, shape (n_clusters,)."""

    x_m: Floats
    y_m: Floats
    z_m: Floats
    emission_ns: Floats  # time of the energy deposit within the gate
    sigma_m: Floats  # mean uncertainty of a coordinate; NaN where invalid
    valid: NDArray[np.bool_]


@njit_fast
def _log_likelihood(
    point: Floats,
    time: Floats,
    x: Floats,
    y: Floats,
    z: Floats,
    others: Floats,
    timing: Timing,
    gradient: Floats,
    hessian: Floats,
) -> float:
    """Return the log-likelihood at (x, y, z, s) in m, emission at s * slowness; fill gradient and Hessian.

    ``others`` are the photons of each hit beside its first.
    """
    total = 0.0
    slowness, first_m, steps_per_m = timing.slowness_ns_m, timing.first_m, timing.steps_per_m
    gx = gy = gz = gs = 0.0
    xx = xy = xz = yy = yz = zz = xs = ys = zs = ss = 0.0
    for i in range(len(time)):
        dx, dy, dz = point[0] - x[i], point[1] - y[i], point[2] - z[i]
        distance = max(np.sqrt(dx * dx + dy * dy + dz * dz), 1e-3)
        per_m = 1.0 / distance
        ux, uy, uz = dx * per_m, dy * per_m, dz * per_m
        residual = time[i] - slowness * (point[3] + distance)
        value, slope, curvature, by_distance, mixed = log_density_at(
            timing.log_density, first_m, steps_per_m, residual, distance, others[i]
        )
        total += value
        shift = -slope * slowness  # d(log density) / ds
        first = shift + by_distance  # d(log density) / d(distance)
        gx += first * ux
        gy += first * uy
        gz += first * uz
        gs += shift
        late = curvature * slowness * slowness
        cross = late - slowness * mixed  # second derivative in s and distance
        second = cross - slowness * mixed
        bend = first * per_m
        xx += second * ux * ux + bend * (1.0 - ux * ux)
        yy += second * uy * uy + bend * (1.0 - uy * uy)
        zz += second * uz * uz + bend * (1.0 - uz * uz)
        xy += (second - bend) * ux * uy
        xz += (second - bend) * ux * uz
        yz += (second - bend) * uy * uz
        xs += cross * ux
        ys += cross * uy
        zs += cross * uz
        ss += late
    gradient[0], gradient[1], gradient[2], gradient[3] = gx, gy, gz, gs
    hessian[0, 0], hessian[1, 1], hessian[2, 2], hessian[3, 3] = xx, yy, zz, ss
    hessian[0, 1], hessian[0, 2], hessian[0, 3] = xy, xz, xs
    hessian[1, 0], hessian[1, 2], hessian[1, 3] = xy, yz, ys
    hessian[2, 0], hessian[2, 1], hessian[2, 3] = xz, yz, zs
    hessian[3, 0], hessian[3, 1], hessian[3, 2] = xs, ys, zs
    return total


@njit
def _add_expansion(point: Floats, expansion: Floats, gradient: Floats, hessian: Floats) -> float:
    """Add a second-order expansion: rows of (5, 3) are where, gradient, Hessian. Returns its value."""
    value = 0.0
    for a in range(3):
        slope = expansion[1, a]
        for b in range(3):
            slope += expansion[2 + a, b] * (point[b] - expansion[0, b])
            hessian[a, b] += expansion[2 + a, b]
        gradient[a] += slope
        value += 0.5 * (slope + expansion[1, a]) * (point[a] - expansion[0, a])
    return value


@njit
def _cholesky(matrix: Floats, damping: float, lower: Floats) -> bool:
    """Factorise damping - matrix, a 4 x 4; False where it is not positive definite."""
    for i in range(4):
        for j in range(i + 1):
            total = -matrix[i, j]
            if i == j:
                total += damping
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i == j:
                if not total > 1e-9:
                    return False
                lower[i, i] = np.sqrt(total)
            else:
                lower[i, j] = total / lower[j, j]
    return True


@njit
def _solve(lower: Floats, right: Floats, solution: Floats) -> None:
    for i in range(4):
        total = right[i]
        for k in range(i):
            total -= lower[i, k] * solution[k]
        solution[i] = total / lower[i, i]
    for i in range(3, -1, -1):
        total = solution[i]
        for k in range(i + 1, 4):
            total -= lower[k, i] * solution[k]
        solution[i] = total / lower[i, i]


@njit_inline
def _within(point: Floats, radius_m: float) -> bool:
    return bool(point[0] ** 2 + point[1] ** 2 + point[2] ** 2 < radius_m**2)


@njit
def _maximise(
    point: Floats,
    time: Floats,
    x: Floats,
    y: Floats,
    z: Floats,
    others: Floats,
    tube: Ints,
    photons: Floats,
    timing: Timing,
    pattern: Pattern,
) -> float:
    """Move a point to the maximum; return the mean uncertainty of a coordinate in m, NaN without one.

    ``tube`` and ``photons`` are those of the pattern; it is expanded where the times have almost converged.
    """
    slowness = timing.slowness_ns_m
    gradient, trial_gradient = np.empty(4), np.empty(4)
    hessian, trial_hessian = np.empty((4, 4)), np.empty((4, 4))
    lower, step, trial = np.zeros((4, 4)), np.empty(4), np.empty(4)
    expansion = np.zeros((5, 3))
    expanded = pattern.weight == 0.0
    value = _log_likelihood(point, time, x, y, z, others, timing, gradient, hessian)
    unit = 0.1 * slowness * slowness * len(time)  # scale of the Hessian
    damping = 0.0
    for _ in range(_MOST_STEPS):
        if not _cholesky(hessian, damping, lower):
            damping = max(4.0 * damping, 0.1 * unit)
            continue
        _solve(lower, gradient, step)
        length = np.sqrt(step[0] ** 2 + step[1] ** 2 + step[2] ** 2 + step[3] ** 2)
        shrink = min(1.0, _LARGEST_STEP_M / max(length, 1e-12))
        for k in range(4):
            trial[k] = point[k] + shrink * step[k]
        trial_value = _log_likelihood(trial, time, x, y, z, others, timing, trial_gradient, trial_hessian)
        if expanded:
            trial_value += _add_expansion(trial, expansion, trial_gradient, trial_hessian)
        if trial_value < value and length > _CONVERGED_M:
            damping = max(4.0 * damping, 0.1 * unit)
            continue
        if trial_value >= value:
            value = trial_value
            point[:] = trial
            gradient[:] = trial_gradient
            hessian[:] = trial_hessian
        damping = 0.1 * damping if damping > 1e-3 * unit else 0.0
        if not expanded and length < _EXPANDED_M:
            expanded = True
            if _within(point, REACH_M):
                expansion[0] = point[:3]
                pattern_likelihood(point[:3], tube, photons, pattern, expansion[1], expansion[2:])
                expansion[1:] *= pattern.weight
                _add_expansion(point, expansion, gradient, hessian)  # its value is 0 here
            continue
        if length < _CONVERGED_M:
            if not _cholesky(hessian, 0.0, lower):
                return np.nan
            uncertainty = 0.0
            for k in range(3):
                gradient[:] = 0.0
                gradient[k] = 1.0
                _solve(lower, gradient, step)
                uncertainty += np.sqrt(step[k]) / 3.0
            return uncertainty
    return np.nan


@njit
def _fit(
    hits: Hits,
    first: Ints,
    last: Ints,
    start_ns: Floats,
    channels: Channels,
    centre: Floats,
    timing: Timing,
    pattern: Pattern,
    out: Floats,
) -> None:
    """Fit every cluster; out: float64 (5, n_clusters) of x, y, z, emission time, uncertainty."""
    longest = 0
    for c in range(len(first)):
        longest = max(longest, last[c] - first[c])
    time, x, y, z = np.empty(longest), np.empty(longest), np.empty(longest), np.empty(longest)
    others, photons = np.empty(longest), np.empty(longest)
    tubes = np.empty(longest, np.int64)
    flown = np.empty(longest)
    point, centroid = np.empty(4), np.empty(4)
    for c in range(len(first)):
        n = 0
        point[:] = 0.0
        weight = 0.0
        for i in range(first[c], last[c]):
            since = hits.time_ns[i] - start_ns[c]
            if since >= timing.window_ns:
                break
            tube = hits.pmt[i]
            charge = float(hits.charge_pe[i]) if channels.charge_live[tube] else 1.0
            seen = float(max(int(charge + 0.5), 1))
            time[n], tubes[n] = since, tube
            x[n], y[n], z[n] = channels.x_m[tube], channels.y_m[tube], channels.z_m[tube]
            others[n] = seen - 1.0
            photons[n] = seen if pattern.used[tube] else 0.0
            weight += seen
            point[0] += seen * (x[n] - centre[0])
            point[1] += seen * (y[n] - centre[1])
            point[2] += seen * (z[n] - centre[2])
            n += 1
        point *= _CENTROID_TO_VERTEX / max(weight, 1.0)
        centroid[:] = point
        out[:3, c] = centroid[:3]
        out[3, c] = start_ns[c]
        out[4, c] = np.nan
        for attempt in range(_ATTEMPTS):
            if n < _FEWEST_HITS:
                break
            point[:] = centroid * (1.0 - attempt / (_ATTEMPTS - 1))
            for i in range(n):
                distance = np.sqrt((x[i] - point[0]) ** 2 + (y[i] - point[1]) ** 2 + (z[i] - point[2]) ** 2)
                flown[i] = (time[i] - timing.median_ns) / timing.slowness_ns_m - distance
            point[3] = np.median(flown[:n])
            uncertainty = _maximise(
                point, time[:n], x[:n], y[:n], z[:n], others[:n], tubes[:n], photons[:n], timing, pattern
            )
            if _within(point, PMT_RADIUS_M) and not np.isnan(uncertainty):
                out[:3, c] = point[:3]
                out[3, c] = start_ns[c] + point[3] * timing.slowness_ns_m
                out[4, c] = uncertainty * np.sqrt(1.0 + _SECOND_ORDER / n)
                break


def fit_vertices(
    hits: Hits, clusters: Clusters, channels: Channels, timing: Timing, pattern: Pattern | None = None
) -> Vertices:
    """Fit the vertex of every cluster; where the fit fails the centroid of its light stands, marked invalid.

    Parameters
    ----------
    hits : sorted.
    clusters : of these hits.
    channels : positions and status of the photomultipliers.
    timing : from ``timing_model``.
    pattern : from ``pattern_model``, of the same channels; times alone where None.
    """
    live = channels.live
    centre = np.array([channels.x_m[live].mean(), channels.y_m[live].mean(), channels.z_m[live].mean()])
    out = np.empty((5, len(clusters.first)))
    pattern = pattern or no_pattern(len(live))
    _fit(hits, clusters.first, clusters.last, clusters.start_ns, channels, centre, timing, pattern, out)
    return Vertices(out[0], out[1], out[2], out[3], out[4], np.isfinite(out[4]))
