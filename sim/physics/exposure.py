"""Where the Sun stands: nadir angles at the site, day and night, distance.

Low-precision solar position of the Astronomical Almanac [ALMANAC]: 0.01 degrees in direction and 3e-4 in
distance squared between 1950 and 2050. Times are Unix seconds (UTC), float64.
"""

from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from sim.core.constants import ORBIT_ECCENTRICITY, SECONDS_PER_DAY
from sim.core.errors import PhysicsError
from sim.physics.config import SiteConfig

Floats = NDArray[np.float64]

MEAN_YEAR_DAYS = 365.25

_J2000_UNIX_S = 946728000.0  # 2000-01-01 12:00 UTC
_BINS = 45  # of the night, two degrees each
_STEP_S = 300.0


class NadirExposure(NamedTuple):
    """Share of the time with the Sun in each nadir bin.

    ``edges_deg`` (n + 1,) from 0 to 90; ``night`` (n,) fractions of all time; ``day`` the rest: sum is 1.
    """

    edges_deg: Floats
    night: Floats
    day: float


class _Sun(NamedTuple):
    right_ascension: Floats
    declination: Floats
    distance_au: Floats


def utc_seconds(text: str) -> float:
    """Read an ISO date such as ``2011-12-14`` or ``2011-12-14T06:00:00`` as UTC, in Unix seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is not a date such as 2011-12-14 or 2011-12-14T06:00:00"
        raise PhysicsError(msg) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def _checked_date(text: str) -> str:
    try:
        utc_seconds(text)
    except PhysicsError as error:
        raise ValueError(str(error)) from None
    return text


UtcDate = Annotated[str, AfterValidator(_checked_date)]  # a key of the card that ``utc_seconds`` reads


def _sun(unix_s: Floats) -> _Sun:
    """Equatorial position (radians) and distance of the Sun."""
    days = (np.asarray(unix_s, dtype=np.float64) - _J2000_UNIX_S) / SECONDS_PER_DAY
    e = ORBIT_ECCENTRICITY
    anomaly = np.deg2rad(357.528 + 0.9856003 * days)
    centre = 2.0 * e * np.sin(anomaly) + 1.25 * e * e * np.sin(2.0 * anomaly)
    longitude = np.deg2rad(280.460 + 0.9856474 * days) + centre
    obliquity = np.deg2rad(23.439 - 4e-7 * days)
    right_ascension = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    distance = 1.0 + 0.5 * e * e - e * np.cos(anomaly) - 0.5 * e * e * np.cos(2.0 * anomaly)
    return _Sun(right_ascension, declination, distance)


def inverse_distance_squared(unix_s: Floats) -> Floats:
    """Return (1 au / d)^2, the seasonal factor on the solar flux, same shape as the times."""
    return np.asarray(1.0 / _sun(unix_s).distance_au ** 2)


def solar_direction(unix_s: Floats, site: SiteConfig) -> Floats:
    """Return the unit vector from the site to the Sun: axes east, north, up; float (3, ...)."""
    sun = _sun(unix_s)
    days = (np.asarray(unix_s, dtype=np.float64) - _J2000_UNIX_S) / SECONDS_PER_DAY
    hour_angle = np.deg2rad(280.46061837 + 360.98564736629 * days + site.longitude_deg) - sun.right_ascension
    latitude = np.deg2rad(site.latitude_deg)
    polar, equatorial = np.sin(sun.declination), np.cos(sun.declination)
    meridian = equatorial * np.cos(hour_angle)
    return np.stack(
        [
            -equatorial * np.sin(hour_angle),
            np.cos(latitude) * polar - np.sin(latitude) * meridian,
            np.sin(latitude) * polar + np.cos(latitude) * meridian,
        ]
    )


def solar_zenith(unix_s: Floats, site: SiteConfig) -> Floats:
    """Return the zenith angle of the Sun in degrees (no refraction), same shape as the times."""
    return np.asarray(np.rad2deg(np.arccos(np.clip(solar_direction(unix_s, site)[2], -1.0, 1.0))))


def solar_nadir(unix_s: Floats, site: SiteConfig) -> Floats:
    """Return the angle between straight down and the Sun in degrees; below 90 it is night."""
    return 180.0 - solar_zenith(unix_s, site)


def nadir_exposure(
    site: SiteConfig, start_utc: str | float = "2012-01-01", live_days: float = MEAN_YEAR_DAYS
) -> NadirExposure:
    """Return how a stretch of live time is shared between day and the nadir bins of the night.

    Each moment counts with the 1/d^2 of the flux, so the shares are those of solar neutrinos.

    Parameters
    ----------
    site : latitude and longitude.
    start_utc : ISO date, or Unix seconds.
    live_days : length; PhysicsError unless positive.
    """
    if not live_days > 0.0:
        msg = f"live time is {live_days:g} days, must be > 0"
        raise PhysicsError(msg)
    start = utc_seconds(start_utc) if isinstance(start_utc, str) else float(start_utc)
    steps = max(1, int(np.ceil(live_days * SECONDS_PER_DAY / _STEP_S)))
    times: Floats = start + (np.arange(steps, dtype=np.float64) + 0.5) * (live_days * SECONDS_PER_DAY / steps)
    edges = np.linspace(0.0, 90.0, _BINS + 1)
    flux = inverse_distance_squared(times)
    night, _ = np.histogram(solar_nadir(times, site), bins=edges, weights=flux)
    night = night / flux.sum()
    return NadirExposure(edges, night, float(1.0 - night.sum()))
