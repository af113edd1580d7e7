"""Gates: hits are accounted for, effects switch off and scale, the seed decides."""

import numpy as np
import pytest

from sim.core.errors import PhysicsError
from sim.core.primaries import ALPHA_LIKE, BETA_LIKE, Block, empty_primaries, point_deposits
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.model import build_detector
from sim.detector.response import respond

OFF = {"enabled": False}
SHARP = {"spread_hits": 0.0}
ALL = PileUpConfig(analysis_threshold_nh=0.0)


def respond_to(config, n=300, visible=0.5, kind=BETA_LIKE, seed=1, gap_ns=1e6, pile_up=ALL):
    detector = build_detector(DetectorConfig.model_validate(config), pile_up)
    rng = np.random.default_rng(9)
    primaries = empty_primaries(n)
    primaries.time_ns[:] = (np.arange(n) + 1.0) * gap_ns
    for column in (primaries.x_m, primaries.y_m, primaries.z_m):
        column[:] = rng.uniform(-1.5, 1.5, n)
    deposits = point_deposits(primaries, kind, np.full(n, visible))
    return detector, respond(Block(seed, 0, 0, 1.0), primaries, deposits, detector)


def per_gate(response, column):
    return np.split(getattr(response.gates, column), np.cumsum(response.gates.counts)[:-1])


def test_without_electronics_and_noise_every_pulse_above_threshold_is_a_hit():
    config = {"electronics": OFF, "dark": OFF, "afterpulses": OFF, "trigger": {"gate_ns": 1e5}}
    _, response = respond_to(config)
    assert len(response.gates.counts) == 300
    np.testing.assert_array_equal(response.gates.counts, response.light.above)


def test_hits_are_ordered_inside_the_gate_and_on_live_tubes():
    detector, response = respond_to({})
    for times in per_gate(response, "hit_time_ns"):
        assert (np.diff(times) >= 0).all()
        assert times[0] >= 0.0
        assert times[-1] < 16_000.0
    tubes = response.gates.hit_pmt
    assert detector.pmts.live[tubes].all()
    assert (response.gates.hit_charge_pe[~detector.pmts.charge_live[tubes]] == 0.0).all()
    assert (response.gates.hit_charge_pe[detector.pmts.charge_live[tubes]] >= 0.19).all()
    ticks = response.gates.hit_time_ns * 10.0
    np.testing.assert_allclose(ticks, np.rint(ticks), atol=0.02)


def test_the_trigger_comes_pre_ns_after_the_start_of_the_gate():
    _, response = respond_to({"trigger": SHARP})
    for times in per_gate(response, "hit_time_ns"):
        assert ((times > 1000.0 - 60.0) & (times <= 1000.05)).sum() >= 25


def test_no_two_hits_of_a_tube_within_the_dead_time():
    _, response = respond_to({}, visible=3.0, n=50)
    for times, tubes in zip(per_gate(response, "hit_time_ns"), per_gate(response, "hit_pmt"), strict=True):
        order = np.lexsort((times, tubes))
        same = np.diff(tubes[order].astype(int)) == 0
        assert np.diff(times[order])[same].min() >= 139.9


def test_dark_noise_has_its_rate_and_label():
    _, response = respond_to({"dark": {"rate_hz": 5000.0}}, n=500)
    before = [((t < 900.0) & (p == -1)).sum() for t, p in zip(
        per_gate(response, "hit_time_ns"), per_gate(response, "hit_primary"), strict=True)]  # fmt: skip
    mean = 5000.0 * 1650 * 900e-9
    assert np.mean(before) == pytest.approx(mean, abs=5 * np.sqrt(mean / 500))
    _, silent = respond_to({"dark": OFF})
    assert (silent.gates.hit_primary >= 0).all()


def test_mean_charge_and_hits_follow_the_light():
    one = respond_to({})[1].gates
    two = respond_to({"light": {"scale": 1.2}})[1].gates
    assert two.hit_charge_pe.sum() / one.hit_charge_pe.sum() == pytest.approx(1.2, rel=0.03)
    assert 1.1 < two.counts.sum() / one.counts.sum() < 1.2  # hits saturate


def test_alphas_are_later():
    late = [
        np.mean(respond_to({"dark": OFF, "afterpulses": OFF}, kind=kind)[1].gates.hit_time_ns > 1230.0)
        for kind in (BETA_LIKE, ALPHA_LIKE)
    ]
    assert late[1] > 2.0 * late[0]


def test_a_higher_threshold_loses_hits():
    low = respond_to({"dark": OFF})[1].gates.counts.sum()
    high = respond_to({"dark": OFF, "charge": {"threshold_pe": 0.5}})[1].gates.counts.sum()
    assert high < 0.97 * low


