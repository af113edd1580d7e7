"""Which tubes are hit: the expected light of every tube by the vertex, for the vertex fit and the charge.

The logarithm of the chance of a photon to be seen by a tube is a polynomial in r^2 and in the vertex's
coordinate along the tube's direction, one for tubes with and one for those without concentrator (table
``vertex_pattern``). Of photons that are seen at all, tube i gets the share p_i / sum p; the sum goes over all
tubes with usable charge, and its logarithm is a polynomial in x, y, z, fitted once a set of tubes. So tubes
without a hit cost nothing, and the brightness of an event drops out.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recon.channels import Channels
from recon.hits import Floats
from sim.core.errors import TableError
from sim.core.geometry import PMT_RADIUS_M
from sim.core.jit import njit, njit_fast
from sim.core.tables import load_table

TABLE = "vertex_pattern"
REACH_M = 4.5  # the table's last radius; places beyond count as if there
_SUM_POWER = 8  # of the polynomial of the sum
_POINTS = 8  # of it along half an axis


class Pattern(NamedTuple):
    """Tables of the kernels; lengths in units of the radius of the photocathodes."""

    chance: Floats  # (2 kinds of tube, powers of r^2, powers of the coordinate along the tube)
    total: Floats  # (powers of x, of y, of z), coefficients of the logarithm of the sum over tubes
    toward: Floats  # (n_pmt, 3) unit vectors
    bare: NDArray[np.int64]  # (n_pmt,) 1 without concentrator
    used: NDArray[np.bool_]  # (n_pmt,) in the sum
    weight: float  # of its likelihood beside that of the times; 0: the fit does not use it


@cache
def packaged_chance() -> Floats:
    """Return the packaged coefficients, float64 (2, powers of r^2, powers of the coordinate)."""
    table = load_table(TABLE)
    kind, square, along = (
        table.numbers(name).astype(np.int64) for name in ("bare", "power_square", "power_along")
    )
    if set(kind.tolist()) != {0, 1} or min(square.min(), along.min()) < 0:
        msg = f"{TABLE}: expected kinds of tube 0 and 1 and powers of at least 0"
        raise TableError(msg)
    out = np.zeros((2, square.max() + 1, along.max() + 1))
    out[kind, square, along] = table.numbers("coefficient")
    return out


@njit
def _along(chance: Floats, square: float, out: Floats) -> None:
    """Fill polynomials of the coordinate at one r^2, and their two derivatives in it: out (3, powers)."""
    out[:] = 0.0
    for a in range(chance.shape[0] - 1, -1, -1):
        for b in range(chance.shape[1]):
            out[2, b] = out[2, b] * square + 2.0 * out[1, b]
            out[1, b] = out[1, b] * square + out[0, b]
            out[0, b] = out[0, b] * square + chance[a, b]


@njit
def _seen(points: Floats, toward: Floats, bare: NDArray[np.int64], chance: Floats) -> Floats:
    """Return the sum of the chances of tubes to see a photon of each point, (n,); lengths in tubes' radii."""
    out = np.zeros(len(points))
    powers = np.empty((2, 3, chance.shape[2]))
    for p in range(len(points)):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        for kind in range(2):
            _along(chance[kind], x * x + y * y + z * z, powers[kind])
        for i in range(len(toward)):
            t = x * toward[i, 0] + y * toward[i, 1] + z * toward[i, 2]
            value = 0.0
            for b in range(chance.shape[2] - 1, -1, -1):
                value = value * t + powers[bare[i], 0, b]
            out[p] += np.exp(value)
    return out


