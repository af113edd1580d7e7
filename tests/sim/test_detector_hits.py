"""The kernel of photoelectrons: packing, sorting, where and when they come, which words they use."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from sim.core.jit import njit
from sim.core.rng import Stage, philox_key
from sim.detector.charge import CHARGE_STEPS
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.hits import (
    CHARGE_BITS,
    FIRES_SHIFT,
    PRIMARY_BITS,
    SORT_COUNTS,
    TICK_SHIFT,
    TUBE_SHIFT,
    pack,
    sort_words,
    throw,
    throw_dark,
)
from sim.detector.model import build_detector
from sim.detector.optical.light_map import BULK, NODE_M, SLOWNESS_NS_M, angle_bins
from sim.detector.optical.map_store import packaged_map
from sim.detector.optical.tubes import relative_efficiency
from sim.detector.rays import new_workspace
from sim.detector.tail_table import TAIL_SHARE

KEY = philox_key(1, Stage.LIGHT, 0)


@njit
def _pack(tick, tube, fires, charge, primary):
    return pack(tick, tube, fires, charge, primary)


@njit
def _throw(above, below, place, kind, counter, key, optics, arrival, charge):
    n = above + below
    out = np.empty(n, np.uint64)
    x, y, z = place
    work = new_workspace(n)
    end = throw(
        above, below, 500.0, kind, x, y, z, 3, counter, key[0], key[1], optics, arrival, charge, work, out, 0
    )
    return out, end


@njit
def _dark(n, span_ns, key, live, charges):
    out = np.empty(n, np.uint64)
    throw_dark(n, span_ns, 5, key[0], key[1], live, charges, new_workspace(1), out, 0)
    return out


def fields(words):
    words = words.astype(np.uint64)
    return {
        "tick": (words >> np.uint64(TICK_SHIFT)).astype(int),
        "tube": ((words >> np.uint64(TUBE_SHIFT)) & np.uint64(4095)).astype(int),
        "fires": ((words >> np.uint64(FIRES_SHIFT)) & np.uint64(1)).astype(int),
        "charge": ((words >> np.uint64(PRIMARY_BITS)) & np.uint64(2**CHARGE_BITS - 1)).astype(int),
        "primary": (words & np.uint64(2**PRIMARY_BITS - 1)).astype(int) - 1,
    }


@pytest.fixture(scope="module")
def detector():
    return build_detector(DetectorConfig(), PileUpConfig())


def made(detector, n, place=(0.0, 0.0, 0.0), kind=0, counter=7, below=0, key=KEY):
    out, end = _throw(n, below, place, kind, counter, key, detector.optics, detector.arrival, detector.charge)
    assert end == n + below
    return fields(out)


@given(
    tick=st.integers(0, 2**30 - 1),
    tube=st.integers(0, 2211),
    fires=st.integers(0, 1),
    charge=st.integers(0, 1023),
    primary=st.integers(-1, 2046),
)
def test_packing_keeps_every_field(tick, tube, fires, charge, primary):
    found = fields(np.array([_pack(tick, tube, fires, charge, primary)], dtype=np.uint64))
    assert {name: int(v[0]) for name, v in found.items()} == {
        "tick": tick, "tube": tube, "fires": fires, "charge": charge, "primary": primary,
    }  # fmt: skip


@given(ticks=st.lists(st.integers(0, 2**30 - 1), max_size=60), shrink=st.sampled_from([0, 8, 14, 20, 29]))
def test_sorting_is_stable_and_by_tick(ticks, shrink):
    ticks = [t >> shrink for t in ticks]
    words = np.array([(t << TICK_SHIFT) | i for i, t in enumerate(ticks)], dtype=np.uint64)
    sorted_words = words.copy()
    sort_words(sorted_words, len(words), np.empty_like(words), np.empty(SORT_COUNTS, np.int64))
    order = np.argsort(np.array(ticks, dtype=np.int64), kind="stable")
    np.testing.assert_array_equal(sorted_words, words[order])


def test_sorting_compiled_equals_plain(compiled_equals_plain):
    words = np.random.default_rng(1).integers(0, 2**60, 50, dtype=np.uint64)
    compiled_equals_plain(sort_words, words, 50, np.zeros(50, np.uint64), np.zeros(SORT_COUNTS, np.int64))


def test_tubes_are_hit_in_proportion_to_the_map_and_their_efficiency(detector):
    place = np.array([1.0, -2.0, 2.0])  # 3 m from the centre, a radius of the map
    n = 400_000
    tube = made(detector, n, tuple(place))["tube"]
    assert detector.pmts.live[tube].all()
    pmts = detector.pmts
    position = np.column_stack([pmts.x_m, pmts.y_m, pmts.z_m])
    side = position @ place / np.linalg.norm(position, axis=1)
    config = DetectorConfig().optical.tubes
    efficiency = relative_efficiency(config, DetectorConfig().tubes.layout_seed, pmts) * pmts.live
    node = round(np.linalg.norm(place) / NODE_M)
    chance = packaged_map()[0].chance.sum(axis=1)[:, node]
    weight = efficiency * chance[(~pmts.concentrator).astype(int), angle_bins(side / np.linalg.norm(place))]
    order = np.argsort(side)  # sums over many tubes: cells of single tubes differ in size
    counts = [np.isin(tube, part).sum() for part in np.array_split(order, 20)]
    share = [weight[part].sum() / weight.sum() for part in np.array_split(order, 20)]
    np.testing.assert_allclose(np.array(counts) / n, share, rtol=0.03)


def test_times_are_flight_plus_arrival(detector):
    out = made(detector, 100_000)
    delay = out["tick"] / 10.0 - 500.0 - 6.559 * SLOWNESS_NS_M
    assert (delay < -8.0).sum() == 0
    off = DetectorConfig.model_validate({name: {"enabled": False} for name in ("emission", "transit")})
    travel = made(build_detector(off, PileUpConfig()), 100_000)["tick"] / 10.0 - 500.0 - 6.559 * SLOWNESS_NS_M
    # the map at the centre: one cell's delays, over all cells
    light = packaged_map()[0]
    shares = np.linspace(0.0, 1.0 - 1.0 / TAIL_SHARE, BULK + 1)
    direct = light.chance[0, 0, 0].sum() / light.chance[0, :, 0].sum()
    early = np.interp(0.2 / direct, shares, light.bulk_ns[0, 0].mean(axis=0))
    assert np.quantile(travel, 0.2) == pytest.approx(early, abs=0.3)
    assert np.median(delay) > np.median(travel) + 2.0  # emission


def test_strata_and_labels(detector):
    found = made(detector, 100, below=30)
    assert list(found["fires"]) == [1] * 100 + [0] * 30
    threshold = DetectorConfig().charge.threshold_pe * CHARGE_STEPS
    assert found["charge"][:100].min() >= threshold - 1 > found["charge"][100:].max() - 2
    assert set(made(detector, 100)["primary"]) == {3}


def test_draws_depend_on_key_and_counter_only(detector):
    def ticks(**change):
        return tuple(made(detector, 50, **change)["tick"])

    assert ticks() == ticks()
    others = {
        ticks(counter=8),
        ticks(place=(0.0, 0.0, 0.1)),
        ticks(key=philox_key(2, Stage.LIGHT, 0)),
        ticks(),
    }
    assert len(others) == 4
    # the charge of the k-th photoelectron does not depend on how many there are
    few, many = made(detector, 20), made(detector, 40)
    np.testing.assert_array_equal(few["charge"], many["charge"][:20])


def test_dark_noise_is_flat_in_time_and_over_live_tubes(detector):
    found = fields(_dark(300_000, 17_000.0, KEY, detector.live, detector.charge.above))
    assert kstest(found["tick"] / 170_000.0, "uniform").pvalue > 1e-3
    counts = np.bincount(found["tube"], minlength=2212)
    assert (counts[~detector.pmts.live] == 0).all()
    live = counts[detector.pmts.live]
    assert chi2.sf(((live - live.mean()) ** 2 / live.mean()).sum(), len(live) - 1) > 1e-3
    assert set(found["primary"]) == {-1}
