"""Counting limits: closed forms, laws, exact coverage, and independent constructions."""

import math
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaincinv
from scipy.stats import norm, poisson

from analysis.counts import unified
from analysis.counts.counting import METHODS, Counting, Method, background_nodes, counting_limit
from sim.core.errors import FitError

counts = st.integers(0, 12)
backgrounds = st.floats(0.0, 8.0)
spreads = st.sampled_from([0.0, 0.3, 1.5])


def upper(n: float, b: float, sigma: float, method: Any, cl: float = 0.9) -> float:
    return counting_limit(Counting(n, b, sigma), method, cl).upper


def test_methods_are_those_of_the_type() -> None:
    assert set(METHODS) == set(get_args(Method))


@pytest.mark.parametrize("method", ["bayesian", "cls"])
@pytest.mark.parametrize("cl", [0.68, 0.9, 0.95])
def test_without_background(method: Method, cl: float) -> None:
    assert upper(0, 0.0, 0.0, method, cl) == pytest.approx(-math.log(1.0 - cl), rel=1e-8)
    for n in (1, 2.5, 7):
        assert upper(n, 0.0, 0.0, method, cl) == pytest.approx(gammaincinv(n + 1.0, cl), rel=1e-8)


@given(b=backgrounds, sigma=spreads)
def test_no_count_gives_the_same_limit_on_any_background(b: float, sigma: float) -> None:
    assert upper(0, b, sigma, "bayesian") == pytest.approx(math.log(10.0), rel=1e-7)


@pytest.mark.parametrize(("n", "b", "sigma"), [(3, 2.0, 0.7), (0, 1.0, 1.0), (6, 1.5, 0.4), (2.5, 1.0, 0.5)])
def test_posterior_by_brute_force(n: float, b: float, sigma: float) -> None:
    def likelihood(s: float) -> float:
        return quad(
            lambda y: (s + y) ** n * math.exp(-s - y - 0.5 * ((y - b) / sigma) ** 2),
            max(0.0, b - 8 * sigma),
            b + 8 * sigma,
        )[0]

    limit = upper(n, b, sigma, "bayesian")
    below = quad(likelihood, 0.0, limit)[0]
    assert below / (below + quad(likelihood, limit, 60.0)[0]) == pytest.approx(0.9, abs=1e-5)


def test_cls_by_toys() -> None:
    n, b, sigma = 4, 3.0, 0.8
    rng = np.random.default_rng(7)
    background = rng.normal(b, sigma, 400_000)
    background = background[background >= 0.0]
    limit = upper(n, b, sigma, "cls")
    cls = np.mean(rng.poisson(background + limit) <= n) / np.mean(rng.poisson(background) <= n)
    assert cls == pytest.approx(0.1, abs=0.002)  # error 0.0006


def _brute_force(n: int, b: float, sigma: float, cl: float, step: float) -> tuple[float, float]:
    """Sort counts by rank and accept them one after the other, on a grid of signals."""
    y, weight = np.array([b]), np.ones(1)
    if sigma > 0.0:
        y = np.linspace(max(0.0, b - 5 * sigma), b + 5 * sigma, 401)
        weight = norm.pdf(y, b, sigma) / norm.pdf(y, b, sigma).sum()
    k = np.arange(60)
    signals = np.arange(0.0, 25.0, step)
    table = np.array([poisson.pmf(k[:, None], s + y) @ weight for s in signals])
    best = table.max(axis=0)
    if sigma == 0.0:
        best = poisson.pmf(k, np.maximum(k, b))
    inside = []
    for s, row in zip(signals, table, strict=True):
        order = np.argsort(-row / best)
        accepted = order[: np.searchsorted(np.cumsum(row[order]), cl) + 1]
        if n in accepted:
            inside.append(s)
    return inside[0], inside[-1]


@pytest.mark.parametrize(
    ("n", "b", "sigma"), [(5, 2.2, 0.0), (0, 1.0, 0.0), (3, 2.0, 0.6), (1, 0.5, 0.5), (9, 3.0, 1.0)]
)
def test_unified_interval_by_brute_force(n: int, b: float, sigma: float) -> None:
    step = 0.02
    lower, upper_end = unified.interval(n, *background_nodes(b, sigma), 0.9, lengthen=False)
    expected = _brute_force(n, b, sigma, 0.9, step)
    assert (lower, upper_end) == pytest.approx(expected, abs=1.05 * step)


