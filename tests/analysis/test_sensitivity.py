"""Expected limits: exact sums against toys, toys against exact sums, laws."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import poisson

from analysis.counts.counting import METHODS as COUNTING
from analysis.counts.counting import Counting, counting_limit
from analysis.counts.sensitivity import count_probabilities, counting_sensitivity, draw_counts, sensitivity
from analysis.counts.strength import METHODS, Binned, prepare
from sim.core.errors import FitError
from sim.core.rng import Stage, stream

Floats = NDArray[np.float64]


def rng(block: int = 0) -> np.random.Generator:
    return stream(11, Stage.TOY, block)


def spectrum(scale: float = 1.0) -> Binned:
    x = np.arange(16) + 0.5
    backgrounds = scale * np.array([8.0 * np.exp(-x / 4.0), 10.0 * np.exp(-x / 1.5), np.full(16, 0.05)])
    return Binned(
        np.full(16, 7.0),
        100.0 * np.exp(-0.5 * ((x - 7.0) / 2.5) ** 2),
        backgrounds,
        np.array([0.1, np.inf, 0.5]),
    )


def test_count_probabilities() -> None:
    np.testing.assert_allclose(count_probabilities(2.5, 0.0)[:12], poisson.pmf(np.arange(12), 2.5), rtol=1e-8)
    assert count_probabilities(0.0, 0.0).tolist() == [1.0]
    wide = count_probabilities(6.0, 1.2)
    n = np.arange(wide.size)
    assert wide @ n == pytest.approx(6.0, rel=1e-5)
    assert wide @ (n - 6.0) ** 2 == pytest.approx(6.0 + 1.2**2, rel=1e-3)


@pytest.mark.parametrize("method", COUNTING)
def test_no_background(method: Any) -> None:
    only = counting_limit(Counting(0, 0.0), method).upper
    assert counting_sensitivity(0.0, 0.0, method) == pytest.approx((only,) * 6)


def test_counting_by_toys() -> None:
    draw = rng()
    background = draw.normal(2.5, 0.5, 40_000)
    counts = draw.poisson(background[background > 0.0])
    by_count = np.array(
        [counting_limit(Counting(n, 2.5, 0.5), "bayesian").upper for n in range(counts.max() + 1)]
    )
    limits = by_count[counts]
    exact = counting_sensitivity(2.5, 0.5, "bayesian")
    assert exact.mean == pytest.approx(limits.mean(), rel=0.01)  # error 0.3 %
    assert exact[:5] == pytest.approx(
        np.quantile(limits, (0.5, 0.15866, 0.84134, 0.02275, 0.97725)), rel=1e-9
    )


def test_one_bin_is_the_counting_experiment() -> None:
    data = Binned(np.array([0.0]), np.array([4.0]), np.array([[3.0]]), np.array([0.0]))
    toys = sensitivity(data, rng(), 20_000, method="bayesian")
    exact = counting_sensitivity(3.0, 0.0, "bayesian")
    assert [4.0 * q for q in toys[:5]] == pytest.approx(exact[:5], rel=1e-4)
    assert 4.0 * toys.mean == pytest.approx(exact.mean, rel=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_order_repetition_and_scaling(method: Any) -> None:
    data = spectrum()
    found = sensitivity(data, rng(), 800, method=method)
    assert found.low_95 <= found.low_68 <= found.median <= found.high_68 <= found.high_95
    assert found.low_95 < found.mean < found.high_95
    assert sensitivity(data, rng(), 800, method=method) == found
    assert sensitivity(data._replace(observed=np.zeros(16)), rng(), 800, method=method) == found
    half = sensitivity(data._replace(signal=data.signal / 2.0), rng(), 800, method=method)
    assert np.array(half) == pytest.approx(2.0 * np.array(found), rel=1e-5)
    assert sensitivity(data, rng(), 800, 0.95, method).median > found.median


def test_a_longer_exposure_sees_more() -> None:
    ten = spectrum(10.0)
    better = sensitivity(ten._replace(signal=10.0 * ten.signal), rng(), 500).median
    ratio = better / sensitivity(spectrum(), rng(), 500).median
    assert 0.1 < ratio < 0.35  # between background-free (1/10) and background-dominated (1/sqrt 10)


def test_drawn_counts_have_the_right_moments() -> None:
    prepared = prepare(spectrum(20.0))
    counts = draw_counts(prepared, prepared.templates.centre, rng(), 20_000)
    expected = prepared.templates.base + prepared.templates.centre @ prepared.templates.shapes
    np.testing.assert_allclose(counts.mean(axis=0), expected, rtol=0.03)
    total = counts.sum(axis=1)
    spread = np.sqrt(
        expected.sum()
        + np.sum([(s * t) ** 2 for s, t in zip((0.1, 0.5), prepared.templates.centre[[1, 3]], strict=True)])
    )
    assert total.std() == pytest.approx(spread, rel=0.02)


def test_refused() -> None:
    unknown: Any = "toys"
    with pytest.raises(FitError, match="number of toys = 0"):
        sensitivity(spectrum(), rng(), 0)
    with pytest.raises(FitError, match="one of profile"):
        sensitivity(spectrum(), rng(), 10, 0.9, unknown)
    with pytest.raises(FitError, match="background = -1"):
        counting_sensitivity(-1.0)
