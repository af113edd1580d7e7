"""Limits calibrated by toys: tails against exact sums, limits against the counting experiment, coverage."""

import math
from typing import Any, get_args

import numpy as np
import pytest
from scipy.stats import poisson

from analysis.counts.counting import Counting, counting_limit
from analysis.counts.strength import Binned, prepare, strength_limit
from analysis.counts.toy_limits import METHODS, Method, _smooth_crossing, tail_probability, toy_limit
from sim.core.errors import FitError
from sim.core.rng import Stage, stream


def rng(block: int = 0) -> np.random.Generator:
    return stream(5, Stage.TOY, block)


def one_bin(n: float, b: float) -> Binned:
    return Binned(np.array([n]), np.array([1.0]), np.array([[b]]), np.array([0.0]))


def few_counts() -> Binned:
    """Return a signal in three bins almost free of background, and a sideband that measures the background."""
    backgrounds = np.array([[20.0, 1.0, 0.2, 0.1]])
    return Binned(
        np.array([22.0, 1.0, 0.0, 0.0]), np.array([0.0, 1.0, 2.0, 1.0]), backgrounds, np.array([np.inf])
    )


def _ratio(n: float, s: float, b: float) -> float:
    best = max(n, b)
    return 2.0 * (s + b - best + (n * math.log(best / (s + b)) if n > 0 else 0.0))


def test_methods_are_those_of_the_type() -> None:
    assert set(METHODS) == set(get_args(Method))


@pytest.mark.parametrize(("n", "b", "s"), [(0, 0.5, 1.5), (3, 3.0, 4.0), (8, 3.0, 9.0), (1, 2.0, 0.4)])
def test_tails_of_a_single_bin(n: int, b: float, s: float) -> None:
    """Exact sums over the counts; 20000 toys have an error below 0.0036, and CLs one of twice that."""
    k = np.arange(60)
    ratio = np.array([_ratio(float(i), s, b) for i in k])
    two_sided = float(poisson.pmf(k, s + b)[ratio >= ratio[n] - 1e-7].sum())
    found = tail_probability(prepare(one_bin(n, b)), s, "feldman-cousins", rng(), 20_000)
    assert found == pytest.approx(two_sided, abs=0.012)
    cls = poisson.cdf(n, s + b) / poisson.cdf(n, b)
    assert tail_probability(prepare(one_bin(n, b)), s, "cls", rng(), 20_000) == pytest.approx(cls, rel=0.06)


@pytest.mark.parametrize(("n", "b"), [(0, 0.0), (3, 3.0), (10, 3.0), (0, 2.0)])
def test_cls_of_a_single_bin(n: int, b: float) -> None:
    expected = counting_limit(Counting(n, b), "cls").upper
    assert toy_limit(one_bin(n, b), rng(), "cls", 4000).upper == pytest.approx(expected, rel=0.04)


def test_unified_limit_of_a_single_bin() -> None:
    """Steps of the tail are smoothed: agreement to 5 %."""
    for n, b in ((0, 0.0), (5, 1.0), (10, 3.0)):
        expected = counting_limit(Counting(n, b), "feldman-cousins").upper
        assert toy_limit(one_bin(n, b), rng(), "feldman-cousins", 4000).upper == pytest.approx(
            expected, rel=0.05
        )


@pytest.mark.parametrize("method", METHODS)
def test_few_counts_in_a_spectrum(method: Any) -> None:
    """The asymptotic limit is too strict here; that of CLs is not below the no-count limit of 2.3 / 4."""
    data = few_counts()
    found = toy_limit(data, rng(), method)
    plain = strength_limit(data, "profile")
    assert (found.best, found.q0) == (plain.best, plain.q0)
    assert found.upper > 1.5 * plain.upper
    if method == "cls":
        assert found.upper > 0.57
    assert toy_limit(data, rng(), method) == found
    assert toy_limit(data._replace(signal=10.0 * data.signal), rng(), method).upper == pytest.approx(
        found.upper / 10.0, rel=1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_coverage_of_few_counts(strength: float) -> None:
    """At least 90 % of 400 experiments (error 1.5 %), where the plain ratio falls short."""
    data, draw = few_counts(), rng(1)
    expected = data.signal * strength + data.backgrounds[0]
    limits = [
        toy_limit(
            data._replace(observed=draw.poisson(expected).astype(float)), draw, "feldman-cousins", 500
        ).upper
        for _ in range(400)
    ]
    assert np.mean(np.array(limits) >= strength) > 0.87


def test_smoothing_finds_an_exponential() -> None:
    signal = np.linspace(0.5, 5.0, 13)
    assert _smooth_crossing(signal, np.exp(-signal), 1000, 0.1) == pytest.approx(math.log(10.0), rel=1e-3)
    coarse = np.array([1.0, 2.0, 40.0])
    assert 2.0 < _smooth_crossing(coarse, np.array([0.9, 0.5, 0.0]), 1000, 0.1) < 40.0


def test_refused() -> None:
    unknown: Any = "profile"
    with pytest.raises(FitError, match="one of feldman-cousins, cls"):
        toy_limit(one_bin(1, 1.0), rng(), unknown)
    with pytest.raises(FitError, match="number of toys = 10: must be at least 100"):
        toy_limit(one_bin(1, 1.0), rng(), "cls", 10)
