"""Exact thinning of 14C against a brute-force stream, and against the analytic rate of pairs."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp, poisson

from sim.core.primaries import BETA_LIKE, Block, empty_primaries, join, point_deposits
from sim.core.rng import Stage, stream
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.light import DRAW
from sim.detector.model import build_detector
from sim.detector.optics import light_yield
from sim.detector.pileup import _truncated_poisson, _walk, _windows, build_carbon, generate_c14
from sim.detector.response import respond
from sim.physics.config import BackgroundsConfig
from sim.physics.quenching import visible_energies

RATE, REACH, LENGTH = 1e-6, 2e4, 2e8  # 200 decays a block, 2 % of the gaps are short
KB = 0.01098


def brute(rng, begin, end):
    times = np.sort(rng.random(rng.poisson(RATE * LENGTH)) * LENGTH)
    short = np.diff(times, prepend=-1e12, append=1e18) < REACH
    keep = short[:-1] | short[1:]
    for a, b in zip(begin, end, strict=True):
        keep |= (times >= a) & (times <= b)
    return times[keep], len(times)


@pytest.mark.parametrize("tracked", [[], [3e7, 3.001e7, 9e7, 1.5e8, 1.9999e8], list(np.arange(20) * 1e7)])
def test_the_walk_keeps_what_a_brute_force_stream_keeps(tracked):
    begin, end = _windows(np.array(tracked, dtype=float), REACH)
    n = 8000
    kept, positions, heads, gaps, totals = [], [], [], [], []
    for walker in (
        lambda rng: brute(rng, begin, end),
        lambda rng: _walk(rng, RATE, REACH, begin, end, LENGTH),
    ):
        rng = np.random.default_rng(3)
        runs = [walker(rng) for _ in range(n)]
        kept.append(np.array([len(times) for times, _ in runs]))
        totals.append(np.array([total for _, total in runs]))
        positions.append(np.concatenate([times for times, _ in runs]))
        heads.append(np.concatenate([times[np.diff(times, prepend=-1e12) >= REACH] for times, _ in runs]))
        between = np.concatenate([np.diff(times) for times, _ in runs])
        gaps.append(between[between < REACH])
    for quantity in (kept, totals):
        error = np.sqrt(sum(q.var() / n for q in quantity))
        assert abs(quantity[0].mean() - quantity[1].mean()) < 4 * error
    pairs = n * RATE * LENGTH * -np.expm1(-RATE * REACH) * (1 - 1 / (RATE * LENGTH))
    assert abs(len(gaps[1]) - pairs) < 4 * np.sqrt(pairs) + 0.003 * pairs
    assert ks_2samp(*gaps).pvalue > 1e-3
    edges = np.linspace(0, LENGTH, 21)
    table = np.array([np.histogram(p, edges)[0] for p in heads])
    assert chi2_contingency(table)[1] > 1e-3
    for a, b in zip(begin, end, strict=True):
        inside = [((p >= a) & (p <= b)).sum() for p in positions]
        assert abs(inside[0] - inside[1]) < 5 * np.sqrt(sum(inside))


def test_walk_compiled_equals_plain():
    begin, end = _windows(np.array([3e7, 9e7]), REACH)
    for seed in range(4):
        found = [
            walk(np.random.default_rng(seed), RATE, REACH, begin, end, LENGTH)
            for walk in (_walk, _walk.py_func)
        ]
        np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-12)
        assert found[0][1] == found[1][1]


def test_windows_are_merged():
    begin, end = _windows(np.array([50.0, 10.0, 15.0, 100.0]), 4.0)
    np.testing.assert_allclose(begin, [6.0, 46.0, 96.0])
    np.testing.assert_allclose(end, [19.0, 54.0, 104.0])


def test_truncated_poisson_numbers():
    mean = np.full(100_000, 41.0)
    tail = poisson.sf(54, mean)
    drawn = _truncated_poisson(np.random.default_rng(1), mean, tail, 55)
    assert drawn.min() == 55
    values = np.arange(55, 75)
    expected = poisson.pmf(values, 41.0) / tail[0] * len(mean)
    counts = np.array([(drawn == v).sum() for v in values])
    assert ((counts - expected) ** 2 / expected)[expected > 10].sum() < 60


@pytest.fixture(scope="module")
def setups():
    """Thinned and brute-force detectors and 14C, at 50 times the activity and a threshold of 60 hits."""
    backgrounds = BackgroundsConfig(c14_bq_100t=2000.0)
    found = {}
    for thinning in (True, False):
        detector = build_detector(
            DetectorConfig(), PileUpConfig(thinning=thinning, analysis_threshold_nh=60.0)
        )
        found[thinning] = (detector, build_carbon(backgrounds, KB, detector))
    return found


def gates_of(setup, seed, length_s, tracked=()):
    detector, carbon = setup
    rng = stream(seed, Stage.PILE_UP, 0)
    c14 = generate_c14(rng, carbon, detector, np.array(tracked, dtype=float), length_s * 1e9)
    response = respond(Block(seed, 0, 0, length_s), c14.primaries, c14.deposits, detector, c14.above)
    owner = np.repeat(np.arange(len(response.gates.counts)), response.gates.counts)
    lit = response.gates.hit_primary >= 0
    pairs = np.unique(np.column_stack([owner[lit], response.gates.hit_primary[lit]]), axis=0)
    return c14, {
        "hits": response.gates.counts,
        "signal": np.bincount(owner, lit, minlength=len(response.gates.counts)),
        "charge": np.bincount(owner, response.gates.hit_charge_pe, minlength=len(response.gates.counts)),
        "primaries": np.bincount(pairs[:, 0], minlength=len(response.gates.counts)),
    }


def test_gates_are_those_of_the_brute_force_stream(setups):
    runs = {
        thinning: [gates_of(setups[thinning], seed + 10 * thinning, 60.0) for seed in range(4)]
        for thinning in (True, False)
    }
    gates = {
        thinning: {name: np.concatenate([gates[name] for _, gates in made]) for name in made[0][1]}
        for thinning, made in runs.items()
    }
    n = [len(gates[thinning]["hits"]) for thinning in (True, False)]
    assert min(n) > 10_000
    assert abs(n[0] - n[1]) < 4 * np.sqrt(sum(n))
    for name in ("hits", "signal", "charge"):
        assert ks_2samp(gates[True][name], gates[False][name]).pvalue > 1e-3
    multiple = [np.bincount(np.minimum(g["primaries"], 3), minlength=4)[1:] for g in gates.values()]
    assert chi2_contingency(np.array(multiple))[1] > 1e-3
    decays = [sum(len(c14.above) + c14.skipped for c14, _ in made) for made in runs.values()]
    loud = sum((c14.above >= setups[True][1].cut).sum() for c14, _ in runs[True])
    assert abs(decays[0] - decays[1]) < 4 * np.sqrt(sum(decays)) + loud  # loud ones come on top of the walk
    assert sum(len(c14.above) for c14, _ in runs[True]) < 0.4 * sum(len(c.above) for c, _ in runs[False])


def test_the_rate_of_pairs_in_a_gate_is_the_analytic_one(setups):
    """After a bright primary the gate is open for 15 us: R x 14 us of the primaries have a partner in 14 us."""
    detector, carbon = setups[True]
    n, length_s = 30_000, 30.0
    bright = empty_primaries(n)
    bright.time_ns[:] = (np.arange(n) + 0.5) * 1e6
    deposits = point_deposits(bright, BETA_LIKE, np.full(n, 1.0))
    c14 = generate_c14(stream(1, Stage.PILE_UP, 0), carbon, detector, bright.time_ns, length_s * 1e9)
    primaries, deposits = join([(bright, deposits), (c14.primaries, c14.deposits)])
    above = np.concatenate([np.full(n, DRAW), c14.above])
    response = respond(Block(1, 0, 0, length_s), primaries, deposits, detector, above)
    gate = np.full(len(primaries.time_ns), -1)
    gate[response.groups.primary] = response.gates.primary_gate
    assert (gate[:n] >= 0).mean() > 0.985  # some fall into the dead time after the gate of a decay
    since = c14.primaries.time_ns % 1e6 - 0.5e6
    partner = (since > 0) & (since < 14_000.0) & (c14.above > 10)
    number = (c14.primaries.time_ns[partner] // 1e6).astype(int)
    late = gate[:n][number] == gate[n:][partner]  # not so if an earlier decay had opened the gate
    assert late.mean() > 0.97
    visible = (c14.above > 10).sum() / len(c14.above)
    mean = n * carbon.rate_hz * 14_000e-9 * visible
    assert partner.sum() == pytest.approx(mean, abs=5 * np.sqrt(mean) + 0.05 * mean)
    shared = np.bincount(gate[gate >= 0])
    gates_of_bright = np.unique(gate[:n][gate[:n] >= 0])
    pairs = (shared[gates_of_bright] >= 2).mean()
    # 15 us after the primary at least; before it, a decay of the last 15 us may have opened the gate
    least, most = (-np.expm1(-carbon.rate_hz * t * 1e-9) for t in (15_000 * visible, 31_000))
    assert least < pairs < most


def test_loud_decays_follow_the_law_of_the_full_stream(setups):
    detector, carbon = setups[True]
    thinned = generate_c14(np.random.default_rng(1), carbon, detector, np.zeros(0), 300e9)
    full = generate_c14(np.random.default_rng(2), setups[False][1], detector, np.zeros(0), 300e9)
    pick = [stream_.above >= carbon.cut for stream_ in (thinned, full)]
    numbers = [int(p.sum()) for p in pick]
    assert abs(numbers[0] - numbers[1]) < 4 * np.sqrt(sum(numbers))
    for column in ("energy_mev", "x_m", "z_m"):
        a, b = (getattr(s.primaries, column)[p] for s, p in zip((thinned, full), pick, strict=True))
        assert ks_2samp(a, b).pvalue > 1e-3
    assert ks_2samp(thinned.above[pick[0]], full.above[pick[1]]).pvalue > 1e-3
    mean = visible_energies("electron", full.primaries.energy_mev, KB) * light_yield(
        detector.optics, full.primaries.x_m, full.primaries.y_m, full.primaries.z_m
    )
    assert full.above.mean() == pytest.approx(mean.mean() * (1 - detector.charge.below_fraction), rel=0.01)


def test_partners_of_tracked_primaries_come_at_the_full_rate(setups):
    detector, carbon = setups[True]
    tracked = (np.arange(4000) + 0.5) * 1e6
    c14 = generate_c14(np.random.default_rng(1), carbon, detector, tracked, 4e9)
    near = np.abs(c14.primaries.time_ns[:, None] % 1e6 - 0.5e6).ravel() < detector.selection.reach_ns
    mean = carbon.rate_hz * 1e-9 * 2 * detector.selection.reach_ns * 4000
    assert near.sum() == pytest.approx(mean, abs=5 * np.sqrt(mean))
