"""Direction and distance of the Sun against astropy's ephemeris, 2010 to 2025.

Tolerance: 0.02 degrees in direction (the low-precision formula states 0.01; refraction off), 3e-4 in 1/d^2.
"""

import numpy as np

from sim.physics.config import SiteConfig
from sim.physics.exposure import inverse_distance_squared, solar_zenith, utc_seconds

SITE = SiteConfig()


def test_against_astropy() -> None:
    import astropy.units as u
    from astropy.coordinates import AltAz, EarthLocation, get_sun
    from astropy.time import Time
    from astropy.utils import iers

    times = utc_seconds("2010-01-01") + np.linspace(0.0, 12.9 * 365.25 * 86400.0, 997)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "ignore"):
        when = Time(times, format="unix")
        sun = get_sun(when)
        place = EarthLocation(lat=SITE.latitude_deg * u.deg, lon=SITE.longitude_deg * u.deg)
        zenith = 90.0 - sun.transform_to(AltAz(obstime=when, location=place)).alt.deg
        factor = 1.0 / sun.distance.to_value(u.au) ** 2
    assert np.abs(solar_zenith(times, SITE) - zenith).max() < 0.02
    assert np.abs(inverse_distance_squared(times) - factor).max() < 3e-4