@cache
def _smoothing() -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return points within the reach, powers (n, 3), and the matrix from values at points to coefficients."""
    axis = (np.arange(-_POINTS, _POINTS + 1) / _POINTS) * REACH_M / PMT_RADIUS_M
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    grid = np.ascontiguousarray(grid[(grid**2).sum(axis=1) <= (1.0001 * axis[-1]) ** 2])
    powers = np.argwhere(np.indices((_SUM_POWER + 1,) * 3).sum(axis=0) <= _SUM_POWER)
    single = grid[:, :, None] ** np.arange(_SUM_POWER + 1)
    terms = single[:, 0, powers[:, 0]] * single[:, 1, powers[:, 1]] * single[:, 2, powers[:, 2]]
    return grid, powers, np.asarray(np.linalg.pinv(terms))


@njit
def _total(total: Floats, x: float, y: float, z: float) -> float:
    """Return the logarithm of the sum over tubes at a point."""
    n = total.shape[0]
    value = 0.0
    for i in range(n - 1, -1, -1):
        in_y = 0.0
        for j in range(n - i - 1, -1, -1):
            in_z = 0.0
            for k in range(n - i - j - 1, -1, -1):
                in_z = in_z * z + total[i, j, k]
            in_y = in_y * y + in_z
        value = value * x + in_y
    return value


@njit
def total_at(total: Floats, x: float, y: float, z: float, gradient: Floats, hessian: Floats) -> float:
    """Return the logarithm of the sum over tubes at a point; fill gradient (3,) and Hessian (3, 3)."""
    n = total.shape[0]
    v = v_x = v_xx = v_y = v_xy = v_yy = v_z = v_xz = v_yz = v_zz = 0.0
    for i in range(n - 1, -1, -1):
        w = w_y = w_yy = w_z = w_yz = w_zz = 0.0  # factor of x^i
        for j in range(n - i - 1, -1, -1):
            u = u_z = u_zz = 0.0  # factor of x^i y^j
            for k in range(n - i - j - 1, -1, -1):
                u_zz = u_zz * z + 2.0 * u_z
                u_z = u_z * z + u
                u = u * z + total[i, j, k]
            w_yy = w_yy * y + 2.0 * w_y
            w_y = w_y * y + w
            w = w * y + u
            w_yz = w_yz * y + w_z
            w_z = w_z * y + u_z
            w_zz = w_zz * y + u_zz
        v_xx = v_xx * x + 2.0 * v_x
        v_x = v_x * x + v
        v = v * x + w
        v_xy = v_xy * x + v_y
        v_y = v_y * x + w_y
        v_yy = v_yy * x + w_yy
        v_xz = v_xz * x + v_z
        v_z = v_z * x + w_z
        v_yz = v_yz * x + w_yz
        v_zz = v_zz * x + w_zz
    gradient[0], gradient[1], gradient[2] = v_x, v_y, v_z
    hessian[0, 0], hessian[1, 1], hessian[2, 2] = v_xx, v_yy, v_zz
    hessian[0, 1] = hessian[1, 0] = v_xy
    hessian[0, 2] = hessian[2, 0] = v_xz
    hessian[1, 2] = hessian[2, 1] = v_yz
    return v


@njit_fast
def pattern_likelihood(
    place_m: Floats,
    tube: NDArray[np.int64],
    photons: Floats,
    pattern: Pattern,
    gradient: Floats,
    hessian: Floats,
) -> float:
    """Return the logarithm of the chance that photons fall on the tubes they did; fill its derivatives.

    Parameters
    ----------
    place_m : (3,) vertex.
    tube, photons : of each hit; hits of tubes outside the sum must have no photons.
    gradient, hessian : (3,) per m and (3, 3) per m^2, filled.
    """
    x, y, z = place_m[0] / PMT_RADIUS_M, place_m[1] / PMT_RADIUS_M, place_m[2] / PMT_RADIUS_M
    chance, toward = pattern.chance, pattern.toward
    powers = np.empty((2, 3, chance.shape[2]))
    for kind in range(2):
        _along(chance[kind], x * x + y * y + z * z, powers[kind])
    total = all_photons = 0.0
    gx = gy = gz = s = ss = st_x = st_y = st_z = xx = xy = xz = yy = yz = zz = 0.0
    for i in range(len(tube)):
        p, k = tube[i], photons[i]
        ux, uy, uz, kind = toward[p, 0], toward[p, 1], toward[p, 2], pattern.bare[p]
        t = x * ux + y * uy + z * uz
        f = f_t = f_tt = f_s = f_st = f_ss = 0.0
        for b in range(chance.shape[2] - 1, -1, -1):
            f_tt = f_tt * t + 2.0 * f_t
            f_t = f_t * t + f
            f = f * t + powers[kind, 0, b]
            f_st = f_st * t + f_s
            f_s = f_s * t + powers[kind, 1, b]
            f_ss = f_ss * t + powers[kind, 2, b]
        all_photons += k
        total += k * f
        s += k * f_s
        ss += k * f_ss
        gx += k * f_t * ux
        gy += k * f_t * uy
        gz += k * f_t * uz
        st_x += k * f_st * ux
        st_y += k * f_st * uy
        st_z += k * f_st * uz
        xx += k * f_tt * ux * ux
        xy += k * f_tt * ux * uy
        xz += k * f_tt * ux * uz
        yy += k * f_tt * uy * uy
        yz += k * f_tt * uy * uz
        zz += k * f_tt * uz * uz
    # r^2 and the coordinate along the tube have gradients 2 x and u
    total -= all_photons * total_at(pattern.total, x, y, z, gradient, hessian)
    gradient *= -all_photons
    hessian *= -all_photons
    gradient[0] += gx + 2.0 * s * x
    gradient[1] += gy + 2.0 * s * y
    gradient[2] += gz + 2.0 * s * z
    hessian[0, 0] += xx + 2.0 * s + 4.0 * x * (st_x + ss * x)
    hessian[1, 1] += yy + 2.0 * s + 4.0 * y * (st_y + ss * y)
    hessian[2, 2] += zz + 2.0 * s + 4.0 * z * (st_z + ss * z)
    hessian[0, 1] += xy + 2.0 * (x * st_y + y * st_x) + 4.0 * ss * x * y
    hessian[0, 2] += xz + 2.0 * (x * st_z + z * st_x) + 4.0 * ss * x * z
    hessian[1, 2] += yz + 2.0 * (y * st_z + z * st_y) + 4.0 * ss * y * z
    hessian[1, 0], hessian[2, 0], hessian[2, 1] = hessian[0, 1], hessian[0, 2], hessian[1, 2]
    gradient /= PMT_RADIUS_M
    hessian /= PMT_RADIUS_M * PMT_RADIUS_M
    return total


@njit
def _ratios(total: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
    out = np.empty(len(x))
    centre = _total(total, 0.0, 0.0, 0.0)
    for i in range(len(x)):
        radius = np.sqrt(x[i] ** 2 + y[i] ** 2 + z[i] ** 2)
        shrink = min(1.0, REACH_M / max(radius, 1e-9)) / PMT_RADIUS_M
        out[i] = np.exp(_total(total, shrink * x[i], shrink * y[i], shrink * z[i]) - centre)
    return out


def light_ratio(pattern: Pattern, x_m: Floats, y_m: Floats, z_m: Floats) -> Floats:
    """Return the light on tubes with usable charge over that of the same event at the centre, (n,)."""
    return _ratios(pattern.total, x_m, y_m, z_m)


def no_pattern(n_pmt: int) -> Pattern:
    """Return a pattern that is not used."""
    tubes = np.zeros(n_pmt, np.int64)
    return Pattern(np.zeros((2, 1, 1)), np.zeros((1, 1, 1)), np.zeros((n_pmt, 3)), tubes, tubes > 0, 0.0)


def pattern_model(channels: Channels, in_fit: bool = True) -> Pattern:
    """Make the tables of a set of tubes.

    Parameters
    ----------
    channels : positions, concentrators, and the tubes with usable charge, which enter; all live ones where
        there is none.
    in_fit : whether the vertex fit uses it.

    Raises
    ------
    TableError
        The packaged table is broken.
    """
    place = np.column_stack([channels.x_m, channels.y_m, channels.z_m])
    toward = place / np.linalg.norm(place, axis=1)[:, None]
    bare = (~channels.concentrator).astype(np.int64)
    used = channels.charge_live if channels.charge_live.any() else channels.live
    chance = packaged_chance()
    grid, powers, solution = _smoothing()
    total = np.zeros((_SUM_POWER + 1,) * 3)
    total[tuple(powers.T)] = solution @ np.log(_seen(grid, toward[used], bare[used], chance))
    return Pattern(chance, total, toward, bare, used, float(in_fit))
