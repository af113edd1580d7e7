import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.config import CoincidenceConfig
from recon.muon_veto import live_fraction, muon_free

S, MS = 1_000_000_000, 1_000_000
CONFIG = CoincidenceConfig()


def muons(time_ns, inner, run=1):
    n = len(time_ns)
    return {"run": np.full(n, run), "time_ns": np.asarray(time_ns, np.int64), "inner": np.asarray(inner)}


@pytest.mark.parametrize(
    ("before_ns", "inner", "free"),
    [
        (2 * S, 1, False),
        (2 * S + 1, 1, True),
        (0, 1, False),
        (-1, 1, True),
        (2 * MS, 0, False),
        (2 * MS + 1, 0, True),
        (-1, 0, True),
    ],
)
def test_reach_of_the_vetoes(before_ns, inner, free):
    at = 10 * S
    assert muon_free(np.array([1]), np.array([at]), [muons([at - before_ns], [inner])], CONFIG) == [free]


def test_muons_of_another_run_do_not_count():
    part = muons([9 * S], [1], run=2)
    assert list(muon_free(np.array([1, 2]), np.array([10 * S, 10 * S]), [part], CONFIG)) == [True, False]


def test_a_veto_of_no_length_is_none():
    config = CoincidenceConfig(inner_veto_s=0.0, outer_veto_ms=0.0)
    part = muons([10 * S, 10 * S], [0, 1])
    assert muon_free(np.array([1]), np.array([10 * S]), [part], config).all()


def test_without_pairs_the_muons_are_not_read():
    def never():
        raise AssertionError
        yield {}

    assert len(muon_free(np.zeros(0, np.uint32), np.zeros(0, np.int64), never(), CONFIG)) == 0


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 1), st.integers(1, 2)), max_size=40),
    st.integers(1, 5),
)
def test_any_order_and_any_parts(times, some, n_parts):
    config = CoincidenceConfig(inner_veto_s=0.05, outer_veto_ms=20.0)
    time = np.array(times) * MS
    run = 1 + np.arange(len(time)) % 2
    columns = [np.array([m[k] for m in some], np.int64) for k in range(3)]
    whole = {"time_ns": columns[0] * MS, "inner": columns[1], "run": columns[2]}
    parts = [{name: column[k::n_parts] for name, column in whole.items()} for k in range(n_parts)]
    expected = [
        not any(r == of and 0 <= t // MS - m <= (50 if inner else 20) for m, inner, of in some)
        for r, t in zip(run, time, strict=True)
    ]
    assert list(muon_free(run, time, parts, config)) == expected


def test_live_fraction_of_the_expected_muons():
    runs = {
        "run": np.array([1, 1]),
        "live_time_s": np.array([86400.0, 43200.0]),
        "n_muons_inner": np.array([4310, 2155]),
        "n_muons_outer": np.array([4690, 2345]),
    }
    assert live_fraction(runs, CONFIG) == pytest.approx(0.9049, abs=1e-4)


def test_live_fraction_of_joined_runs_is_weighted_by_their_time():
    runs = {
        "run": np.array([1, 2]),
        "live_time_s": np.array([100.0, 300.0]),
        "n_muons_inner": np.array([50, 0]),
        "n_muons_outer": np.array([0, 0]),
    }
    assert live_fraction(runs, CONFIG) == pytest.approx((100.0 * np.exp(-1.0) + 300.0) / 400.0)
    assert live_fraction({name: column[:0] for name, column in runs.items()}, CONFIG) == 1.0


def test_the_fraction_is_what_random_muons_leave(rng):
    live_s, n_inner, n_outer = 50_000.0, 2500, 4000
    at = rng.uniform(0, live_s * 1e9, n_inner + n_outer).astype(np.int64)
    inner = np.arange(len(at)) < n_inner
    time = rng.uniform(5e9, live_s * 1e9, 40_000).astype(np.int64)
    free = muon_free(np.ones(len(time)), time, [muons(at, inner)], CONFIG)
    runs = {
        "run": np.array([1]),
        "live_time_s": np.array([live_s]),
        "n_muons_inner": np.array([n_inner]),
        "n_muons_outer": np.array([n_outer]),
    }
    # the gaps between 2500 muons vary: 0.0018 of the live time; the sample adds 0.0015
    assert free.mean() == pytest.approx(live_fraction(runs, CONFIG), abs=4.0 * 0.0023)
