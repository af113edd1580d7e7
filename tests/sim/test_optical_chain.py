"""The optical fidelity in the chain: counts, jitter, charge, cuts, workers, cuts of a block, what is refused."""

import hashlib

import awkward as ak
import numpy as np
import pytest
from scipy.stats import kstest

from sim.core.config import card_from_values
from sim.core.geometry import build_photomultipliers
from sim.core.primaries import ALPHA_LIKE, BETA_LIKE, Block, Deposits, empty_primaries, point_deposits
from sim.core.rootio import read_tree
from sim.core.schema import EVENT_TREES
from sim.detector.charge import build_charge
from sim.detector.config import ChargeConfig, DetectorConfig, PileUpConfig, TransitConfig
from sim.detector.late_pulses import build_late_pulses
from sim.detector.light import DRAW
from sim.detector.model import build_detector
from sim.detector.optical import readout
from sim.detector.optical.model import Electrons, OpticalDetector, photon_key
from sim.detector.response import respond
from sim.pipeline import simulate

OFF = {"enabled": False}
ALL = PileUpConfig(thinning=False, analysis_threshold_nh=0.0)
BLOCK = Block(1, 0, 0, 1.0)
DARK_CHERENKOV = {"cherenkov": OFF}
LATE = build_late_pulses(TransitConfig(late_fraction=0.3))
NONE_LATE = build_late_pulses(TransitConfig(late_fraction=0.0))


def electrons(n, mev=0.5, visible=0.46, spread_m=0.0, gap_ns=1e6):
    primaries = empty_primaries(n)
    primaries.time_ns[:] = (np.arange(n) + 1.0) * gap_ns
    primaries.energy_mev[:] = mev
    primaries.dir_z[:] = 1.0
    rng = np.random.default_rng(9)
    for column in (primaries.x_m, primaries.y_m, primaries.z_m):
        column[:] = rng.uniform(-spread_m, spread_m, n)
    return primaries, point_deposits(primaries, BETA_LIKE, np.full(n, visible))


def answer(parts, pile_up=ALL, **config):
    detector = build_detector(DetectorConfig.model_validate({"fidelity": "optical", **config}), pile_up)
    return respond(BLOCK, *parts, detector)


def lit(parts, **config):
    """Track the same deposits with other random numbers, outside the chain."""
    config = DetectorConfig.model_validate(config)
    pmts = build_photomultipliers(config.tubes.live, config.tubes.charge_live, config.tubes.layout_seed)
    detector = OpticalDetector.build(config, pmts, config.optical)
    primaries, deposits = parts
    flashes = Electrons(deposits.deposited_mev, primaries.dir_x, primaries.dir_y, primaries.dir_z)
    return detector.track(photon_key(77, 3), deposits, flashes).photoelectrons


def test_number_of_photoelectrons_and_the_part_below_threshold():
    parts = electrons(800)
    light = answer(parts).light
    seen = len(lit(parts).tube) / 800
    total = light.above + light.below
    assert total.mean() == pytest.approx(seen, abs=5 * np.sqrt(2 * seen / 800))
    assert total.var() == pytest.approx(seen, rel=0.25)
    below = build_charge(ChargeConfig()).below_fraction
    n = total.sum()
    assert light.below.sum() / n == pytest.approx(below, abs=5 * np.sqrt(below * (1 - below) / n))


def test_without_electronics_and_noise_every_pulse_above_threshold_is_a_hit():
    response = answer(electrons(100), electronics=OFF, dark=OFF, afterpulses=OFF, trigger={"gate_ns": 1e5})
    np.testing.assert_array_equal(response.gates.counts, response.light.above)
    np.testing.assert_array_equal(response.gates.primary_gate, np.arange(100))


def test_hits_of_electrons_at_the_centre():
    """N_h over the expectation from tracked light: threshold and dead time by a plain loop over tubes."""
    n = 500
    parts = electrons(n)
    found = answer(parts, dark=OFF, afterpulses=OFF, reflection=OFF).gates.counts
    light = lit(parts)
    rng = np.random.default_rng(3)
    fires = rng.random(len(light.tube)) >= build_charge(ChargeConfig()).below_fraction
    order = np.lexsort((light.time_ns, light.tube, light.deposit))
    order = order[fires[order]]
    hits, channel, ready = 0, (-1, -1), 0.0
    for row in order:
        here = (light.deposit[row], light.tube[row])
        if here != channel or light.time_ns[row] >= ready:
            hits, channel, ready = hits + 1, here, light.time_ns[row] + 140.0
    assert found.mean() == pytest.approx(hits / n, abs=5 * np.sqrt(2 * hits / n / n))


