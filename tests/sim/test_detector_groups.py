"""Groups: what can share a gate stays together, what cannot reach the analysis is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.primaries import BETA_LIKE, Deposits, empty_primaries, point_deposits
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.groups import gather
from sim.detector.light import DRAW, Photoelectrons, draw_photoelectrons
from sim.detector.model import build_detector, select
from sim.detector.optics import light_yield


@pytest.fixture(scope="module")
def detector():
    return build_detector(DetectorConfig(), PileUpConfig())


def primaries_at(times):
    primaries = empty_primaries(len(times))
    primaries.time_ns[:] = times
    primaries.x_m[:] = np.arange(len(times)) * 1e-3
    return primaries, point_deposits(primaries, BETA_LIKE, np.ones(len(times)))


@given(
    gaps=st.lists(st.sampled_from([10.0, 24_000.0, 25_001.0, 1e6]), min_size=1, max_size=12),
    above=st.lists(st.integers(0, 80), min_size=12, max_size=12),
    seed=st.integers(0, 99),
)
def test_groups_are_chains_that_reach_the_cut(detector, gaps, above, seed):
    times = np.cumsum(gaps)
    shuffle = np.random.default_rng(seed).permutation(len(times))
    primaries, deposits = primaries_at(times[shuffle])
    counts = np.array(above[: len(times)])[shuffle]
    groups = gather(primaries, deposits, Photoelectrons(counts, 0 * counts), detector)

    expected, chain = [], []
    for t in times:
        if chain and t - chain[-1] >= 25_000.0:
            expected.append(chain)
            chain = []
        chain.append(t)
    expected.append(chain)
    made = dict(zip(times[shuffle], counts, strict=True))
    expected = [c for c in expected if sum(made[t] for t in c) >= detector.selection.min_photoelectrons]

    found = [
        list(primaries.time_ns[groups.primary[a:b]])
        for a, b in zip(groups.primary_start[:-1], groups.primary_start[1:], strict=True)
    ]
    assert found == expected
    np.testing.assert_array_equal(groups.deposit_start, groups.primary_start)
    owner = np.repeat(np.arange(len(groups.origin_ns)), np.diff(groups.deposit_start))
    np.testing.assert_allclose(groups.origin_ns[owner] + groups.time_ns, primaries.time_ns[groups.primary])
    np.testing.assert_array_equal(groups.above, counts[groups.primary])
    assert all(groups.label[a] == 0 for a in groups.deposit_start[:-1])


def test_deposits_of_a_primary_stay_with_it(detector):
    primaries, _ = primaries_at([1e6, 1e6 + 100.0, 9e6])
    rows = np.array([0, 0, 1, 2, 2, 2])
    ones = np.ones(6)
    deposits = Deposits(rows, np.zeros(6, np.uint8), np.arange(6.0), ones, ones, ones, ones, ones)
    groups = gather(primaries, deposits, Photoelectrons(np.full(6, 50), np.arange(6)), detector)
    assert list(groups.label) == [0, 0, 1, 0, 0, 0]
    assert list(groups.below) == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(np.diff(groups.time_ns[:2]), 1.0)
    assert list(groups.deposit_start) == [0, 3, 6]


def test_nothing_in_nothing_out(detector):
    primaries, deposits = primaries_at(np.zeros(0))
    groups = gather(primaries, deposits, Photoelectrons(np.zeros(0, int), np.zeros(0, int)), detector)
    assert len(groups.origin_ns) == 0
    assert list(groups.primary_start) == [0]


def test_the_cut_leaves_room_for_dark_hits():
    config = DetectorConfig()
    off = {"enabled": False}
    quiet = DetectorConfig.model_validate({"dark": off, "afterpulses": off, "reflection": off})
    assert select(config, PileUpConfig()).min_hits == int(np.ceil(85 * 1650 / 2000))
    assert select(quiet, PileUpConfig()).min_photoelectrons == 71
    assert 50 < select(config, PileUpConfig()).min_photoelectrons < 60
    without = DetectorConfig.model_validate({"afterpulses": off})
    assert (
        select(config, PileUpConfig()).min_photoelectrons < select(without, PileUpConfig()).min_photoelectrons
    )
    assert select(config, PileUpConfig(thinning=False)).min_photoelectrons == 0


def test_photoelectrons_are_poisson_and_known_counts_are_kept(detector):
    _, deposits = primaries_at(np.arange(20_000) * 1e6)
    deposits = deposits._replace(visible_mev=np.full(20_000, 0.3), x_m=np.zeros(20_000))
    known = np.full(20_000, DRAW)
    known[::2] = 7
    light = draw_photoelectrons(np.random.default_rng(1), deposits, detector, known)
    assert (light.above[::2] == 7).all()
    drawn = light.above[1::2]
    mean = 0.3 * light_yield(detector.optics, *(np.zeros(1),) * 3)[0] * 0.88
    assert drawn.mean() == pytest.approx(mean, rel=0.02)
    assert drawn.var() == pytest.approx(drawn.mean(), rel=0.05)
    assert light.below.sum() / (light.below.sum() + 2 * drawn.sum()) == pytest.approx(0.12, abs=0.004)
