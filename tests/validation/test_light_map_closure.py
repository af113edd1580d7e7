"""The fast fidelity against the optical one: light drawn from the map against every photon tracked.

Asked: means within 0.5 %, widths within 2 %, hit times within 5 % per bin (the published tuning target of the
time profile), and the light by radius within 0.5 %. Statistics come on top, three standard deviations each; the
large samples of the slow tests bring them below the tolerances. Both see the same places.
"""

from itertools import pairwise

import numpy as np
import pytest

from sim.detector.config import DetectorConfig
from tests.detector_probe import core, probe

ESTIMATORS = ("nh", "np_230", "np_400", "charge_pe")
BINS_NS = np.array([0, 4, 8, 12, 16, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 120, 150, 200, 300, 400, 600.0])


def both(particle, energy_mev, events, radius_m=2.8):
    return tuple(
        probe(DetectorConfig(fidelity=fidelity), particle, energy_mev, events, radius_m)
        for fidelity in ("fast", "optical")
    )


def agree(fast, optical):
    n = min(fast.fiducial().sum(), optical.fiducial().sum())
    for name in ESTIMATORS:
        (mean, width), (asked, asked_width) = (
            core(getattr(found.estimators, name)[found.fiducial()]) for found in (fast, optical)
        )
        assert abs(mean / asked - 1) < 0.005 + 3 * width / mean * np.sqrt(2 / n), (name, mean, asked)
        assert abs(width / asked_width - 1) < 0.02 + 3 / np.sqrt(n), (name, width, asked_width)


def profile(found):
    """Hits per event in bins of time since the cluster's start, and their counts."""
    counts = np.zeros(len(BINS_NS) - 1)
    wanted = np.flatnonzero(found.fiducial())
    for c in wanted:
        rows = slice(found.clusters.first[c], found.clusters.last[c])
        counts += np.histogram(found.hits.time_ns[rows] - found.clusters.start_ns[c], BINS_NS)[0]
    return counts / len(wanted), counts


def profiles_agree(fast, optical):
    (share, counts), (asked, asked_counts) = profile(fast), profile(optical)
    error = 3 * np.sqrt(1 / counts + 1 / asked_counts)
    assert np.all(np.abs(share / asked - 1) < 0.05 + error), share / asked - 1


def light_by_radius_agrees(fast, optical, tolerance):
    edges = np.linspace(0.0, 4.2, 8)
    for low, high in pairwise(edges):
        means = []
        for found in (fast, optical):
            radius = np.linalg.norm(found.place_m(), axis=0)
            charge = found.estimators.charge_pe[found.first() & (radius >= low) & (radius < high)]
            if len(charge) < 50:
                break
            mean, width = core(charge)
            means.append((mean, width / mean / np.sqrt(len(charge))))
        else:
            (a, error_a), (b, error_b) = means
            assert abs(a / b - 1) < tolerance + 3 * np.hypot(error_a, error_b), (low, a / b)


@pytest.mark.parametrize(("particle", "energy_mev"), [("electron", 0.5), ("alpha", 5.30433)])
def test_estimators_and_hit_times(particle, energy_mev):
    fast, optical = both(particle, energy_mev, 3000)
    agree(fast, optical)
    profiles_agree(fast, optical)


def test_light_by_radius():
    light_by_radius_agrees(*both("electron", 1.0, 3000, radius_m=4.2), 0.005)


@pytest.mark.slow
@pytest.mark.parametrize(("particle", "energy_mev"), [("electron", 0.2), ("electron", 1.0), ("gamma", 1.0)])
def test_estimators_and_hit_times_of_large_samples(particle, energy_mev):
    fast, optical = both(particle, energy_mev, 20_000)
    agree(fast, optical)
    profiles_agree(fast, optical)


@pytest.mark.slow
def test_light_by_radius_of_a_large_sample():
    light_by_radius_agrees(*both("electron", 0.5, 20_000, radius_m=4.2), 0.005)