def test_times_are_those_of_the_light_and_the_jitter():
    parts = electrons(300)
    light = lit(parts)
    plain, spread = (
        answer(parts, electronics=OFF, dark=OFF, afterpulses=OFF, transit=transit).gates.hit_time_ns
        for transit in (OFF, {"sigma_ns": 20.0, "late_fraction": 0.0})
    )
    for quantile in (0.02, 0.5, 0.9):
        since = np.quantile(plain, quantile) - np.quantile(plain, 0.3)
        expected = np.quantile(light.time_ns, quantile) - np.quantile(light.time_ns, 0.3)
        assert since == pytest.approx(expected, rel=0.05, abs=0.4)
    early = [np.quantile(times, 0.3) - np.quantile(times, 0.03) for times in (plain, spread)]
    assert early[1] > 5.0 * early[0]


def test_read_out_plain_and_its_moments(compiled_equals_plain):
    charges = build_charge(ChargeConfig())
    key = photon_key(5, 0)

    def room(n, rows):
        counts = np.zeros(rows, np.int64)
        known = np.zeros(rows, np.bool_)
        return (
            np.zeros(n, np.float32),
            np.zeros(n, np.uint8),
            np.zeros(n, np.int16),
            known,
            counts,
            counts.copy(),
        )

    few = np.array([0, 0, 2, 2, 2], np.int32)
    with np.errstate(over="ignore"):
        compiled_equals_plain(readout._read_out, 4, few, charges, 1.3, LATE, *key, *room(5, 3), rtol=1e-6)
    n = 100_000
    time_ns, fires, charge, known, above, below = room(n, 10)
    deposit = np.repeat(np.arange(10, dtype=np.int32), n // 10)
    readout._read_out(0, deposit, charges, 1.3, NONE_LATE, *key, time_ns, fires, charge, known, above, below)
    assert time_ns.mean() == pytest.approx(0.0, abs=5 * 1.3 / np.sqrt(n))
    assert time_ns.std() == pytest.approx(1.3, rel=0.012)
    for table, chosen in ((charges.above, fires == 1), (charges.below, fires == 0)):
        mean = np.mean((table[1:] + table[:-1]) / 2)
        assert charge[chosen].mean() == pytest.approx(
            mean, abs=5 * charge[chosen].std() / chosen.sum() ** 0.5
        )
    np.testing.assert_array_equal(above + below, n // 10)
    assert above.sum() == fires.sum()
    late_ns = room(n, 10)
    readout._read_out(0, deposit, charges, 0.0, LATE, *key, *late_ns)
    np.testing.assert_array_equal(late_ns[1], fires)  # of random numbers of its own
    delayed = late_ns[0][late_ns[0] > 0]
    assert len(delayed) / n == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / n))
    assert kstest(delayed, lambda t: np.clip(t / 50.0, 0, 1) ** 2).pvalue > 1e-3


def test_who_radiates_cherenkov_light_and_where_to():
    n = 3000
    primaries, deposits = electrons(n)
    away = np.arange(n) % 3 == 1
    alpha = np.arange(n) % 3 == 2
    deposits = deposits._replace(
        x_m=deposits.x_m + 0.1 * away, kind=np.where(alpha, ALPHA_LIKE, BETA_LIKE).astype(np.uint8)
    )
    found = readout.electrons_of(photon_key(1, 0), primaries, deposits, 0)
    np.testing.assert_array_equal(found.energy_mev, np.where(alpha, 0.0, 0.5))
    np.testing.assert_array_equal(found.dir_z[~away], 1.0)
    direction = np.column_stack(found[1:])
    np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1.0, atol=1e-5)
    lost = direction[away]
    np.testing.assert_allclose(lost.mean(axis=0), 0.0, atol=5 * np.sqrt(1 / 3 / len(lost)))
    np.testing.assert_allclose((lost**2).mean(axis=0), 1 / 3, atol=5 * 0.3 / np.sqrt(len(lost)))
    tail = readout.electrons_of(photon_key(1, 0), primaries, Deposits._make(c[7:] for c in deposits), 7)
    np.testing.assert_array_equal(np.column_stack(tail[1:]), direction[7:])


def test_cherenkov_light_is_added():
    parts = electrons(300, mev=5.0, visible=0.3)
    with_it, without = (
        np.mean(answer(parts, optical=optical).light.above) for optical in ({}, DARK_CHERENKOV)
    )
    flashes = parts[1]._replace(visible_mev=np.zeros(300))
    alone = np.mean(answer((parts[0], flashes)).light.above)
    assert alone > 10
    assert with_it - without == pytest.approx(alone, abs=5 * np.sqrt((with_it + without + alone) / 300))


