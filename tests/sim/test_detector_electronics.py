"""Channels against a plain reference: integration, dead time, threshold, reflections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import kstest

from sim.detector.config import DetectorConfig, ElectronicsConfig, ReflectionConfig
from sim.detector.electronics import FrontEnd, build_front_end, integrate, new_channels, new_hit_list
from sim.detector.hits import FIRES_SHIFT, PRIMARY_BITS, TICK_SHIFT, TUBE_SHIFT

PULSES = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 3), st.booleans(), st.integers(0, 200)), max_size=40
)
NEVER = 1 << 60


def plain_front(integration, dead, back=(), charge=NEVER, share=0.0):
    """Channels that are all alike, or whose reflections come after ``back`` ticks."""
    return FrontEnd(integration, np.full(4, dead), np.array([*back, 0, 0, 0, 0])[:4], charge, share)


def default_front(**electronics):
    config = ElectronicsConfig.model_validate(electronics)
    return build_front_end(config, ReflectionConfig(enabled=False), 1)


def words_of(pulses):
    pulses = sorted(pulses, key=lambda p: p[0])
    words = [
        (t << TICK_SHIFT) | (tube << TUBE_SHIFT) | (int(fires) << FIRES_SHIFT) | (q << PRIMARY_BITS) | 1
        for t, tube, fires, q in pulses
    ]
    return pulses, np.array(words, dtype=np.uint64)


def run(words, front, group=0, channels=None):
    hits = new_hit_list(2 * len(words) + 1)
    n = integrate(words, len(words), group, front, channels or new_channels(4), hits)
    return [tuple(int(column[i]) for column in hits[:3]) for i in range(n)]


def reference(pulses, front):
    """Channel by channel, in floats' plain words."""
    found = []
    for tube in range(4):
        hit = None  # tick, tube, charge, whether it can come back
        due = []  # reflections: tick, hit
        waiting = [p for p in pulses if p[1] == tube]
        while waiting or due:
            if due and (not waiting or due[0][0] <= waiting[0][0]):
                t, source = due.pop(0)
                fires, q, can = True, int(source[2] * front.back_share + 0.5), False
            else:
                t, _, fires, q = waiting.pop(0)
                can = True
            if hit is not None and t - hit[0] < front.dead[tube]:
                if t - hit[0] >= front.integration:
                    continue
                hit[2] += q
            elif fires:
                hit = [t, tube, q, can]
                found.append(hit)
            else:
                continue
            if hit[3] and hit[2] > front.back_charge:
                hit[3] = False
                due.append((hit[0] + front.back[tube], hit))
    return sorted(tuple(map(int, hit[:3])) for hit in found)


@given(pulses=PULSES, integration=st.integers(0, 900), extra=st.integers(0, 900))
def test_hits_are_those_of_the_reference(pulses, integration, extra):
    front = plain_front(integration, integration + extra)
    pulses, words = words_of(pulses)
    assert sorted(run(words, front)) == reference(pulses, front)


@given(
    pulses=PULSES,
    integration=st.integers(0, 900),
    extra=st.integers(0, 900),
    later=st.lists(st.integers(0, 300), min_size=4, max_size=4),
    charge=st.integers(0, 400),
    share=st.sampled_from([0.0, 0.067, 1.0]),
)
def test_hits_with_reflections_are_those_of_the_reference(pulses, integration, extra, later, charge, share):
    back = [integration + 1 + more for more in later]
    front = plain_front(integration, integration + extra, back, charge, share)
    pulses, words = words_of(pulses)
    found = run(words, front)
    assert sorted(found) == reference(pulses, front)
    assert [hit[0] for hit in found] == sorted(hit[0] for hit in found)
    assert len(found) <= 2 * len(pulses)


def test_a_large_hit_comes_again_once():
    front = build_front_end(ElectronicsConfig(), ReflectionConfig(), 1)
    pulses = [(100, 0, True, 100), (300, 0, False, 60), (400, 0, True, 33), (100, 1, True, 192)]
    _, words = words_of(pulses)
    # tube 0: 193 steps of 1/64 p.e. are more than 3 p.e.; tube 1: 192 are not
    assert run(words, front) == [(100, 0, 193), (100, 1, 192), (100 + front.back[0], 0, round(0.067 * 193))]


def test_a_reflection_meets_integration_and_dead_time_as_any_pulse():
    front = plain_front(800, 1400, (6000,), 192, 0.5)
    big = (0, 0, True, 400)
    _, words = words_of([big, (5500, 0, True, 60)])
    assert run(words, front) == [(0, 0, 400), (5500, 0, 260), (11500, 0, 130)]  # 260 are large again
    _, words = words_of([big, (4700, 0, True, 60)])
    assert run(words, front) == [(0, 0, 400), (4700, 0, 60)]
    _, words = words_of([big, (6100, 0, True, 60)])
    assert run(words, front) == [(0, 0, 400), (6000, 0, 260)]


def test_delays_of_reflections_fill_their_range():
    front = build_front_end(ElectronicsConfig(), ReflectionConfig(), 1)
    assert kstest((front.back - 6050) / 200.0, "uniform").pvalue > 1e-3
    assert front.back_charge == 192
    other = build_front_end(ElectronicsConfig(), ReflectionConfig(), 2)
    assert (front.back != other.back).mean() > 0.9
    assert set(build_front_end(ElectronicsConfig(), ReflectionConfig(spread_ns=0.0), 1).back) == {6150}


def test_dead_times_of_channels():
    assert set(default_front().dead) == {1400}
    dead = default_front(dead_spread_ns=60.0).dead
    assert kstest((dead - 800) / 600.0, "uniform").pvalue > 1e-3
    _, words = words_of([(0, 0, True, 60), (1390, 0, True, 60)])
    assert len(run(words, default_front(dead_spread_ns=60.0))) == 2
    with pytest.raises(ValidationError, match="dead_ns - dead_spread_ns = 79"):
        ElectronicsConfig(dead_spread_ns=61.0)
    with pytest.raises(ValidationError, match="the charge is not known yet"):
        DetectorConfig.model_validate({"reflection": {"delay_ns": 85.0}})


def test_one_channel_step_by_step():
    front = default_front()
    assert (front.integration, front.dead[0]) == (800, 1400)
    _, words = words_of(
        [
            (100, 0, False, 5),  # below threshold, alone: nothing
            (200, 0, True, 60),  # the hit
            (900, 0, False, 7),  # 70 ns later: added
            (999, 0, True, 50),  # 79.9 ns: added
            (1000, 0, True, 50),  # 80 ns: lost
            (1599, 0, True, 50),  # 139.9 ns: lost
            (1600, 0, True, 40),  # 140 ns: a new hit
        ]
    )
    assert run(words, front) == [(200, 0, 117), (1600, 0, 40)]


def test_groups_do_not_see_each_other():
    front = default_front()
    _, words = words_of([(10, 2, True, 64)])
    channels = new_channels(4)
    for group in range(3):
        assert run(words, front, group, channels) == [(10, 2, 64)]


def test_switched_off_every_pulse_above_threshold_is_a_hit():
    front = build_front_end(ElectronicsConfig(enabled=False), ReflectionConfig(), 1)
    _, words = words_of([(10, 0, True, 64), (10, 0, True, 640), (11, 0, False, 9), (12, 0, True, 1)])
    assert run(words, front) == [(10, 0, 64), (10, 0, 640), (12, 0, 1)]
