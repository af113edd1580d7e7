import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import clusters as module
from recon.clusters import find_clusters
from recon.hits import Hits, sort_hits


def clusters_of(times, search):
    times = np.asarray(times, np.float32)
    n = len(times)
    hits = Hits(times, np.arange(n, dtype=np.uint16), np.ones(n, np.float32), np.array([0, n]))
    return find_clusters(sort_hits(hits, np.ones(3000, bool)), search)


def pulse(start, n=40, length=100.0):
    """n hits, denser at the front."""
    return start + length * (np.arange(n) / n) ** 2


def test_kernel_compiled_and_plain_agree(toy, channels, search, compiled_equals_plain):
    ordered = sort_hits(Hits(*toy[:4]), channels.live)
    few = ordered.offsets[:6]
    compiled_equals_plain(module._clusters, ordered.time_ns[: few[-1]], few, search)


def test_one_pulse_is_one_cluster_that_starts_with_it(search):
    found = clusters_of(pulse(2000.0), search)
    assert len(found.gate) == 1
    assert found.start_ns[0] == 2000.0
    assert found.last[0] - found.first[0] == 40
    assert found.duration_ns[0] == pytest.approx(search.min_duration_ns, abs=1e-3)


def test_hits_are_counted_for_the_shortest_duration_or_until_the_end_of_the_tail(search):
    late = [*pulse(2000.0), 2300.0, 2900.0, 3500.0, 3540.0]
    found = clusters_of(late, search)
    assert found.last[0] - found.first[0] == 43  # 3540 comes after 1536 ns
    short = clusters_of(late, search._replace(min_duration_ns=0.0))
    assert short.last[0] - short.first[0] == 41
    quiet = pulse(2000.0)[-1]  # 2300 is the only hit of the window after it
    assert short.duration_ns[0] == pytest.approx(quiet - 2000.0 + search.tail_ns, abs=12.0)


def test_dark_hits_do_not_keep_a_cluster_open(search):
    assert (search.quiet_hits, search.large_quiet_hits) == (2, 3)
    pair = [*pulse(2000.0), 2140.0, 2170.0, *pulse(2260.0)]
    assert len(clusters_of(pair, search).gate) == 2
    assert len(clusters_of(sorted([*pair, 2150.0]), search).gate) == 1


@pytest.mark.parametrize(("hits", "n"), [(700, 2), (900, 1)])
def test_a_large_cluster_needs_a_longer_quiet_window(search, hits, n):
    pair = [*pulse(2000.0, hits), *pulse(2280.0, 30)]  # 180 ns apart
    found = clusters_of(pair, search)
    assert len(found.gate) == n
    assert (found.last - found.first).sum() == hits + 30
    assert len(clusters_of(pair, search._replace(large_hits=1000)).gate) == 2


def test_a_pulse_too_small_hides_nothing_after_it(search):
    small = pulse(2000.0, search.min_hits - 1, 30.0)
    found = clusters_of([*small, *pulse(2500.0)], search)
    assert len(found.gate) == 1
    assert found.start_ns[0] == 2500.0


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
    assert len(found.gate) == 2


@settings(max_examples=30, deadline=None)
@given(
    times=st.lists(st.floats(0.0, 1500.0), min_size=50, max_size=400),
    tail=st.sampled_from([0.0, 100.0, 240.0]),
    shortest=st.sampled_from([0.0, 1.0, 1536.0]),
    longest=st.sampled_from([1.0, 50.0, 2000.0]),
)
def test_clusters_follow_each_other_and_have_their_hits(search, times, tail, shortest, longest):
    search = search._replace(tail_ns=tail, min_duration_ns=shortest, max_duration_ns=longest)
    found = clusters_of(sorted(times), search)
    assert (found.last - found.first >= search.min_hits).all()
    assert (found.first[1:] >= found.last[:-1]).all()
    assert (found.start_ns[1:] >= found.start_ns[:-1] + found.duration_ns[:-1]).all()
    assert (found.duration_ns <= longest).all()


def test_toy_gates_hold_one_cluster_each(toy, clusters):
    np.testing.assert_array_equal(clusters.gate, np.arange(len(toy.offsets) - 1))
