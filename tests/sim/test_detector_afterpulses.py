"""Afterpulses: number, delay, charge, link, what makes none, and the cut that leaves room for them."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import kstest

from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE, Block, empty_primaries, point_deposits
from sim.core.rng import Stage, philox_key
from sim.detector.afterpulses import add_afterpulses, afterpulse_share, build_afterpulses, false_hits
from sim.detector.charge import build_charge
from sim.detector.config import AfterpulseConfig, ChargeConfig, DetectorConfig, PileUpConfig
from sim.detector.hits import CHARGE_BITS, FIRES_SHIFT, PRIMARY_BITS, TICK_SHIFT, TUBE_SHIFT
from sim.detector.model import build_detector, select
from sim.detector.response import respond

KEY = philox_key(1, Stage.ELECTRONICS, 0)
CHARGES = build_charge(ChargeConfig()).above
OFF = {"enabled": False}
ALL = PileUpConfig(analysis_threshold_nh=0.0)


@njit
def _appended(words, deposits, key, table, charges):
    """Return words and afterpulses of deposits that all have the same words: number, rows."""
    n = len(words)
    out = np.empty((deposits, 2 * n), np.uint64)
    count = np.empty(deposits, np.int64)
    for d in range(deposits):
        out[d, :n] = words
        count[d] = add_afterpulses(out[d], 0, n, d, key, table, charges) - n
    return out, count


def a_word(tick, tube, fires, primary):
    return (
        (tick << TICK_SHIFT) | (tube << TUBE_SHIFT) | (fires << FIRES_SHIFT) | (64 << PRIMARY_BITS) | primary
    )


def added(words, deposits=1000, key=KEY, **config):
    words = np.array(words, dtype=np.uint64)
    out, count = _appended(
        words, deposits, key, build_afterpulses(AfterpulseConfig.model_validate(config)), CHARGES
    )
    np.testing.assert_array_equal(out[:, : len(words)], np.tile(words, (deposits, 1)))
    return [row[len(words) : len(words) + k] for row, k in zip(out, count, strict=True)]


def fields(words):
    words = np.concatenate(words)
    return {
        "tick": (words >> np.uint64(TICK_SHIFT)).astype(np.int64),
        "tube": ((words >> np.uint64(TUBE_SHIFT)) & np.uint64(4095)).astype(int),
        "fires": ((words >> np.uint64(FIRES_SHIFT)) & np.uint64(1)).astype(int),
        "charge": ((words >> np.uint64(PRIMARY_BITS)) & np.uint64(2**CHARGE_BITS - 1)).astype(int),
        "primary": (words & np.uint64(2**PRIMARY_BITS - 1)).astype(int),
    }


WORDS = [a_word(10_000, tube, 1, 1 + tube) for tube in range(200)]


@pytest.mark.parametrize("fraction", [0.001, 0.025, 0.5])
def test_every_photoelectron_has_one_with_the_same_chance(fraction):
    n = 4000
    found = added(WORDS, n, fraction=fraction)
    number = np.array([len(words) for words in found])
    mean, variance = 200 * fraction, 200 * fraction * (1 - fraction)
    assert number.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / n))
    if fraction > 0.01:
        assert number.var() == pytest.approx(variance, rel=0.15)
        per_tube = np.bincount(fields(found)["tube"], minlength=200)
        chi2 = ((per_tube - n * fraction) ** 2 / (n * fraction * (1 - fraction))).sum()
        assert chi2 < 200 + 5 * np.sqrt(400)


def test_delay_charge_and_link():
    found = fields(added(WORDS, 4000))
    delay_ns = (found["tick"] - 10_000) / 10.0
    assert delay_ns.min() >= 500.0
    assert delay_ns.max() <= 10_000.0
    assert kstest(np.log(delay_ns / 500.0) / np.log(20.0), "uniform").pvalue > 1e-3
    assert (found["primary"] == 1 + found["tube"]).all()
    assert (found["fires"] == 1).all()
    mean = np.mean((CHARGES[1:] + CHARGES[:-1]) / 2)
    n = len(delay_ns)
    assert found["charge"].mean() == pytest.approx(mean, abs=5 * found["charge"].std() / np.sqrt(n))


def test_what_makes_none():
    assert not any(map(len, added([a_word(10, t, 0, 1) for t in range(200)], fraction=0.5)))
    assert not any(map(len, added(WORDS, fraction=0.0)))
    assert not any(map(len, added(WORDS, enabled=False)))
    assert not any(map(len, added([])))
    mixed = added([a_word(10, t, t % 2, 1) for t in range(200)], 2000, fraction=0.1)
    assert (fields(mixed)["tube"] % 2 == 1).all()
    assert np.mean([len(words) for words in mixed]) == pytest.approx(10.0, abs=5 * np.sqrt(9.0 / 2000))


def test_they_depend_on_key_and_deposit_only():
    first, again, other = (added(WORDS, 50, key) for key in (KEY, KEY, philox_key(2, Stage.ELECTRONICS, 0)))
    assert all(map(np.array_equal, first, again))
    assert not all(map(np.array_equal, first, other))
    assert not all(map(np.array_equal, first[:-1], first[1:]))
    # those of the first photoelectrons do not depend on how many follow
    few = added(WORDS[:100], 50)
    assert all(np.array_equal(a, b[: len(a)]) for a, b in zip(few, first, strict=True))


def test_kernel_compiled_equals_plain(compiled_equals_plain):
    table = build_afterpulses(AfterpulseConfig(fraction=0.2))
    words = np.array(WORDS[:20] + [0] * 20, dtype=np.uint64)
    with np.errstate(over="ignore"):
        compiled_equals_plain(add_afterpulses, words, 0, 20, 3, KEY, table, CHARGES)


def test_share_within_a_window():
    config = AfterpulseConfig()
    assert [afterpulse_share(config, t) for t in (100.0, 500.0, 10_000.0, 2e4)] == [0.0, 0.0, 1.0, 1.0]
    assert afterpulse_share(config, np.sqrt(500.0 * 10_000.0)) == pytest.approx(0.5)
    with pytest.raises(ValidationError, match="is not before last_ns"):
        AfterpulseConfig(first_ns=2000.0, last_ns=1000.0)


def flashes(n, gap_ns=1e6):
    primaries = empty_primaries(n)
    primaries.time_ns[:] = (np.arange(n) + 1.0) * gap_ns
    return primaries, point_deposits(primaries, BETA_LIKE, np.full(n, 0.1))


def test_hits_in_the_gate():
    """Without dead time each gate has its photoelectrons and their afterpulses; all belong to the primary."""
    config = {"electronics": OFF, "dark": OFF, "afterpulses": {"fraction": 0.1}}
    detector = build_detector(DetectorConfig.model_validate(config), ALL)
    n = 2000
    response = respond(Block(1, 0, 0, 10.0), *flashes(n), detector, np.full(n, 100))
    gates = response.gates
    assert len(gates.counts) == n
    assert (gates.hit_primary == 0).all()
    late = gates.hit_time_ns > 9000.0  # light is over, afterpulses come to 11 000 ns
    share = 1.0 - afterpulse_share(AfterpulseConfig(), 8000.0)
    assert late.sum() / n == pytest.approx(10.0 * share, rel=0.05)
    assert gates.counts.mean() == pytest.approx(110.0, abs=5 * 3.0 / np.sqrt(n) + 0.05)
    assert (gates.counts >= 99).all()


def test_a_dropped_gate_would_reach_the_cut_no_more_often_than_allowed():
    """The brightest events that are dropped, with many afterpulses and reflections of single photoelectrons."""
    config = DetectorConfig.model_validate(
        {"afterpulses": {"fraction": 0.3}, "reflection": {"min_charge_pe": 1.5}, "trigger": {"min_hits": 20}}
    )
    pile_up = PileUpConfig(missed_fraction=0.01)
    cut = select(config, pile_up)
    assert 20 < cut.min_photoelectrons < cut.min_hits - 20
    detector = build_detector(config, pile_up)
    detector = detector._replace(selection=cut._replace(min_photoelectrons=0))
    n = 20_000
    above = np.full(n, cut.min_photoelectrons - 1)
    kept = len(respond(Block(1, 0, 0, 100.0), *flashes(n), detector, above).gates.counts)
    assert kept <= 0.01 * n + 5 * np.sqrt(0.01 * n)
    brighter = np.full(n, cut.min_hits)
    assert len(respond(Block(1, 0, 0, 100.0), *flashes(n), detector, brighter).gates.counts) > 0.5 * n


def test_false_hits_of_a_photoelectron():
    def mean(window_ns=2000.0, **config):
        return false_hits(DetectorConfig.model_validate(config), window_ns)

    share = np.log(4.0) / np.log(20.0)
    assert mean() == pytest.approx(0.025 * share, abs=1e-6)
    assert mean(afterpulses=OFF, reflection=OFF) == 0.0
    assert mean(afterpulses=OFF, reflection={"min_charge_pe": 0.0}) == 1.0
    assert mean(afterpulses=OFF, reflection={"min_charge_pe": 0.0}, electronics=OFF) == 0.0
    few = mean(afterpulses=OFF, reflection={"min_charge_pe": 1.277})  # above the peak of 1.077 with 0.2 below
    assert few == pytest.approx(0.5 * 0.866 / 0.88, abs=0.01)


def test_primaries_in_reach_of_afterpulses_share_a_group():
    far = DetectorConfig.model_validate({"afterpulses": {"last_ns": 50_000.0}})
    plain = select(DetectorConfig(), ALL).reach_ns
    assert plain == 16_000.0 + 2000.0 + 1000.0 + 6000.0
    assert select(far, ALL).reach_ns == plain + 32_000.0
