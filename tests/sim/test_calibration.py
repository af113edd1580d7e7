"""Calibration events: the same for every card, with laws as they should be, for any number of workers."""

import numpy as np
import pytest
from scipy.stats import kstest

from sim.calibration import build_bench, common_counts, resolved_card, shoot, simulate_probes
from sim.config import read_config
from sim.core.config import read_card
from sim.core.errors import CardError, PhysicsError
from sim.core.primaries import Block
from sim.core.probes import PAIR_SPAN_NS, Probe
from sim.core.rootio import read_tree
from sim.core.schema import EVENTS, PROCESSES, TRUTH
from sim.detector.light import draw_photoelectrons, flash_mev
from sim.detector.optics import light_yield

PROBES = (
    Probe("electron", 0.5, 3.0, False, 300),
    Probe("alpha", 5.304, 2.0, True, 300),
    Probe("positron", 0.0, 1.0, True, 300),
    Probe("gamma", 1.0, 0.0, True, 300),
)


def bench(*overrides):
    return build_bench(read_config(read_card("phase2", overrides)), PROBES)


def made(path, *overrides, workers=1):
    simulate_probes(read_card("phase2", overrides), PROBES, path, workers)
    return read_tree(path, TRUTH), read_tree(path, EVENTS)


def test_places_do_not_depend_on_the_detector_and_shells_are_shells(tmp_path):
    truth, _ = made(tmp_path / "a.root")
    other, _ = made(
        tmp_path / "b.root", "detector.tubes.live=1600", "detector.quenching.kb_beta_cm_mev=0.012"
    )
    for name in ("block", "time_ns", "x_m", "y_m", "z_m", "dir_x", "energy_mev", "deposited_mev"):
        np.testing.assert_array_equal(truth[name], other[name])
    assert set(truth["process"]) == {PROCESSES["calibration"]}
    radius = np.sqrt(truth["x_m"] ** 2 + truth["y_m"] ** 2 + truth["z_m"] ** 2)
    assert radius[truth["block"] == 0].max() < 3.0
    assert radius[truth["block"] == 0].std() > 0.3
    np.testing.assert_allclose(radius[truth["block"] == 1], 2.0, rtol=1e-6)
    np.testing.assert_allclose(radius[truth["block"] == 3], 0.0, atol=1e-9)
    beta = truth["block"] != 1
    assert np.all(other["visible_mev"][beta] < truth["visible_mev"][beta])
    np.testing.assert_array_equal(other["visible_mev"][~beta], truth["visible_mev"][~beta])


def test_pairs_of_14c_are_two_decays_up_to_a_span_apart_each_at_its_own_place():
    probe = Probe("14C pair", 0.06, 3.0, False, 4000)
    made_by = [
        shoot(probe, Block(5, 0, 0, 40.0), b.birks)
        for b in (bench(), bench("detector.quenching.kb_beta_cm_mev=0.02"))
    ]
    (primaries, deposits), (_, darker) = made_by
    np.testing.assert_array_equal(deposits.primary, np.repeat(np.arange(4000), 2))
    first, second = (np.arange(8000).reshape(-1, 2)[:, k] for k in (0, 1))
    assert not deposits.delay_ns[first].any()
    later = deposits.delay_ns[second]
    assert kstest(later / PAIR_SPAN_NS, "uniform").pvalue > 1e-3
    energy = deposits.deposited_mev
    assert 0.06 <= energy.min() < 0.061
    assert energy.max() < 0.1565
    np.testing.assert_allclose(primaries.energy_mev, energy[first] + energy[second])
    assert abs(np.corrcoef(energy[first], energy[second])[0, 1]) < 0.06
    place = np.stack([deposits.x_m, deposits.y_m, deposits.z_m])
    radius = np.linalg.norm(place, axis=0)
    for rows in (first, second):
        assert kstest((radius[rows] / 3.0) ** 3, "uniform").pvalue > 1e-3
    middle = (energy[first] * place[:, first] + energy[second] * place[:, second]) / primaries.energy_mev
    np.testing.assert_allclose(np.stack([primaries.x_m, primaries.y_m, primaries.z_m]), middle)
    np.testing.assert_array_equal(darker.delay_ns, deposits.delay_ns)
    assert np.all(darker.visible_mev < deposits.visible_mev)