def test_groups_below_the_cut_open_no_gate():
    primaries, deposits = electrons(60, spread_m=1.5)
    bright = np.arange(60) % 3 == 0
    deposits = deposits._replace(
        visible_mev=np.where(bright, 0.5, 0.09), deposited_mev=np.where(bright, 0.5, 0.09)
    )
    assert answer((primaries, deposits)).gates.opened > 30  # the trigger itself lets many of them through
    light, groups, gates = answer((primaries, deposits), PileUpConfig())
    assert (light.above[~bright] > 0).any()
    np.testing.assert_array_equal(groups.primary, np.flatnonzero(bright))
    np.testing.assert_array_equal(gates.primary_gate, np.arange(20))
    np.testing.assert_array_equal(groups.above, light.above[bright])
    assert len(gates.counts) == gates.opened == 20


def test_cutting_a_block_changes_nothing(monkeypatch):
    parts = electrons(40, spread_m=2.0)
    parts[0].time_ns[1::2] = parts[0].time_ns[::2] + 2000.0  # two primaries a group
    whole = answer(parts)
    assert len(whole.groups.origin_ns) == 20
    monkeypatch.setattr("sim.detector.gates._CHUNK", 5000)
    monkeypatch.setattr("sim.detector.optical.model._AT_ONCE", 3000)
    cut = answer(parts)
    for a, b in ((whole.light, cut.light), (whole.gates, cut.gates), (whole.groups, cut.groups)):
        for one, other in zip(a, b, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_order_of_deposits_does_not_matter():
    primaries, deposits = electrons(20, spread_m=2.0)
    back = type(primaries)._make(column[::-1] for column in primaries)
    other = answer((back, deposits._replace(**{k: getattr(back, k) for k in ("x_m", "y_m", "z_m")})))
    whole = answer((primaries, deposits))
    np.testing.assert_array_equal(other.light.above[::-1], whole.light.above)
    np.testing.assert_array_equal(other.gates.hit_time_ns, whole.gates.hit_time_ns)


def test_no_primaries_no_gates():
    response = answer(electrons(0))
    assert len(response.gates.counts) == len(response.light.above) == 0


def card(*overrides):
    run = {"live_days": 0.2, "block_hours": 1.2, "seed": 5, "sources": ["internal"]}
    values = {"run": run, "detector": {"fidelity": "optical"}}
    return card_from_values("test", values, overrides)


def content(path):
    digest = hashlib.sha256()
    for tree in EVENT_TREES:
        for name, column in sorted(read_tree(path, tree).items()):
            values = column if isinstance(column, np.ndarray) else ak.to_numpy(ak.flatten(column))
            digest.update(name.encode() + np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def test_one_and_two_workers_give_the_same_content(tmp_path):
    one, two = tmp_path / "one.root", tmp_path / "two.root"
    summary = simulate(card("pile_up.c14=false"), one, 1)
    simulate(card("pile_up.c14=false"), two, 2)
    assert summary.kept["210Po"] == summary.generated["210Po"] > 30
    assert content(one) == content(two)


def test_every_carbon_decay_can_be_tracked(tmp_path):
    """14C without thinning: all decays of the vessel shine, few reach the analysis."""
    short = card(
        "pile_up.thinning=false", "run.live_days=0.0002", "pile_up.analysis_threshold_nh=40", "run.seed=6"
    )
    summary = simulate(short, tmp_path / "events.root", 1)
    assert summary.generated["14C"] > 800
    assert 0 < summary.kept["14C"] < 0.3 * summary.generated["14C"]


def test_known_counts_are_made_and_all_others_come_out():
    parts = electrons(400, spread_m=1.0)
    detector = build_detector(DetectorConfig.model_validate({"fidelity": "optical"}), ALL)
    above = np.full(400, DRAW)
    above[::2] = 60
    response = respond(BLOCK, *parts, detector, above)
    assert (response.light.above[::2] == 60).all()
    mean = 60 * detector.charge.below_fraction / (1 - detector.charge.below_fraction)
    assert response.light.below[::2].mean() > 2 * mean  # those below threshold belong to the energy
    free = answer(parts).light
    assert response.light.above[1::2].mean() == pytest.approx(free.above.mean(), rel=0.02)
    # hits of a known number of photoelectrons come from tubes and at times like those of all others
    times = [
        response.gates.hit_time_ns[np.repeat(np.arange(400) % 2 == k, response.gates.counts)] for k in (0, 1)
    ]
    assert np.median(times[0]) == pytest.approx(np.median(times[1]), abs=2.0)


def test_carbon_is_thinned_as_in_the_fast_fidelity(tmp_path):
    changes = ("run.live_days=0.2", "pile_up.analysis_threshold_nh=60", "run.seed=6")
    kept = {
        fidelity: simulate(card(*changes, f"detector.fidelity={fidelity}"), tmp_path / fidelity, 1).kept[
            "14C"
        ]
        for fidelity in ("optical", "fast")
    }
    assert kept["fast"] > 500
    assert kept["optical"] == pytest.approx(kept["fast"], abs=4 * np.sqrt(2 * kept["fast"]))
