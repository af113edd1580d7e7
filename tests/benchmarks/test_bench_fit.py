"""The fit's speed: one fit with errors, and one evaluation against a floor of the same run.

The floor is the number of line-shape values of one evaluation, each with one exponential, one logarithm and four
stores and no physics in between: what any compiled model without a table must spend.
"""

import math
import time

import numpy as np
import pytest

from analysis.asimov import asimov_problem
from analysis.config import FitConfig
from analysis.fit import Start, fit
from analysis.parameters import INDEX, NAMES
from analysis.problem import Problem
from sim.core.config import card_from_values
from sim.core.jit import njit


@njit
def floor(x: np.ndarray, out: np.ndarray) -> None:
    for i in range(x.size):
        value = math.exp(-x[i] * math.log(x[i]))
        out[i, 0] = value
        out[i, 1] = value * x[i]
        out[i, 2] = value + x[i]
        out[i, 3] = x[i]


def seconds(run) -> float:
    run()
    best = math.inf
    for _ in range(7):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


@pytest.fixture(scope="module")
def problem() -> Problem:
    return asimov_problem(card_from_values("defaults", {}), FitConfig(), 920.85)


def test_one_evaluation(benchmark, problem: Problem) -> None:
    gradient = np.empty(len(NAMES))
    theta = problem.start.theta
    benchmark(lambda: problem.likelihood.evaluate(theta, gradient))
    n = int(problem.likelihood.model.work.length.sum())
    x, out = np.linspace(0.5, 2.0, n), np.empty((n, 4))
    ratio = seconds(lambda: problem.likelihood.evaluate(theta, gradient)) / seconds(lambda: floor(x, out))
    print(f"\nvalue and gradient, {n} line-shape values: {ratio:.2f} x the floor")
    assert ratio < 10.0


def test_one_fit_with_errors(benchmark, problem: Problem) -> None:
    rng = np.random.default_rng(3)
    toy = problem.likelihood.with_counts(rng.poisson(problem.likelihood.data.counts).astype(float))
    start = problem.start.theta.copy()
    for name, factor in {"rate_pp": 0.7, "rate_7Be": 1.1, "light_yield": 1.01, "rate_85Kr": 1.5}.items():
        start[INDEX[name]] *= factor
    result = benchmark(lambda: fit(toy, Start(start, problem.start.free)))
    assert result.valid
    whole = seconds(lambda: fit(toy, Start(start, problem.start.free)))
    one = seconds(lambda: toy.evaluate(start, np.empty(len(NAMES))))
    print(f"\none fit with errors: {1e3 * whole:.0f} ms, {whole / one:.0f} evaluations of {1e3 * one:.2f} ms")
    assert whole < 0.3
