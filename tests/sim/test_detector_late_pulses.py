"""Late pulses: the law against electrons thrown back in a uniform field, the sampler, both switches."""

import numpy as np
import pytest
from scipy.stats import kstest

from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE
from sim.detector.arrival import arrival_distribution
from sim.detector.config import DetectorConfig, TransitConfig
from sim.detector.late_pulses import build_late_pulses, late_delay, late_pulse_share

OFF = {"enabled": False}


@njit
def _delays(words, late):
    out = np.empty(len(words))
    for i in range(len(words)):
        out[i] = late_delay(words[i, 0], words[i, 1], late)
    return out


def test_the_law_is_that_of_electrons_thrown_back_by_a_matt_surface():
    """Stepped in a uniform field, unit distance and unit time to the dynode."""
    sine2 = np.random.default_rng(1).random(2000)  # Lambert: sin^2 is uniform
    speed = 2.0 * np.sqrt(1.0 - sine2)  # along the axis; twice distance over time at the dynode
    position, back = np.zeros(len(speed)), np.zeros(len(speed))
    step = 1e-3
    for _ in range(2100):
        position += step * (speed - step)  # deceleration 2
        speed -= 2.0 * step
        back += step * (position > 0)
    share = late_pulse_share(TransitConfig(late_fraction=0.5, late_most_ns=2.0), np.sort(back))
    assert np.abs(share / 0.5 - np.arange(2000) / 2000).max() < 1.63 / np.sqrt(2000) + 2 * step


def test_sampler():
    words = np.random.default_rng(2).integers(0, 2**32, (200_000, 2), dtype=np.uint32)
    delay = _delays(words, build_late_pulses(TransitConfig(late_fraction=0.04, late_most_ns=60.0)))
    late = delay[delay > 0]
    assert len(late) / len(delay) == pytest.approx(0.04, abs=5 * np.sqrt(0.04 / len(delay)))
    assert kstest(late, lambda t: np.clip(t / 60.0, 0.0, 1.0) ** 2).pvalue > 1e-3
    assert not _delays(words, build_late_pulses(TransitConfig(late_fraction=0.0))).any()
    assert not _delays(words, build_late_pulses(TransitConfig(enabled=False))).any()


def law(transit):
    card = DetectorConfig.model_validate({"emission": OFF, "transit": transit})
    return arrival_distribution(card, BETA_LIKE)


def test_the_tabulated_law_has_them():
    time_ns, cdf = law({"sigma_ns": 0.5, "late_fraction": 0.1, "late_most_ns": 40.0})
    for t in (5.0, 10.0, 20.0, 30.0, 39.0):
        expected = 0.9 + 0.1 * (t**2 + 0.5**2) / 40.0**2  # the spread adds its variance to a parabola
        assert np.interp(t, time_ns, cdf) == pytest.approx(expected, abs=2e-4)  # steps of 0.05 ns


def test_switched_off_the_tabulated_law_is_that_of_the_spread_alone():
    plain = law({"late_fraction": 0.0})
    np.testing.assert_array_equal(plain[1], law({"late_fraction": 0.0, "late_most_ns": 90.0})[1])
    middle = np.interp(0.0, *plain)
    assert middle == pytest.approx(0.5, abs=0.02)
    assert np.interp(0.0, *law({})) == pytest.approx(0.97 * middle, abs=2e-3)
