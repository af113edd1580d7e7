"""Charge of single photoelectrons: the tables follow the law, above and below the threshold."""

import numpy as np
import pytest

from sim.core.jit import njit
from sim.detector.charge import CHARGE_STEPS, build_charge, charge_distribution, charge_steps
from sim.detector.config import ChargeConfig


@njit
def _draw(words, table):
    out = np.empty(len(words), np.int64)
    for i in range(len(words)):
        out[i] = charge_steps(words[i], table)
    return out


def draw(table, n=200_000):
    rng = np.random.default_rng(3)
    steps = _draw(rng.integers(0, 2**32, n, dtype=np.uint32), table)
    return (steps + rng.uniform(-0.5, 0.5, n)) / CHARGE_STEPS


def test_twelve_percent_fall_below_the_threshold():
    assert build_charge(ChargeConfig()).below_fraction == pytest.approx(0.12, abs=0.001)  # [BX-PDF17] p_t


@pytest.mark.parametrize("side", ["above", "below"])
def test_each_side_follows_the_law(side):
    config = ChargeConfig()
    charge = build_charge(config)
    edge = charge.below_fraction

    def cdf(q):
        level = charge_distribution(config, q)
        return np.clip((level - edge) / (1 - edge) if side == "above" else level / edge, 0, 1)

    found = draw(charge.above if side == "above" else charge.below)
    steps = np.rint(found * CHARGE_STEPS)
    edges = np.arange(200)
    share = np.array([(steps <= k).mean() for k in edges])
    assert np.abs(share - cdf((edges + 0.5) / CHARGE_STEPS)).max() < 2.0 / np.sqrt(len(found))
    inside = found > config.threshold_pe - 1 / CHARGE_STEPS
    assert inside.all() if side == "above" else (found < config.threshold_pe + 1 / CHARGE_STEPS).all()


def test_a_lower_threshold_loses_less_and_none_at_zero():
    lost = [build_charge(ChargeConfig(threshold_pe=t)).below_fraction for t in (0.0, 0.1, 0.2, 0.5)]
    assert lost[0] == pytest.approx(0.0, abs=1e-9)
    assert lost == sorted(lost)


def test_switched_off_every_photoelectron_has_the_mean_charge():
    on = build_charge(ChargeConfig())
    off = build_charge(ChargeConfig(enabled=False))
    assert off.below_fraction == 0.0
    mean = on.below_fraction * draw(on.below).mean() + (1 - on.below_fraction) * draw(on.above).mean()
    assert draw(off.above).mean() == pytest.approx(mean, abs=1.0 / CHARGE_STEPS)
    assert draw(off.above).std() < 0.5 / CHARGE_STEPS
