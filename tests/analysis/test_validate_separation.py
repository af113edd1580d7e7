"""Pulse-shape separation and merging of decays: exact cases, errors as large as the scatter, paired differences."""

import numpy as np
import pytest

from analysis.study.merging import Merging, merging
from analysis.study.sample import Sample, pair_probe, standard_probes
from analysis.study.separation import kept_out, ranked, separation_pairs, separations
from sim.core.probes import PAIR_SPAN_NS

PROBES = standard_probes(3000, 2.8)


def scores(rng, n, gap, noise=0.0, common=None):
    """Scores of signal and electrons, a gap apart; with ``common``, the same events seen once more."""
    base = (rng.normal(gap, 1.0, n), rng.normal(0.0, 1.0, n)) if common is None else common
    return tuple(values + noise * rng.normal(size=n) for values in base)


def test_separate_and_equal_samples_give_the_ends_of_the_scale():
    rng = np.random.default_rng(1)
    electrons = rng.random(5000)
    assert kept_out(electrons + 2.0, electrons).value == 1.0
    assert ranked(electrons + 2.0, electrons).value == 1.0
    assert kept_out(electrons, electrons).value == pytest.approx(0.01)
    assert ranked(electrons, electrons).value == pytest.approx(0.5)
    assert ranked(np.zeros(10), np.zeros(7)).value == 0.5  # ties are shared


def test_normal_samples_give_the_known_share_and_chance():
    signal, electrons = scores(np.random.default_rng(2), 200_000, 3.0)
    assert kept_out(signal, electrons).value == pytest.approx(0.7500, abs=0.01)  # Phi(3 - 2.3263)
    assert ranked(signal, electrons).value == pytest.approx(0.98305, abs=0.001)  # Phi(3/sqrt 2)


@pytest.mark.parametrize("measure", [kept_out, ranked])
def test_errors_are_the_scatter_of_repetitions(measure):
    rng = np.random.default_rng(3)
    n, values, errors = 2500, [], []
    for _ in range(150):
        found = measure(*scores(rng, n, 3.0))
        values.append(found.value)
        errors.append(np.hypot(found.of_signal.std(), found.of_electrons.std()) / n**0.5)
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.25)


@pytest.mark.parametrize("measure", [kept_out, ranked])
@pytest.mark.parametrize("side", [0, 1])
def test_leaving_events_out_moves_the_number_as_their_influence_says(measure, side):
    rng = np.random.default_rng(7)
    both = scores(rng, 20_000, 2.0)
    found = measure(*both)
    influence = (found.of_signal, found.of_electrons)[side]
    told, happened = [], []
    for k in range(20):
        out = np.arange(20_000) % 20 == k
        out[np.argsort(both[side])[:: 40 + k]] = True
        less = [values[~out] if i == side else values for i, values in enumerate(both)]
        told.append(-influence[out].sum() / (~out).sum())
        happened.append(measure(*less).value - found.value)
    assert np.corrcoef(told, happened)[0, 1] > 0.8
    assert np.std(happened) == pytest.approx(np.std(told), rel=0.4)


def sample(signal, electrons, score="alpha_score"):
    """A sample whose alphas and electrons of as much light have these scores."""
    kind, a, b = next((k, a, b) for s, k, a, b in separation_pairs(PROBES) if s == score)
    del kind
    n = len(signal)
    empty = np.full(2 * n, np.nan)
    values = {name: empty.copy() for name in ("alpha_score", "gatti", "positron_score")}
    values[score] = np.concatenate([signal, electrons])
    yes = np.ones(2 * n, bool)
    made = Sample(np.repeat([a, b], n), empty, empty, empty, empty, yes, yes, yes, values, {}, {})
    rows = tuple(np.flatnonzero(made.probe == i) for i in range(len(PROBES)))
    return made, rows


def test_the_error_of_a_change_is_that_of_the_same_events():
    rng = np.random.default_rng(4)
    changes, errors, alone = [], [], []
    for _ in range(100):
        common = scores(rng, 2500, 3.0)
        before, rows = sample(*scores(rng, 2500, 0.0, 0.1, common))
        after, _ = sample(*scores(rng, 2500, 0.0, 0.1, (common[0] - 0.2, common[1])))
        (found,) = separations(before, after, rows, PROBES)
        assert found.n == (2500, 2500)
        changes.append(found.change)
        errors.append(found.change_error)
        alone.append(found.nominal_error)
    assert np.mean(changes) == pytest.approx(-0.064, abs=0.01)  # a fifth of a deviation at the cut
    assert np.std(changes) == pytest.approx(np.mean(errors), rel=0.3)
    assert np.mean(errors) < 0.6 * np.mean(alone) * 2**0.5  # less than with independent events


def test_no_change_is_no_change_and_events_without_a_vertex_are_left_out():
    rng = np.random.default_rng(5)
    one, rows = sample(*scores(rng, 1000, 3.0))
    (found,) = separations(one, one, rows, PROBES)
    assert (found.change, found.change_error) == (0.0, 0.0)
    lost, _ = sample(*scores(rng, 1000, 3.0))
    lost.scores["alpha_score"][:700] = np.nan
    assert separations(one, lost, rows, PROBES) == ()  # 300 alphas are too few


def test_probes_of_a_separation_shine_alike():
    chosen = {score: (PROBES[a], PROBES[b]) for score, _, a, b in separation_pairs(PROBES)}
    assert chosen["alpha_score"] == chosen["gatti"]
    assert [p.particle for p in chosen["alpha_score"]] == ["alpha", "electron"]
    assert [p.particle for p in chosen["positron_score"]] == ["positron", "electron"]
    assert not any(p.shell for pair in chosen.values() for p in pair)


def test_the_resolving_time_is_the_share_of_pairs_in_one_cluster():
    n = 4000
    rng = np.random.default_rng(6)
    delay_ns = PAIR_SPAN_NS * rng.random(n)
    one, other = (
        sample(np.zeros(n // 2), np.zeros(n // 2))[0]._replace(single=delay_ns < at) for at in (400, 440)
    )
    found = merging(one, other, np.arange(n))
    assert found.nominal_ns == pytest.approx(400.0, abs=4.0 * found.nominal_error_ns)
    assert found.nominal_error_ns == pytest.approx(PAIR_SPAN_NS * (0.2 * 0.8 / n) ** 0.5, rel=0.05)
    assert found.change_ns == pytest.approx(40.0, abs=4.0 * found.change_error_ns)
    assert found.change_error_ns < 0.5 * found.nominal_error_ns


def test_short_windows_do_not_see_how_long_clusters_are():
    found = Merging(1000, 500.0, 10.0, 50.0, 2.0)
    assert found.factor("nh") == found.factor("charge_pe") == pytest.approx(1.1)
    assert found.factor("np_230") == 1.0
    assert found._replace(change_ns=-200.0).factor("np_400") == pytest.approx(300.0 / 400.0)


def test_pairs_fill_the_sphere_of_the_other_events():
    probe = pair_probe(PROBES)
    assert (probe.particle, probe.events, probe.radius_m) == ("14C pair", 12_000, PROBES[0].radius_m)