@pytest.mark.parametrize("b", [0.0, 1.3, 3.0])
@pytest.mark.parametrize("cl", [0.68, 0.9])
def test_unified_intervals_cover(b: float, cl: float) -> None:
    """Exact: the probabilities of the counts whose interval holds the true signal, at least cl, and not idle."""
    ends = np.array([counting_limit(Counting(n, b), "feldman-cousins", cl)[:2] for n in range(30)])
    signals = np.arange(0.05, 8.0, 0.1)
    covered = np.array(
        [poisson.pmf(np.arange(30), s + b) @ ((ends[:, 0] <= s) & (s <= ends[:, 1])) for s in signals]
    )
    assert covered.min() >= cl - 1e-6
    assert covered.mean() < cl + 0.1


@given(n=counts, b=backgrounds, sigma=spreads, method=st.sampled_from(["bayesian", "cls"]))
def test_more_counts_raise_a_limit_and_more_background_never_does(
    n: int, b: float, sigma: float, method: Any
) -> None:
    here = upper(n, b, sigma, method)
    assert upper(n + 0.5, b, sigma, method) > here
    if sigma == 0.0:  # the part of a cut-off Gaussian that is left changes its shape with b
        assert upper(n, b + 0.3, sigma, method) <= here * (1.0 + 1e-7)


@settings(max_examples=25)
@given(n=st.integers(0, 8), b=st.floats(0.0, 6.0), more=st.floats(0.01, 1.0))
def test_the_same_for_unified_intervals(n: int, b: float, more: float) -> None:
    here = counting_limit(Counting(n, b), "feldman-cousins")
    above = counting_limit(Counting(n + 1, b), "feldman-cousins")
    assert above.upper > here.upper
    assert above.lower >= here.lower
    assert upper(n, b + more, 0.0, "feldman-cousins") <= here.upper + unified._LENGTHEN_STEP * 3.0


def test_weighted_counts_lie_between_their_neighbours() -> None:
    for method in METHODS:
        two, between, three = (upper(n, 1.0, 0.0, method) for n in (2, 2.25, 3))
        assert two < between < three
    two, between, three = (counting_limit(Counting(n, 0.5), "feldman-cousins") for n in (2, 2.25, 3))
    assert between.upper == pytest.approx(0.75 * two.upper + 0.25 * three.upper)
    assert between.lower == pytest.approx(0.75 * two.lower + 0.25 * three.lower)


@pytest.mark.parametrize("method", METHODS)
def test_a_small_uncertainty_changes_little(method: Method) -> None:
    assert upper(4, 2.0, 1e-4, method) == pytest.approx(upper(4, 2.0, 0.0, method), abs=1e-3)


def test_known_background_is_one_node_and_others_keep_their_mean() -> None:
    nodes, weight = background_nodes(2.0, 0.0)
    assert (nodes.tolist(), weight.tolist()) == ([2.0], [1.0])
    nodes, weight = background_nodes(5.0, 0.5)
    assert weight.sum() == pytest.approx(1.0)
    assert weight @ nodes == pytest.approx(5.0, rel=1e-6)
    assert weight @ (nodes - 5.0) ** 2 == pytest.approx(0.25, rel=1e-4)
    assert background_nodes(0.0, 1.0)[0].min() > 0.0


@pytest.mark.parametrize(
    ("counting", "method", "cl", "message"),
    [
        (Counting(-1, 1.0), "cls", 0.9, "observed = -1"),
        (Counting(1, math.nan), "cls", 0.9, "background = nan"),
        (Counting(1, 1.0, math.inf), "bayesian", 0.9, "background_sigma = inf"),
        (Counting(1, 1.0), "frequentist", 0.9, "one of feldman-cousins"),
        (Counting(1, 1.0), "cls", 1.0, "confidence level = 1.0"),
        (Counting(0, 900.0), "cls", 0.9, "too improbable"),
    ],
)
def test_refused(counting: Counting, method: Any, cl: float, message: str) -> None:
    with pytest.raises(FitError, match=message):
        counting_limit(counting, method, cl)


def test_kernels_compiled_and_plain(compiled_equals_plain: Callable[..., Any]) -> None:
    for sigma in (0.0, 0.8):
        nodes, weight = background_nodes(2.0, sigma)
        compiled_equals_plain(unified._fill, 1.5, nodes, weight, np.empty(30))
        compiled_equals_plain(unified.best_log_probability, nodes, weight, np.empty(6))
        compiled_equals_plain(unified._log_probability, 3, 0.4, nodes, weight)
