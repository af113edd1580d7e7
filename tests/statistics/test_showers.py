"""Laws of the showers: even in space and time, exponential waits, zenith, multiplicity; for any blocks."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim.core.geometry import VESSEL_RADIUS_M, sphere_mass_t
from sim.core.primaries import Block
from sim.physics.config import BackgroundsConfig
from sim.physics.muon_config import MuonsConfig
from sim.sources.cosmogenic import build_carbon, build_shower_carbon
from sim.sources.showers import C11_MEAN_LIFE_S, Showers, build_showers, draw_showers
from sim.sources.source import Birks

SMALLEST_P = 1e-4
DAY_S = 86400.0
DAYS = 200
CAPTURE_US = 255.0
SINGLE = MuonsConfig(multiplicity_max=1)  # one neutron a shower: births are a Poisson process
BIRKS = Birks(0.0, 0.0)


@cache
def _many(multiplicity_max: int, days: int = DAYS) -> Showers:
    model = build_showers(MuonsConfig(multiplicity_max=multiplicity_max), 26.8, CAPTURE_US)
    return draw_showers(Block(17, 0, 0, days * DAY_S), model)


def test_11c_is_even_in_the_vessel() -> None:
    place = _many(1).carbon_m
    radius = np.sqrt((place**2).sum(axis=0))
    inside = place[:, radius < VESSEL_RADIUS_M]
    assert inside.shape[1] > 12_000
    cube = (radius[radius < VESSEL_RADIUS_M] / VESSEL_RADIUS_M) ** 3
    assert stats.kstest(cube, "uniform").pvalue > SMALLEST_P
    for axis in inside:  # z too, though muons come from above

        def below(at: np.ndarray) -> np.ndarray:
            x = np.clip(at / VESSEL_RADIUS_M, -1.0, 1.0)
            return 0.5 + 0.75 * (x - x**3 / 3.0)

        assert stats.kstest(axis, below).pvalue > SMALLEST_P


def test_rates_are_those_of_the_card() -> None:
    found = _many(1)
    exposure = DAYS * sphere_mass_t(VESSEL_RADIUS_M) / 100.0
    for place, rate in ((found.carbon_m, 26.8), (found.capture_m, 90.0)):
        counts = int(((place**2).sum(axis=0) < VESSEL_RADIUS_M**2).sum())
        assert counts == pytest.approx(rate * exposure, abs=4.0 * np.sqrt(rate * exposure))
    assert np.mean(found.carbon_ns > DAYS * DAY_S * 1e9) < 1e-3


def test_rates_do_not_depend_on_the_multiplicity() -> None:
    """With bursts the number of 11C varies: eight times as much as a Poisson number, and a margin."""
    found = _many(200)
    exposure = DAYS * sphere_mass_t(VESSEL_RADIUS_M) / 100.0
    for place, rate, fano in ((found.carbon_m, 26.8, 12.0), (found.capture_m, 90.0, 40.0)):
        counts = int(((place**2).sum(axis=0) < VESSEL_RADIUS_M**2).sum())
        assert counts == pytest.approx(rate * exposure, abs=4.0 * np.sqrt(fano * rate * exposure))


def test_waits_are_exponential() -> None:
    found = _many(200)
    capture_us = (found.capture_ns - found.time_ns[found.neutron_muon]) * 1e-3
    # times of a year in ns are exact to 4 ns
    assert stats.kstest(capture_us, stats.expon(scale=CAPTURE_US).cdf).pvalue > SMALLEST_P
    rare = build_showers(MuonsConfig(inner_per_day=4.0, neutrons_cpd_100t=1.0), 1.0, CAPTURE_US)
    one = draw_showers(Block(18, 0, 0, 4000 * DAY_S), rare)
    before = np.searchsorted(one.time_ns, one.carbon_ns) - 1
    # muons so rare that the last one is the parent, nearly always; the rest waits longer
    wait_s = (one.carbon_ns - one.time_ns[before]) * 1e-9
    alone = np.diff(one.time_ns, append=np.inf)[before] * 1e-9 > 8.0 * C11_MEAN_LIFE_S
    near = alone & (wait_s < 8.0 * C11_MEAN_LIFE_S)
    sample = wait_s[near][::10]
    assert sample.size > 2000
    assert np.mean(wait_s[near]) == pytest.approx(C11_MEAN_LIFE_S, rel=0.02)
    assert stats.kstest(sample, stats.expon(scale=C11_MEAN_LIFE_S).cdf, method="asymp").pvalue > SMALLEST_P


def test_zenith_law() -> None:
    cosine = -_many(1).direction[2]
    assert stats.kstest(cosine[:100_000], lambda c: c**3).pvalue > SMALLEST_P  # density cos^2


def test_multiplicity() -> None:
    model = build_showers(MuonsConfig(), 0.0, CAPTURE_US)
    chance = np.diff(model.multiplicity, prepend=0.0)
    assert chance[0] / chance[9] == pytest.approx(100.0)
    assert chance @ np.arange(1, 201) == pytest.approx(3.58, abs=0.01)
    # muons here and there make two showers; most with a neutron make one
    found = _many(200)
    neutrons = np.bincount(found.neutron_muon)
    seen = neutrons[neutrons > 0]
    assert np.mean(seen == 1) == pytest.approx(chance[0], abs=0.03)
    assert seen.max() > 100


def test_share_of_11c_without_a_neutron() -> None:
    none = build_showers(MuonsConfig(c11_with_neutron=0.0), 26.8, CAPTURE_US)
    every = build_showers(MuonsConfig(c11_with_neutron=1.0), 26.8, CAPTURE_US)
    usual = build_showers(MuonsConfig(), 26.8, CAPTURE_US)
    assert none.carbon_chance == 0.0
    assert every.silent_per_m == 0.0
    assert usual.silent_per_m == pytest.approx(0.05 * none.silent_per_m)
    assert usual.carbon_chance == pytest.approx(0.95 * every.carbon_chance)


@pytest.mark.parametrize("hours", [24.0, 240.0])
def test_11c_of_a_run_in_blocks_of_any_length(hours: float) -> None:
    """The mean rate is that of evenly spread 11C, from the first block on; times are even."""
    days = 120
    backgrounds = BackgroundsConfig()
    source = build_shower_carbon(
        backgrounds, build_showers(SINGLE, 26.8, CAPTURE_US), hours * 3600.0, 3.5, BIRKS
    )
    blocks = [
        Block(23, i, i * round(hours * 3.6e12), hours * 3600.0) for i in range(round(days * 24 / hours))
    ]
    times = [source.generate(block)[0].time_ns + block.start_ns for block in blocks]
    expected = build_carbon(backgrounds, 3.5, BIRKS).rate_per_s * days * DAY_S
    assert expected == pytest.approx(26.8 * 1.576 * days, rel=1e-3)
    whole = np.concatenate(times)
    assert whole.size == pytest.approx(expected, abs=4.0 * np.sqrt(expected))
    assert stats.kstest(whole / (days * DAY_S * 1e9), "uniform").pvalue > SMALLEST_P
    early = int((whole < 5 * DAY_S * 1e9).sum())
    assert early == pytest.approx(expected / 24, abs=4.0 * np.sqrt(expected / 24))
