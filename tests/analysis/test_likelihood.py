"""Poisson chi2, penalties, gradient and information."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.likelihood import build_likelihood, poisson_chi2
from analysis.parameters import INDEX, MU_SQUARED, NAMES
from analysis.problem import Problem
from analysis.pulls import parameter_pull


@given(
    counts=st.lists(st.integers(0, 500), min_size=1, max_size=30),
    factor=st.floats(0.2, 5.0),
)
def test_chi2_is_twice_the_log_likelihood_ratio(counts: list[int], factor: float) -> None:
    n = np.array(counts, dtype=float)
    expected = factor * (n + 1.0)
    slope = np.empty(n.size)
    found = poisson_chi2(n, expected, slope)
    exact = 2.0 * (stats.poisson.logpmf(n, np.maximum(n, 1e-300)) - stats.poisson.logpmf(n, expected)).sum()
    assert found == pytest.approx(exact, rel=1e-9, abs=1e-7)
    assert found >= 0.0


def test_kernel_compiled_and_plain(compiled_equals_plain) -> None:
    compiled_equals_plain(poisson_chi2, np.array([0.0, 3.0, 7.0]), np.array([0.5, 0.0, 6.0]), np.empty(3))


@pytest.mark.parametrize("seed", [1, 2])
def test_gradient_of_the_whole(phase2: Problem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = phase2.likelihood.model
    toy = phase2.likelihood.with_counts(rng.poisson(phase2.likelihood.data.counts).astype(float))
    toy = toy.with_constraints(phase2.gallium, parameter_pull("rate_85Kr", 5.0, 2.0))
    theta = phase2.start.theta * (1.0 + 0.01 * rng.normal(size=len(NAMES)))
    theta[MU_SQUARED] = 4.0
    found, other = np.empty(len(NAMES)), np.empty(len(NAMES))
    toy.evaluate(theta, found)
    for i, name in enumerate(NAMES):
        step = 1e-6 * max(abs(theta[i]), 0.1)
        high, low = theta.copy(), theta.copy()
        high[i] += step
        low[i] -= step
        numeric = (toy.evaluate(high, other) - toy.evaluate(low, other)) / (2.0 * step)
        assert found[i] == pytest.approx(numeric, rel=1e-4, abs=2e-5 * abs(found).max() * step), name
    assert model.n_bins == 859


def test_information_is_the_mean_curvature(phase2: Problem) -> None:
    """At the truth of an Asimov set the expected second derivatives are the exact ones."""
    theta = phase2.start.theta
    information = phase2.likelihood.information(theta)
    low, high = np.empty(len(NAMES)), np.empty(len(NAMES))
    for name in ("rate_7Be", "light_yield", "po210_width", "rate_14C"):
        i = INDEX[name]
        step = 1e-5 * theta[i]
        plus, minus = theta.copy(), theta.copy()
        plus[i] += step
        minus[i] -= step
        phase2.likelihood.evaluate(plus, high)
        phase2.likelihood.evaluate(minus, low)
        numeric = (high - low) / (2.0 * step)
        np.testing.assert_allclose(information[i, i], numeric[i], rtol=1e-4)


def test_joining_bins(phase2: Problem) -> None:
    unit = np.arange(float(phase2.likelihood.model.bins.n_unit))
    likelihood = build_likelihood(phase2.likelihood.model, unit, ())
    assert likelihood.data.counts.sum() == unit.sum()
    with pytest.raises(ValueError, match="bins of data"):
        build_likelihood(phase2.likelihood.model, unit[:-1], ())
