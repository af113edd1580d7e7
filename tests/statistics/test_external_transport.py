"""Guided paths against paths that are left alone, in a small detector, and against split ones in the real one."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim.physics.external_gammas import load_lines
from sim.physics.gamma_importance import solve_importance
from sim.physics.gamma_media import Media, load_media
from sim.physics.quenching import quenching
from sim.sources.external import FLOOR_MEV, MOST_WEIGHT, guide_to
from sim.sources.gamma_guide import Guide, no_guide
from sim.sources.gamma_trees import Kept, grow_trees, plan_starts

SMALL = load_media()._replace(outer_m=np.array([1.1, 1.7, 1.8, 1.808]))
SHELLS = ((0.9, 1.7, 1.75), (0.1, 1.8, 1.808))
TARGET_M = 0.75
ELECTRON = quenching("electron", 0.01098)


def _sums(kept: Kept) -> tuple[np.ndarray, np.ndarray]:
    """Return visible energy and radius of the centroid of every event."""
    light = kept.sites[2]
    sums = [np.add.reduceat(column, kept.first[:-1]) for column in (light, *(light * kept.sites[3:]))]
    return sums[0], np.sqrt(sum(column**2 for column in sums[1:])) / sums[0]


@cache
def _events(isotope: str, guided: bool, stretch: float = 1.0, tries: int = 16) -> tuple:
    """Return chance per decay, its error, visible energies, radii of the events, and repeats."""
    guide = Guide(solve_importance(SMALL, TARGET_M), 0.04, stretch, tries) if guided else no_guide()
    # without companions: in so small a detector they come in by themselves, which guided trees leave out
    lines = load_lines(isotope)
    starts = plan_starts(lines._replace(share=0.0 * lines.share), guide, SHELLS)
    most = 8.0 if guided else 1.0
    trees = 60_000 if guided else 1_500_000
    kept = grow_trees(
        np.random.default_rng(8), trees, starts, SMALL, ELECTRON, guide, sphere_m=TARGET_M,
        least_mev=FLOOR_MEV, most_weight=most,
    )  # fmt: skip
    visible, radius = _sums(kept)
    chance = starts.unit * most * visible.size / trees
    return chance, chance / np.sqrt(visible.size), visible, radius, kept.repeats


def _agree(guided: tuple, other: tuple) -> None:
    assert guided[2].size > 3000
    assert abs(guided[0] - other[0]) < 4 * np.hypot(guided[1], other[1])
    assert stats.ks_2samp(guided[2], other[2]).pvalue > 1e-3
    assert stats.ks_2samp(guided[3], other[3]).pvalue > 1e-3


@pytest.mark.parametrize("isotope", ["40K", "208Tl"])
def test_same_rate_spectrum_and_places(isotope: str) -> None:
    guided, alone = _events(isotope, True), _events(isotope, False)
    assert alone[4] == 0  # weights are 1
    assert alone[2].size > 1000
    _agree(guided, alone)
    assert guided[4] < 0.02 * guided[2].size


@pytest.mark.parametrize(("stretch", "tries"), [(0.0, 16), (1.0, 1)])
def test_each_part_of_the_guidance_alone(stretch: float, tries: int) -> None:
    _agree(_events("208Tl", True, stretch, tries), _events("208Tl", False))


def _real(isotope: str, guide: Guide, trees: int, most: float) -> tuple[float, Kept, Media]:
    media = load_media()
    starts = plan_starts(load_lines(isotope), guide)
    kept = grow_trees(
        np.random.default_rng(3), trees, starts, media, ELECTRON, guide, sphere_m=3.5, least_mev=FLOOR_MEV,
        most_weight=most,
    )  # fmt: skip
    return starts.unit * most / trees * kept.start.shape[1], kept, media


def test_splitting_alone_gives_the_same_in_the_real_detector() -> None:
    """Flights and scatters as they are, the light outside left out of the guide: 50 times the work."""
    chance, kept, _ = _real("208Tl", guide_to(3.5), 150_000, MOST_WEIGHT)
    plain = Guide(solve_importance(load_media(), 3.5, 0.0), 0.04, 0.0, 1, 1.0, 2.0)
    other, split, _ = _real("208Tl", plain, 600_000, 150.0)
    n, m = kept.start.shape[1], split.start.shape[1]
    assert n > 5000
    assert m > 1000
    # events that share a tree come in groups: the number varies more than a Poisson number
    assert abs(chance / other - 1.0) < 4 * np.sqrt(
        (1 + 2 * kept.repeats / n) / n + (1 + 4 * split.repeats / m) / m
    )
    for mine, its in zip(_sums(kept), _sums(split), strict=True):
        edges = np.quantile(mine, np.linspace(0, 1, 11))
        counts, others = np.histogram(mine, edges)[0], np.histogram(its, edges)[0]
        pull = counts / n - others / m
        spread = counts / n**2 + others / m**2 * (1 + 4 * split.repeats / m)
        assert stats.chi2.sf(np.sum(pull**2 / spread), counts.size - 1) > 1e-3


@pytest.mark.parametrize("isotope", ["40K", "214Bi", "208Tl"])
def test_few_events_share_their_beginning(isotope: str) -> None:
    _, kept, _ = _real(isotope, guide_to(3.5), 60_000, MOST_WEIGHT)
    assert kept.start.shape[1] > 2000
    assert kept.repeats < 0.015 * kept.start.shape[1]
