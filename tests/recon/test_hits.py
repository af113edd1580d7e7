import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import hits as module
from recon.config import ReconConfig
from recon.hits import Hits, false_hits, sort_hits


def gate(times, pmts=None):
    times = np.asarray(times, np.float32)
    pmts = np.arange(len(times)) if pmts is None else pmts
    return Hits(
        times, np.asarray(pmts, np.uint16), np.ones(len(times), np.float32), np.array([0, len(times)])
    )


FALSE = false_hits(ReconConfig())


def kept(times, pmts, charges, false, charge_live=None):
    hits = Hits(
        np.array(times, float),
        np.array(pmts, np.uint16),
        np.array(charges, np.float32),
        np.array([0, len(times)]),
    )
    found = sort_hits(hits, np.ones(4, bool), false, charge_live)
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


def test_without_a_usable_charge_any_hit_may_be_reflected():
    times, pmts, charges = [0.0, 604.0, 0.0, 615.0, 0.0, 615.0], [0, 0, 1, 1, 2, 2], [0, 0, 0, 0, 1, 1]
    found = kept(times, pmts, charges, FALSE, np.array([False, False, True, True]))
    assert [t for t, tube in found if t > 0] == [604.0, 615.0]
    assert [tube for t, tube in found if t > 0] == [0, 2]
    off = false_hits(ReconConfig(reflection_spread_ns=0.0))
    assert len(kept(times, pmts, charges, off, np.zeros(4, bool))) == 6


def test_gates_do_not_see_each_others_hits():
    times = np.array([0.0, 100.0, 615.0])
    hits = Hits(times, np.zeros(3, np.uint16), np.full(3, 4.0, np.float32), np.arange(4))
    assert len(sort_hits(hits, np.ones(1, bool), FALSE).time_ns) == 3


def test_kernel_compiled_and_plain_agree(toy, channels, compiled_equals_plain):
    few = toy.offsets[:6]
    flat = [column[: few[-1]] for column in toy[:3]]
    compiled_equals_plain(module._live_sorted, *flat, few, channels.live, FALSE, channels.charge_live)


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