def test_dead_tubes_lose_hits_in_proportion():
    full = respond_to({"dark": OFF, "electronics": OFF})[1].gates.counts.sum()
    fewer = {"tubes": {"live": 1485, "charge_live": 1400}, "dark": OFF, "electronics": OFF}
    part = respond_to(fewer)[1].gates.counts.sum()
    assert part / full == pytest.approx(0.9, abs=0.01)


def test_a_second_decay_in_the_gate_shares_it_and_one_in_the_dead_time_is_lost():
    together = respond_to({}, n=2, gap_ns=5e3)[1]
    assert list(together.gates.primary_gate) == [0, 0]
    lost = respond_to({}, n=2, gap_ns=16.2e3)[1]
    assert lost.gates.opened == 1
    assert list(lost.gates.primary_gate) == [0, -1]
    apart = respond_to({}, n=2, gap_ns=20e3)[1]
    assert list(apart.gates.primary_gate) == [0, 1]


def test_gates_below_the_analysis_are_not_written():
    _, written = respond_to({"trigger": SHARP}, visible=0.17)
    _, kept = respond_to({"trigger": SHARP}, visible=0.17, pile_up=PileUpConfig())
    assert len(written.gates.counts) == 300
    assert 0 < len(kept.gates.counts) < 290
    most = [max(((t >= s) & (t < s + 2000)).sum() for s in t) for t in per_gate(written, "hit_time_ns")]
    # 85 of 2000 tubes are 71 of 1650; noise and times of the kept ones are other draws
    assert len(kept.gates.counts) == pytest.approx((np.array(most) >= 71).sum(), abs=12)
    longest = [max(((t >= s) & (t < s + 2000)).sum() for s in t) for t in per_gate(kept, "hit_time_ns")]
    assert min(longest) >= 71


def same_gates(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in one._fields[:-1])


@pytest.mark.parametrize(
    ("off", "zero", "on"),
    [
        ({"afterpulses": OFF}, {"afterpulses": {"fraction": 0.0}}, {}),
        ({"reflection": OFF}, {"reflection": {"min_charge_pe": 1000.0}}, {}),
        (
            {"transit": {"late_fraction": 0.0}},
            {"transit": {"late_fraction": 0.0, "late_most_ns": 9.0}},
            {"transit": {"late_fraction": 0.1}},
        ),
        ({"electronics": {"dead_spread_ns": 0.0}}, {}, {"electronics": {"dead_spread_ns": 60.0}}),
    ],
)
def test_effects_of_tubes_and_channels_switch_off(off, zero, on):
    without, nothing, with_it = (
        respond_to(config, n=100, visible=2.0)[1].gates for config in (off, zero, on)
    )
    assert same_gates(without, nothing)
    assert not same_gates(without, with_it)


def test_large_hits_come_again_on_their_channel():
    """With no other late pulses every large hit has its reflection, unless the channel was busy; small have none."""
    config = {name: OFF for name in ("dark", "afterpulses", "emission", "transit")}
    config["tubes"] = {"charge_live": 1650}
    found = {}
    for on in (True, False):
        gates = respond_to({**config, "reflection": {"enabled": on}}, n=200, visible=3.0)[1].gates
        gate = np.repeat(np.arange(len(gates.counts)), gates.counts)
        found[on] = np.column_stack(
            [gate, gates.hit_pmt, np.rint(gates.hit_time_ns * 10), gates.hit_charge_pe]
        )
    rows = {on: set(map(tuple, hits)) for on, hits in found.items()}
    assert len(rows[False] - rows[True]) <= 5  # light that comes so late meets a busy channel
    large = {row[:2]: row[2:] for row in rows[False] if row[3] > 3.0}
    again = {row[:2]: row[2:] for row in rows[True] - rows[False]}
    assert len(again) > 1000
    assert len(large.keys() ^ again.keys()) <= 5
    both = np.array([(*large[key], *again[key]) for key in large.keys() & again.keys()])
    delay = both[:, 2] - both[:, 0]
    assert 6050 <= delay.min() < 6100 < 6200 < delay.max() <= 6250
    np.testing.assert_allclose(both[:, 3], 0.067 * both[:, 1], atol=0.51 / 64)


def test_the_seed_decides():
    first, again, other = (respond_to({}, seed=s)[1].gates for s in (1, 1, 2))
    for name in first._fields[:-1]:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.counts, other.counts)


def test_chunks_change_nothing(monkeypatch):
    whole = respond_to({})[1].gates
    monkeypatch.setattr("sim.detector.gates._CHUNK", 1000)
    parts = respond_to({})[1].gates
    for name in whole._fields[:-1]:
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_too_many_primaries_in_a_group_are_refused():
    with pytest.raises(PhysicsError, match="2100 primaries follow each other"):
        respond_to({}, n=2100, gap_ns=10.0)