def test_every_event_opens_its_own_gate(tmp_path):
    truth, events = made(tmp_path / "a.root")
    assert len(truth["event_id"]) == sum(p.events for p in PROBES)
    assert np.all(truth["event_id"] >= 0)
    assert len(np.unique(truth["event_id"])) == len(truth["event_id"]) == len(events["event_id"])


def test_workers_do_not_change_the_events(tmp_path):
    (one, hits_one), (two, hits_two) = (made(tmp_path / f"{n}.root", workers=n) for n in (1, 2))
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])
    assert hits_one["hit_time_ns"].tolist() == hits_two["hit_time_ns"].tolist()


def test_more_light_never_gives_fewer_photoelectrons():
    low, high = bench(), bench("detector.light.scale=1.01")
    block = Block(5, 0, 0, 10.0)
    _, deposits = shoot(PROBES[0]._replace(events=2000), block, low.birks)
    counts = [common_counts(np.random.default_rng(3), deposits, b.detector) for b in (low, high)]
    difference = counts[1] - counts[0]
    assert difference.min() >= 0
    # the quantiles of two Poisson laws differ by the means' difference and half a per cent of the deviation
    assert difference.std() < 0.2 * counts[0].std()


def test_numbers_of_photoelectrons_are_poissonian():
    made_by = bench()
    probe = Probe("electron", 0.3, 0.0, True, 40_000)
    _, deposits = shoot(probe, Block(5, 0, 0, 10.0), made_by.birks)
    counts = common_counts(np.random.default_rng(8), deposits, made_by.detector)
    charge, zero = made_by.detector.charge, np.zeros(1)
    shining = deposits.visible_mev[0] + flash_mev(made_by.detector, np.full(1, 0.3))[0]
    mean = shining * light_yield(made_by.detector.optics, zero, zero, zero)[0]
    mean *= 1.0 - charge.below_fraction
    assert counts.mean() == pytest.approx(mean, abs=4.0 * (mean / counts.size) ** 0.5)
    assert counts.var() == pytest.approx(mean, rel=4.0 * (2.0 / counts.size) ** 0.5)


@pytest.mark.parametrize(("particle", "energy_mev"), [("electron", 1.6), ("alpha", 5.3), ("positron", 0.5)])
def test_probes_shine_like_events_of_any_source(particle, energy_mev):
    made_by = bench()
    _, deposits = shoot(Probe(particle, energy_mev, 1.0, False, 20_000), Block(5, 0, 0, 10.0), made_by.birks)
    probe = common_counts(np.random.default_rng(8), deposits, made_by.detector).sum()
    event = draw_photoelectrons(np.random.default_rng(9), deposits, made_by.detector).above.sum()
    assert probe == pytest.approx(event, abs=5.0 * (probe + event) ** 0.5)


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        (Probe("electron", 0.0, 1.0, False, 10), "0 MeV"),
        (Probe("positron", -1.0, 1.0, False, 10), "-1 MeV"),
        (Probe("electron", 1.0, 4.25, True, 10), "4.25 m"),
        (Probe("alpha", 1.0, 0.0, True, 0), "at least one event"),
        (Probe("14C pair", 0.16, 1.0, False, 10), "less than the endpoint of 14C"),
        (Probe("muon", 1.0, 0.0, True, 10), "muon"),
    ],
)
def test_impossible_probes_are_refused(probe, words):
    with pytest.raises(PhysicsError, match=words):
        build_bench(read_config(read_card("phase2")), [probe])


def test_a_wrong_key_is_told_with_its_name():
    with pytest.raises(CardError, match=r"detector\.tubes\.lives: unknown key"):
        resolved_card(read_card("phase2", ["detector.tubes.lives=3"]))
