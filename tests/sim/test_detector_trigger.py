"""The trigger against a plain scan, and its turn-on with energy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE, Block, empty_primaries, point_deposits
from sim.core.rng import Stage, philox_key
from sim.detector.config import DetectorConfig, PileUpConfig, TriggerConfig
from sim.detector.model import build_detector
from sim.detector.optical.map_store import packaged_map
from sim.detector.optics import light_yield
from sim.detector.response import respond
from sim.detector.trigger import Trigger, build_trigger, find_gates, reaches

TICKS = st.lists(st.integers(0, 5000), max_size=80).map(lambda ticks: np.sort(np.array(ticks, np.int64)))
KEY = philox_key(1, Stage.ELECTRONICS, 0)


def gates_in(ticks, trigger, group=0, key=KEY):
    starts = np.empty(200, np.int64)
    return list(starts[: find_gates(ticks, len(ticks), trigger, group, key, starts)])


def reference(ticks, trigger):
    starts, ready = [], -np.inf
    for t in ticks[np.argsort(ticks, kind="stable")]:
        before = ((ticks <= t) & (ticks > t - trigger.window)).sum()
        if t >= ready and before >= trigger.min_hits:
            starts.append(t - trigger.pre)
            ready = starts[-1] + trigger.gate + trigger.dead
    return starts


@given(
    ticks=TICKS,
    min_hits=st.integers(1, 8),
    window=st.integers(1, 400),
    gate=st.integers(100, 2000),
    dead=st.integers(0, 500),
)
def test_gates_are_those_of_a_plain_scan(ticks, min_hits, window, gate, dead):
    ticks = np.unique(ticks)  # equal ticks: the scan would count hits that the kernel has not seen yet
    trigger = Trigger(min_hits, window, gate, 50, dead, min_hits, 0.0)
    assert gates_in(ticks, trigger) == reference(ticks, trigger)


@njit
def _reaches(ticks, first, window, hits):
    return reaches(ticks, first, len(ticks), window, hits)


@given(ticks=TICKS, window=st.integers(1, 3000), first=st.integers(0, 3))
def test_a_window_holds_as_many_hits_as_a_plain_count_finds(ticks, window, first):
    first = min(first, len(ticks))
    there = ticks[first:]
    most = max((((there >= t) & (there < t + window)).sum() for t in there), default=0)
    assert _reaches(ticks, first, window, most)
    assert not _reaches(ticks, first, window, most + 1)


def test_constants_are_in_ticks():
    assert build_trigger(TriggerConfig()) == (25, 600, 160_000, 10_000, 20_000, 17, 1.0)
    assert build_trigger(TriggerConfig(spread_hits=0.0))[5:] == (25, 0.0)
    assert build_trigger(TriggerConfig(spread_hits=50.0)).least == 1


@njit
def _triggered(ticks, trigger, key, groups):
    """Number of groups with these hits that open a gate."""
    starts = np.empty(64, np.int64)
    opened = 0
    for group in range(groups):
        opened += find_gates(ticks, len(ticks), trigger, group, key, starts) > 0
    return opened


GROUPS = 100_000
ERROR = 5 * np.sqrt(0.25 / GROUPS)


def opened(ticks, trigger):
    return _triggered(np.asarray(ticks, np.int64), trigger, KEY, GROUPS) / GROUPS


@pytest.mark.parametrize(("spread", "hits"), [(1.0, (22, 23, 24, 25, 26, 27)), (4.0, (17, 21, 25, 29, 33))])
def test_turn_on_in_hits_is_the_normal_law(spread, hits):
    trigger = build_trigger(TriggerConfig(spread_hits=spread))
    for n in hits:
        assert opened(np.arange(n), trigger) == pytest.approx(norm.cdf((n - 24.5) / spread), abs=ERROR)
    far = build_trigger(TriggerConfig(min_hits=100, spread_hits=0.1))
    assert opened(np.arange(98), far) == 0.0
    assert opened(np.arange(101), far) == 1.0


def test_a_burst_has_one_threshold_and_the_next_another():
    """Ten waves that hits in between join to one burst of at most 26 hits; without these each has its chance."""
    trigger = build_trigger(TriggerConfig(gate_ns=1000.0, pre_ns=500.0, dead_ns=0.0))
    wave = np.arange(24)
    joined = np.concatenate([1000 * k + np.concatenate([wave, [300, 599, 890]]) for k in range(10)])
    apart = np.concatenate([2000 * k + wave for k in range(10)])
    assert opened(joined, trigger) == pytest.approx(norm.cdf(1.5), abs=ERROR)
    assert opened(apart, trigger) == pytest.approx(1 - norm.cdf(0.5) ** 10, abs=ERROR)


def test_the_threshold_depends_on_key_and_group_only():
    trigger = build_trigger(TriggerConfig())
    ticks = np.arange(25, dtype=np.int64)
    first, again, other = (
        [len(gates_in(ticks, trigger, g, key)) for g in range(200)]
        for key in (KEY, KEY, philox_key(2, Stage.ELECTRONICS, 0))
    )
    assert first == again != other


def efficiency(detector, energies_mev, n=400):
    """Share of events at the centre that open a gate, by visible energy."""
    energy = np.repeat(energies_mev, n)
    primaries = empty_primaries(len(energy))
    primaries.time_ns[:] = (np.arange(len(energy)) + 0.5) * 1e6
    primaries.energy_mev[:] = energy
    deposits = point_deposits(primaries, BETA_LIKE, energy)
    response = respond(Block(1, 0, 0, 1.0), primaries, deposits, detector)
    opened = np.zeros(len(energy), bool)
    opened[response.groups.primary] = response.gates.primary_gate >= 0
    return opened.reshape(len(energies_mev), n).mean(axis=1)


@pytest.mark.parametrize("min_hits", [25, 40])
def test_turn_on_follows_the_poisson_law_of_early_hits(min_hits):
    config = DetectorConfig.model_validate(
        {
            "trigger": {"min_hits": min_hits},
            "dark": {"enabled": False},
            "transit": {"late_fraction": 0.0},
        }
    )
    detector = build_detector(config, PileUpConfig(analysis_threshold_nh=0.0))
    energies = np.array([0.02, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.2])
    found = efficiency(detector, energies)
    # Early light: emission and the map's delays at the centre; two hits in a tube are rare at this energy.
    rng = np.random.default_rng(1)
    emission, light, n = config.emission, packaged_map()[0], 20_000
    part = (rng.random(n) < light.chance[0, 1, 0].sum() / light.chance[0, :, 0].sum()).astype(int)
    time_ns = rng.choice(light.bulk_ns[:, 0, 20], (n,), axis=1)[part, np.arange(n)]
    time_ns = time_ns + rng.exponential(
        np.array(emission.beta_tau_ns)[rng.choice(4, n, p=emission.beta_weight)]
    )
    early = (15.0 / 16.0) * (time_ns < 58.0).mean()  # the last 16th of the delays is apart, and late
    mean = energies * light_yield(detector.optics, *(np.zeros(1),) * 3)[0] * 0.88 * early
    expected = norm.sf((min_hits - 0.5 - mean) / np.sqrt(mean))
    np.testing.assert_allclose(found, expected, atol=0.09)
    assert found[0] == 0.0
    assert found[-1] > 0.99
