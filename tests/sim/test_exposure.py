import numpy as np
import pytest

from sim.core.errors import PhysicsError
from sim.physics.config import SiteConfig
from sim.physics.exposure import (
    inverse_distance_squared,
    nadir_exposure,
    solar_nadir,
    solar_zenith,
    utc_seconds,
)

SITE = SiteConfig()


def test_dates() -> None:
    assert utc_seconds("1970-01-02") == 86400.0
    assert utc_seconds("1970-01-01T01:00:00+01:00") == 0.0
    with pytest.raises(PhysicsError, match="not a date"):
        utc_seconds("yesterday")


def test_shares_add_up_and_a_night_is_half_a_year() -> None:
    exposure = nadir_exposure(SITE)
    assert exposure.day + exposure.night.sum() == pytest.approx(1.0)
    assert exposure.day == pytest.approx(0.5, abs=0.003)
    assert exposure.edges_deg[0] == 0.0
    assert exposure.edges_deg[-1] == 90.0
    # the Sun never stands lower than 90 - latitude + obliquity degrees below the horizon
    lowest = SITE.latitude_deg - 23.44
    assert np.all(exposure.night[exposure.edges_deg[1:] < lowest - 0.1] == 0.0)
    assert np.all(exposure.night[exposure.edges_deg[:-1] > lowest] > 0.0)


def test_a_polar_summer_has_no_night() -> None:
    exposure = nadir_exposure(SiteConfig(latitude_deg=89.0, longitude_deg=0.0), "2015-06-01", 30.0)
    assert exposure.day == 1.0


def test_seasons() -> None:
    times = np.array([utc_seconds("2014-01-04"), utc_seconds("2014-07-04")])
    factor = inverse_distance_squared(times)
    np.testing.assert_allclose(factor, [1.0 / 0.98333**2, 1.0 / 1.01668**2], atol=3e-4)
    year = utc_seconds("2012-01-01") + 86400.0 * np.linspace(0.0, 4 * 365.25, 20_000, endpoint=False)
    assert inverse_distance_squared(year).mean() == pytest.approx(1.0, abs=3e-4)


def test_zenith_and_nadir_are_opposite() -> None:
    times = utc_seconds("2013-05-06") + np.linspace(0.0, 86400.0, 50)
    np.testing.assert_allclose(solar_zenith(times, SITE) + solar_nadir(times, SITE), 180.0)


@pytest.mark.parametrize("days", [0.0, -3.0, float("nan")])
def test_no_live_time_is_refused(days: float) -> None:
    with pytest.raises(PhysicsError, match="live time"):
        nadir_exposure(SITE, "2012-01-01", days)
