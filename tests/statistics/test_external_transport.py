"""Guided paths against unguided ones in a small detector, where both can be followed."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim.physics.external_gammas import load_lines
from sim.physics.gamma_media import load_media
from sim.physics.quenching import quenching
from sim.sources.external import FLOOR_MEV, MOST_WEIGHT, guide_to
from sim.sources.gamma_path import Guide
from sim.sources.gamma_trees import grow_trees, plan_starts

SMALL = load_media()._replace(outer_m=np.array([1.1, 1.7, 1.8, 1.808]))
SHELLS = ((0.9, 1.7, 1.75), (0.1, 1.8, 1.808))
TARGET_M = 0.75


@cache
def _events(isotope: str, guided: bool) -> tuple[float, float, np.ndarray, np.ndarray, int]:
    """Return chance per decay, its error, visible energies, radii of the events, and repeats."""
    guide = guide_to(TARGET_M) if guided else Guide(np.inf, 0.0)
    # without companions: in so small a detector they come in by themselves, which guided trees leave out
    lines = load_lines(isotope)
    starts = plan_starts(lines._replace(share=0.0 * lines.share), SMALL, guide, SHELLS)
    most = 100.0 if guided else 1.0
    trees = 600_000 if guided else 1_500_000
    kept = grow_trees(
        np.random.default_rng(8), trees, starts, SMALL, quenching("electron", 0.01098), guide, sphere_m=TARGET_M,
        least_mev=FLOOR_MEV, most_weight=most,
    )  # fmt: skip
    light = kept.sites[2]
    sums = [np.add.reduceat(column, kept.first[:-1]) for column in (light, *(light * kept.sites[3:]))]
    n = sums[0].size
    chance = starts.unit * most * n / trees
    radius = np.sqrt(sum(column**2 for column in sums[1:])) / sums[0]
    return chance, chance / np.sqrt(n), sums[0], radius, kept.repeats


@pytest.mark.parametrize("isotope", ["40K", "208Tl"])
def test_same_rate_spectrum_and_places(isotope: str) -> None:
    guided, error, visible, radius, repeats = _events(isotope, True)
    analog, its_error, its_visible, its_radius, none = _events(isotope, False)
    assert none <= 20  # weights are 1 to rounding
    assert visible.size > 1500
    assert its_visible.size > 1000
    assert abs(guided - analog) < 4 * np.hypot(error, its_error)
    assert stats.ks_2samp(visible, its_visible).pvalue > 1e-3
    assert stats.ks_2samp(radius, its_radius).pvalue > 1e-3
    assert repeats < 0.15 * visible.size


def test_a_decay_gives_few_events_twice_in_the_real_detector() -> None:
    guide = guide_to(3.5)
    for isotope in ("40K", "208Tl"):
        starts = plan_starts(load_lines(isotope), load_media(), guide)
        kept = grow_trees(
            np.random.default_rng(3), 40_000, starts, load_media(), quenching("electron", 0.01098), guide,
            sphere_m=3.5, least_mev=FLOOR_MEV, most_weight=MOST_WEIGHT[isotope],
        )  # fmt: skip
        assert kept.start.shape[1] > 80
        assert kept.repeats < 0.25 * kept.start.shape[1]
