"""When hits come: the density of time residuals that the vertex fit maximises.

The residual is the hit's time less that of the deposit and the straight flight. Its density depends on the
distance between vertex and tube: the further the tube, the more of its light was scattered, absorbed
and sent out again, or reflected. So it is the delay of travel by distance (table ``vertex_timing``)
folded with the emission profile and the transit-time spread. A tube that saw k photons reports the first
of them, with density k f S^(k-1), S the share of light that comes later and still counts in the tube's
charge. A flat share is for dark hits.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.config import ReconConfig
from recon.hits import Floats
from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.errors import TableError
from sim.core.jit import njit_inline
from sim.core.tables import load_table

TABLE = "vertex_timing"
_STEP_NS = 0.25  # of the tables; Hermite cubics between: density to 1e-4
_EARLY_NS = -15.0  # the tables' first residual
_ANYWHERE_M = np.array([0.0, 20.0])  # two distances for a law that does not depend on them
_CHARGE_NS = 80.0  # later photons are not in the charge of a hit [BX-ECHIDNA]


class Travel(NamedTuple):
    """Delays of travel: shares of light, float64 (n_distances, n_delays), each row sums to 1."""

    distance_m: Floats  # rising, evenly spaced
    edge_ns: Floats  # (n_delays + 1,), multiples of the tables' step
    share: Floats


class Timing(NamedTuple):
    """What the kernel needs: tables of a residual at several distances, and the speed of light."""

    # float64 (grid, n_distances, 4): logarithm of the density and its slope per step, the same of S
    log_density: NDArray[np.float32]
    first_m: float  # distance of the first column
    steps_per_m: float  # to the next ones
    slowness_ns_m: float
    window_ns: float
    median_ns: float  # of the residual of single photons


@njit_inline
def log_density_at(
    table: NDArray[np.float32],
    first_m: float,
    steps_per_m: float,
    residual: float,
    distance: float,
    others: float,
) -> tuple[float, float, float, float, float]:
    """Return the log-density of the first of 1 + others photons, and its derivatives.

    In residual (first, second), in distance, and in both. Linear in the distance, constant off the table.
    """
    n, columns = table.shape[0], table.shape[1]
    across = (distance - first_m) * steps_per_m
    inside = steps_per_m if 0.0 < across < columns - 1.0 else 0.0
    across = min(max(across, 0.0), columns - 1.0)
    j = min(int(across), columns - 2)
    g = across - j
    place = (residual - _EARLY_NS) / _STEP_NS
    per_ns = 1.0 / _STEP_NS if 0.0 < place < n - 1.0 else 0.0
    place = min(max(place, 0.0), n - 1.0)
    i = min(int(place), n - 2)
    f = place - i
    # values and slopes at the knots: first column, and what the second has more
    low = float(table[i, j, 0]) + others * float(table[i, j, 2])
    low_slope = float(table[i, j, 1]) + others * float(table[i, j, 3])
    up = float(table[i + 1, j, 0]) + others * float(table[i + 1, j, 2])
    up_slope = float(table[i + 1, j, 1]) + others * float(table[i + 1, j, 3])
    k = j + 1
    more = float(table[i, k, 0]) + others * float(table[i, k, 2]) - low
    more_slope = float(table[i, k, 1]) + others * float(table[i, k, 3]) - low_slope
    more_up = float(table[i + 1, k, 0]) + others * float(table[i + 1, k, 2]) - up
    more_up_slope = float(table[i + 1, k, 1]) + others * float(table[i + 1, k, 3]) - up_slope
    low, low_slope = low + g * more, low_slope + g * more_slope
    up, up_slope = up + g * more_up - low, up_slope + g * more_up_slope
    # low + slope f + a f^2 + b f^3 with both values and both slopes met
    a = 3.0 * up - 2.0 * low_slope - up_slope
    b = low_slope + up_slope - 2.0 * up
    value = low + f * (low_slope + f * (a + f * b))
    slope = (low_slope + f * (2.0 * a + 3.0 * b * f)) * per_ns
    curvature = (2.0 * a + 6.0 * b * f) * per_ns * per_ns
    # the same of the difference between the columns
    climb = more_up - more
    a = 3.0 * climb - 2.0 * more_slope - more_up_slope
    b = more_slope + more_up_slope - 2.0 * climb
    by_distance = (more + f * (more_slope + f * (a + f * b))) * inside
    mixed = (more_slope + f * (2.0 * a + 3.0 * b * f)) * inside * per_ns
    return value, slope, curvature, by_distance, mixed


def residual_density(residual_ns: Floats, config: ReconConfig) -> tuple[Floats, Floats, Floats]:
    """Return density (1/ns), its slope (1/ns^2) and distribution function of photons that travel straight.

    Each emission component is an exponential folded with a Gaussian of ``time_spread_ns``.

    Parameters
    ----------
    residual_ns : float64 (n,).
    config : emission components and spread.
    """
    from scipy.special import log_ndtr, ndtr

    spread = config.time_spread_ns
    u = residual_ns / spread
    gauss = np.exp(-0.5 * u**2) / (np.sqrt(2.0 * np.pi) * spread)
    density, slope, below = np.zeros_like(u), np.zeros_like(u), ndtr(u)
    for weight, tau in zip(config.emission_weight, config.emission_tau_ns, strict=True):
        later = np.exp(0.5 * (spread / tau) ** 2 - residual_ns / tau + log_ndtr(u - spread / tau))
        density += weight * later / tau
        slope += weight * (gauss - later / tau) / tau
        below -= weight * later
    return density, slope, below


@cache
def packaged_travel() -> Travel:
    """Return the packaged delays of travel; TableError where the table is broken."""
    table = load_table(TABLE)
    distance, low, high = (table.numbers(name) for name in ("distance_m", "from_ns", "to_ns"))
    share = table.numbers("share")
    places = np.unique(distance)
    shape = (len(places), -1)
    edge_ns = np.append(low.reshape(shape)[0], high[-1])
    aligned = np.abs(edge_ns / _STEP_NS - np.rint(edge_ns / _STEP_NS)).max() < 1e-9
    even = np.ptp(np.diff(places)) < 1e-9
    if not (aligned and even and np.allclose(share.reshape(shape).sum(axis=1), 1.0, atol=1e-3)):
        msg = f"{TABLE}: expected even distances, delays in steps of {_STEP_NS} ns and shares that sum to 1"
        raise TableError(msg)
    shares = share.reshape(shape)
    return Travel(places, edge_ns, shares / shares.sum(axis=1)[:, None])


def _grid(first: int, last: int) -> Floats:
    return _EARLY_NS + _STEP_NS * np.arange(first, last, dtype=np.float64)


def delayed_density(config: ReconConfig, n: int) -> tuple[Floats, Floats, Floats]:
    """Return density, slope and distribution function of residuals, float64 (n, n_distances) each.

    Parameters
    ----------
    config : emission components and spread; whether light is delayed, evenly within each step of delays.
    n : rows of the tables' grid, which begins at -15 ns with steps of 0.25 ns.
    """
    if not config.vertex_delays:
        alone = residual_density(_grid(0, n), config)
        density, slope, below = (np.repeat(law[:, None], 2, axis=1) for law in alone)
        return density, slope, below
    travel = packaged_travel()
    edge = np.rint(travel.edge_ns / _STEP_NS).astype(np.int64)
    most, least = int(edge[-1]), int(edge[0])
    straight = residual_density(_grid(-most, n - min(least, 0)), config)
    area = np.cumsum(straight[2]) * _STEP_NS  # integral of the distribution function; exact enough: see tests
    area -= 0.5 * _STEP_NS * straight[2]
    rate = travel.share / (np.diff(edge) * _STEP_NS)  # of light per ns of delay
    shapes = []
    for law in (straight[2], straight[0], area):
        late = np.stack([law[most - e : most - e + n] for e in edge])  # (n_edges, n)
        shapes.append((late[:-1] - late[1:]).T @ rate.T)
    return shapes[0], shapes[1], np.minimum(shapes[2], 1.0)


def timing_model(config: ReconConfig) -> Timing:
    """Tabulate the log-density of residuals by distance, and what else a fit needs.

    Raises
    ------
    TableError
        The packaged table of delays is broken.
    """
    n = int(np.ceil((config.vertex_window_ns - _EARLY_NS) / _STEP_NS)) + 1
    charge = round(_CHARGE_NS / _STEP_NS)
    density, slope, below = delayed_density(config, n + charge)
    later = below[charge:] - below[:-charge]
    later_slope = density[charge:] - density[:-charge]
    dark = config.vertex_background
    mixed = (1.0 - dark) * density[:n] + dark / config.vertex_window_ns
    left = (1.0 - dark) * later + dark
    slope_step = (1.0 - dark) * slope[:n] * _STEP_NS
    left_step = (1.0 - dark) * later_slope * _STEP_NS
    place_m = packaged_travel().distance_m if config.vertex_delays else _ANYWHERE_M
    middle = below.shape[1] // 2
    columns = [np.log(mixed), slope_step / mixed, np.log(left), left_step / left]
    return Timing(
        np.ascontiguousarray(np.stack(columns, axis=2), dtype=np.float32),
        float(place_m[0]),
        float(1.0 / (place_m[1] - place_m[0])),
        config.refractive_index / SPEED_OF_LIGHT_M_NS,
        config.vertex_window_ns,
        float(np.interp(0.5, below[:, middle], _grid(0, n + charge))),
    )
