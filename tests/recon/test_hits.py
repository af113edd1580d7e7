import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import hits as module
from recon.config import ReconConfig
from recon.hits import Hits, false_hits, find_clusters, sort_hits


def gate(times, pmts=None):
    times = np.asarray(times, np.float32)
    pmts = np.arange(len(times)) if pmts is None else pmts
    return Hits(
        times, np.asarray(pmts, np.uint16), np.ones(len(times), np.float32), np.array([0, len(times)])
    )


def pulse(start, n=40, length=100.0):
    """n hits, denser at the front."""
    return start + length * (np.arange(n) / n) ** 2


FALSE = false_hits(ReconConfig())


def kept(times, pmts, charges, false):
    hits = Hits(
        np.array(times, float),
        np.array(pmts, np.uint16),
        np.array(charges, np.float32),
        np.array([0, len(times)]),
    )
    found = sort_hits(hits, np.ones(4, bool), false)
    return list(zip(found.time_ns, found.pmt, strict=True))


def test_a_hit_soon_after_another_of_its_channel_is_dropped():
    times, pmts = [0.0, 179.9, 0.0, 180.0, 300.0, 359.9], [0, 0, 1, 1, 0, 1]
    # tube 0: 179.9 goes, and 300 with it: it follows a hit that was dropped; tube 1: 180 stays, 359.9 goes
    assert kept(times, pmts, np.ones(6), FALSE) == [(0.0, 0), (0.0, 1), (180.0, 1)]
    assert len(kept(times, pmts, np.ones(6), false_hits(ReconConfig(retrigger_ns=0.0)))) == 6


def test_a_hit_where_a_reflection_is_expected_is_dropped():
    times = [0.0, 604.0, 0.0, 606.0, 0.0, 615.0, 0.0, 626.0]
    pmts = [0, 0, 1, 1, 2, 2, 3, 3]
    charges = [3.1, 1, 3.1, 1, 3.0, 1, 3.1, 1]
    found = kept(times, pmts, charges, FALSE)
    assert sorted(t for t, _ in found if t > 0) == [604.0, 615.0, 626.0]
    assert len(kept(times, pmts, charges, false_hits(ReconConfig(reflection_spread_ns=0.0)))) == 8


def test_gates_do_not_see_each_others_hits():
    times = np.array([0.0, 100.0, 615.0])
    hits = Hits(times, np.zeros(3, np.uint16), np.full(3, 4.0, np.float32), np.arange(4))
    assert len(sort_hits(hits, np.ones(1, bool), FALSE).time_ns) == 3


def clusters_of(times, search, live=None):
    return find_clusters(sort_hits(gate(times), np.ones(3000, bool) if live is None else live), search)


def test_kernels_compiled_and_plain_agree(toy, channels, search, compiled_equals_plain):
    few = toy.offsets[:6]
    flat = [column[: few[-1]] for column in toy[:3]]
    ordered = compiled_equals_plain(module._live_sorted, *flat, few, channels.live, FALSE)
    compiled_equals_plain(module._clusters, ordered[0], ordered[3], search)


def test_sorting_orders_each_gate_and_drops_dead_tubes(toy, channels):
    live = channels.live.copy()
    live[::2] = False
    ordered = sort_hits(Hits(*toy[:4]), live)
    assert live[ordered.pmt].all()
    assert len(ordered.time_ns) == live[toy.pmt].sum()
    assert ordered.offsets[-1] == len(ordered.time_ns)
    for first, last in zip(ordered.offsets[:-1], ordered.offsets[1:], strict=True):
        assert (np.diff(ordered.time_ns[first:last]) >= 0).all()


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(60)))
def test_the_order_of_hits_does_not_matter(order):
    times = np.repeat(np.arange(20.0), 3)
    original = gate(times, np.arange(60) % 7)
    shuffled = Hits(*(column[list(order)] for column in original[:3]), original.offsets)
    live = np.ones(7, bool)
    for one, other in zip(sort_hits(original, live), sort_hits(shuffled, live), strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_pulse_is_one_cluster_that_starts_with_it(search):
    found = clusters_of(pulse(2000.0), search)
    assert len(found.gate) == 1
    assert found.start_ns[0] == 2000.0
    assert found.last[0] - found.first[0] == 40
    expected = pulse(2000.0)[-1] - 2000.0 + search.quiet_window_ns + search.tail_ns
    assert found.duration_ns[0] == pytest.approx(expected, abs=1e-3)


def test_a_dark_hit_before_the_pulse_does_not_start_it(search):
    found = clusters_of([1975.0, *pulse(2000.0)], search)
    assert found.start_ns[0] == 2000.0
    assert found.last[0] - found.first[0] == 40


@settings(max_examples=20, deadline=None)
@given(shift=st.integers(0, 8000))
def test_a_shift_of_all_hits_shifts_the_start(search, shift):
    here, there = clusters_of(pulse(2000.0), search), clusters_of(pulse(2000.0 + shift), search)
    assert there.start_ns[0] - here.start_ns[0] == pytest.approx(shift, abs=1e-3)
    assert there.duration_ns[0] == pytest.approx(here.duration_ns[0], abs=1e-2)
    assert there.first[0] == here.first[0]
    assert there.last[0] == here.last[0]


@pytest.mark.parametrize(("delay", "n"), [(0.0, 1), (150.0, 1), (400.0, 2), (900.0, 2), (5000.0, 2)])
def test_pulses_part_once_it_was_quiet_between_them(search, delay, n):
    found = clusters_of([*pulse(2000.0), *pulse(2000.0 + delay, 30)], search)
    assert len(found.gate) == n
    np.testing.assert_array_equal(found.in_gate, n)
    np.testing.assert_array_equal(found.number, np.arange(n))
    assert (found.last - found.first).sum() == 70
    if n == 2:
        assert found.start_ns[1] - found.start_ns[0] == delay
        assert found.start_ns[0] + found.duration_ns[0] <= found.start_ns[1]


def test_few_hits_and_dark_hits_are_no_cluster(search, toy_detector, rng):
    assert len(clusters_of(pulse(2000.0, search.min_hits - 1, 40.0), search).gate) == 0
    assert len(clusters_of([], search).gate) == 0
    dark = toy_detector.gates(rng, np.zeros((300, 3)), 0)
    found = find_clusters(sort_hits(Hits(*dark[:4]), toy_detector.tubes.live), search)
    assert len(found.gate) == 0


def test_a_cluster_is_never_longer_than_the_longest(search):
    found = clusters_of(2000.0 + 2.0 * np.arange(2000), search)
    assert found.duration_ns.max() <= search.max_duration_ns
    assert len(found.gate) == 3


def test_toy_gates_hold_one_cluster_each(toy, clusters):
    np.testing.assert_array_equal(clusters.gate, np.arange(len(toy.offsets) - 1))
