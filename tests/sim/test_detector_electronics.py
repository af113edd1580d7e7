"""Channels against a plain reference: integration, dead time, threshold."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.detector.config import ElectronicsConfig
from sim.detector.electronics import FrontEnd, HitList, build_front_end, integrate, new_channels
from sim.detector.hits import FIRES_SHIFT, PRIMARY_BITS, TICK_SHIFT, TUBE_SHIFT

PULSES = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 3), st.booleans(), st.integers(0, 200)), max_size=40
)


def words_of(pulses):
    pulses = sorted(pulses, key=lambda p: p[0])
    words = [
        (t << TICK_SHIFT) | (tube << TUBE_SHIFT) | (int(fires) << FIRES_SHIFT) | (q << PRIMARY_BITS) | 1
        for t, tube, fires, q in pulses
    ]
    return pulses, np.array(words, dtype=np.uint64)


def run(words, front, group=0, channels=None):
    hits = HitList(*(np.zeros(max(len(words), 1), np.int64) for _ in range(4)))
    n = integrate(words, len(words), group, front, channels or new_channels(4), hits)
    return [tuple(int(column[i]) for column in hits[:3]) for i in range(n)]


def reference(pulses, front):
    """Channel by channel, in floats' plain words."""
    found = []
    for tube in range(4):
        hit = None
        for t, _, fires, q in (p for p in pulses if p[1] == tube):
            if hit is not None and t - hit[0] < front.dead:
                if t - hit[0] < front.integration:
                    hit[2] += q
            elif fires:
                hit = [t, tube, q]
                found.append(hit)
    return sorted(map(tuple, found))


@given(pulses=PULSES, integration=st.integers(0, 900), extra=st.integers(0, 900))
def test_hits_are_those_of_the_reference(pulses, integration, extra):
    front = FrontEnd(integration, integration + extra)
    pulses, words = words_of(pulses)
    assert sorted(run(words, front)) == reference(pulses, front)


def test_one_channel_step_by_step():
    front = build_front_end(ElectronicsConfig())
    assert front == (800, 1400)
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
    front = build_front_end(ElectronicsConfig())
    _, words = words_of([(10, 2, True, 64)])
    channels = new_channels(4)
    for group in range(3):
        assert run(words, front, group, channels) == [(10, 2, 64)]


def test_switched_off_every_pulse_above_threshold_is_a_hit():
    front = build_front_end(ElectronicsConfig(enabled=False))
    _, words = words_of([(10, 0, True, 64), (10, 0, True, 64), (11, 0, False, 9), (12, 0, True, 1)])
    assert run(words, front) == [(10, 0, 64), (10, 0, 64), (12, 0, 1)]
