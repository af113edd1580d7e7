"""Magnetic field of the Sun along a neutrino's path: strength across the ray over radius, and its twist.

The shapes are those in use for spin-flavour precession: core fields [AP02, TORRENTE03], the lowest Ohmic mode
of the radiative zone [FG04], the tachocline and the convective zone [MIRANDA04]. ``b(x)`` peaks at 1, x in
solar radii.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError, TableError
from sim.core.tables import read_table

Floats = NDArray[np.float64]

_OHMIC_ROOT = 4.493409457909064  # first zero of the spherical Bessel function j_1
_OHMIC_PEAK = 0.4361816810  # its greatest value below that zero
_RADIATIVE_EDGE = 0.7
_TACHOCLINE = 0.713
_LONGEST_KM = 1e4  # correlation length: a random field needs many of them in its extent
_EDGE_STEP = 0.02  # of the peak: a table may not end, or start off the centre, above it


class Profile(NamedTuple):
    """A shape: b(x), the radii where it has a kink, and the width it has if that can be chosen."""

    shape: Callable[[Floats, float], Floats]
    kinks: Callable[[float], tuple[float, ...]]
    width: float | None = None


def _no_kinks(width: float) -> tuple[float, ...]:  # noqa: ARG001
    return ()


def _ohmic(x: Floats, width: float) -> Floats:  # noqa: ARG001
    z = np.maximum(_OHMIC_ROOT * x / _RADIATIVE_EDGE, 1e-3)
    value = (np.sin(z) / z - np.cos(z)) / z / _OHMIC_PEAK
    near_centre = _OHMIC_ROOT * x / _RADIATIVE_EDGE / 3.0 / _OHMIC_PEAK
    value = np.where(z > 1e-3, value, near_centre)
    return np.where(x < _RADIATIVE_EDGE, np.maximum(value, 0.0), 0.0)


PROFILES = {
    "cosh9": Profile(lambda x, _: 1.0 / np.cosh(9.0 * x), _no_kinks),
    "cosh5": Profile(lambda x, _: 1.0 / np.cosh(5.0 * x), _no_kinks),
    "wood-saxon": Profile(lambda x, _: 1.0 / (1.0 + np.exp(10.0 * (2.0 * x - 1.0))), _no_kinks),
    "linear": Profile(lambda x, _: 1.0 - x, _no_kinks),
    "ring": Profile(lambda x, w: np.exp(-0.5 * ((x - 0.05) / w) ** 2), _no_kinks, 0.03),
    "radiative": Profile(_ohmic, lambda _: (_RADIATIVE_EDGE,)),
    "tachocline": Profile(
        lambda x, w: np.maximum(1.0 - ((x - _TACHOCLINE) / w) ** 2, 0.0),
        lambda w: (_TACHOCLINE - w, _TACHOCLINE + w),
        0.05,
    ),
    "cz-triangle": Profile(
        lambda x, _: np.interp(x, [0.0, 0.70, 0.85, 1.0], [0.0, 0.0, 1.0, 0.0]), lambda _: (0.70, 0.85)
    ),
}


@dataclass(frozen=True)
class SolarField:
    """A field: amplitude times shape; build it with :func:`solar_field`.

    Attributes
    ----------
    name : profile, or path of the table.
    peak_kg : amplitude that multiplies b(x), kilogauss.
    twist_rad_per_rsun : dphi/dr, rate at which the field turns about the ray.
    kinks : radii between 0 and 1 where the slope jumps, rising.
    shape : b(x) on float64 radii.
    correlation_km : None for a regular field; else the field is random with this correlation length, and its
        strength is the root mean square across the ray.
    """

    name: str
    peak_kg: float
    twist_rad_per_rsun: float
    kinks: tuple[float, ...]
    shape: Callable[[Floats], Floats]
    correlation_km: float | None = None

    def at(self, radius: Floats) -> Floats:
        """Return the field across the ray in kG at radii in solar radii, float64 of the same shape."""
        x = np.asarray(radius, dtype=np.float64)
        return np.asarray(self.peak_kg * self.shape(x), dtype=np.float64)


def _named(profile: str, width: float, x: Floats) -> Floats:
    return PROFILES[profile].shape(x, width)


def _tabulated(smooth: Callable[[Floats], Floats], first: float, x: Floats) -> Floats:
    return np.where((x < first) | (x > 1.0), 0.0, np.nan_to_num(smooth(x)))


def _table_shape(path: Path) -> Callable[[Floats], Floats]:
    """Read a table with columns r and b, check it, and return its monotone cubic interpolation, peak 1."""
    from scipy.interpolate import PchipInterpolator

    table = read_table(path, str(path), required=())
    r, b = table.numbers("r"), table.numbers("b")
    if len(r) < 4:
        msg = f"{path}: {len(r)} radii, expected at least 4"
        raise TableError(msg)
    bad = np.flatnonzero(~(b >= 0.0) | ~np.isfinite(b) | ~np.isfinite(r))
    if len(bad):
        row = int(bad[0])
        msg = f"{path}: row {row + 1} has r = {r[row]:g}, b = {b[row]:g}, expected a finite field >= 0"
        raise TableError(msg)
    table.rising("r")
    if r[0] < 0.0 or abs(r[-1] - 1.0) > 1e-6:
        msg = f"{path}: r runs from {r[0]:g} to {r[-1]:g}, expected solar radii that reach the surface at 1"
        raise TableError(msg)
    peak = float(b.max())
    if not peak > 0.0:
        msg = f"{path}: b is zero everywhere"
        raise TableError(msg)
    if b[-1] > _EDGE_STEP * peak or (r[0] > 0.0 and b[0] > _EDGE_STEP * peak):
        row = len(r) - 1 if b[-1] > _EDGE_STEP * peak else 0
        msg = (
            f"{path}: a step at the edge, b = {b[row]:g} at r = {r[row]:g} with a peak of {peak:g}; "
            f"expected at most {100 * _EDGE_STEP:g} % of the peak"
        )
        raise TableError(msg)
    smooth = PchipInterpolator(r, b / peak, extrapolate=False)
    return partial(_tabulated, smooth, float(r[0]))


def _amplitude(
    shape: Callable[[Floats], Floats],
    name: str,
    peak_kg: float | None,
    value_kg: float | None,
    at_radius: float | None,
) -> float:
    if (peak_kg is None) == (value_kg is None):
        msg = "a field needs either its peak in kG or its value in kG at a radius"
        raise PhysicsError(msg)
    given = peak_kg if value_kg is None else value_kg
    if given is None or not (math.isfinite(given) and given >= 0.0):
        msg = f"field strength {given} kG, expected a finite value >= 0"
        raise PhysicsError(msg)
    if value_kg is None:
        return given
    if at_radius is None:
        msg = f"a field of {given:g} kG, but at which radius? give at_radius, from 0 to below 1 solar radii"
        raise PhysicsError(msg)
    if not 0.0 <= at_radius < 1.0:
        msg = f"the value of a field holds at radius {at_radius}, expected solar radii from 0 to below 1"
        raise PhysicsError(msg)
    there = float(shape(np.array([at_radius]))[0])
    if not there > 1e-6:
        msg = f"field {name} is zero at radius {at_radius:g}: its strength cannot be given there"
        raise PhysicsError(msg)
    return given / there


def solar_field(
    profile: str,
    *,
    peak_kg: float | None = None,
    value_kg: float | None = None,
    at_radius: float | None = None,
    twist_rad_per_rsun: float = 0.0,
    width: float | None = None,
    correlation_km: float | None = None,
) -> SolarField:
    """Build a field from a profile of ``PROFILES`` or a user's table.

    Parameters
    ----------
    profile : a name, or the path of a CSV with columns ``r`` (solar radii, to the surface) and ``b``
        (any unit, its peak is scaled to 1).
    peak_kg : amplitude that multiplies b(x); or else
    value_kg, at_radius : the field at a radius.
    twist_rad_per_rsun : dphi/dr.
    width : in solar radii, for the ring (standard deviation) and the tachocline (half width).
    correlation_km : makes the field random, with this correlation length; its strength is then the root mean
        square.

    Raises
    ------
    PhysicsError
        Unknown profile, no or two amplitudes, a profile without a width.
    TableError
        A table that is not sorted, negative, does not reach the surface or steps to zero at the edge.
    """
    if not math.isfinite(twist_rad_per_rsun):
        msg = f"twist {twist_rad_per_rsun} rad per solar radius, expected a finite value"
        raise PhysicsError(msg)
    if correlation_km is not None and not 0.1 <= correlation_km <= _LONGEST_KM:
        msg = f"correlation length {correlation_km:g} km, expected 0.1 to {_LONGEST_KM:g}"
        raise PhysicsError(msg)
    known = PROFILES.get(profile)
    if width is not None and (known is None or known.width is None or not 1e-3 <= width <= 0.25):
        msg = f"width {width:g} for {profile!r}: only ring and tachocline have one, from 0.001 to 0.25"
        raise PhysicsError(msg)
    kinks: tuple[float, ...] = ()
    if known is not None:
        given = width or known.width or 0.0
        shape: Callable[[Floats], Floats] = partial(_named, profile, given)
        kinks = tuple(at for at in known.kinks(given) if 0.0 < at < 1.0)
    elif profile.lower().endswith(".csv") or Path(profile).is_file():
        shape = _table_shape(Path(profile))
    else:
        msg = (
            f"unknown field profile {profile!r}; profiles: {', '.join(PROFILES)}, or the path of a .csv file"
        )
        raise PhysicsError(msg)
    amplitude = _amplitude(shape, profile, peak_kg, value_kg, at_radius)
    return SolarField(profile, amplitude, twist_rad_per_rsun, kinks, shape, correlation_km)
