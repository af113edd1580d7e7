"""Profiles and limits, on parabolas whose limits are known and on the Asimov set."""

import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from analysis.config import FitConfig
from analysis.fit import fit
from analysis.limits import integrated_limit, ratio_limit
from analysis.problem import Problem
from analysis.profile import Profile, best_moment, interpolate, scan_moment
from sim.core.errors import FitError


def _parabola(best: float, sigma: float, top: float = 12.0) -> Profile:
    mu = np.linspace(0.0, top, 97)
    delta = ((mu - best) / sigma) ** 2
    return Profile(mu, delta - delta.min(), np.zeros((mu.size, 1)), complete=True, n_failed=0)


@pytest.mark.parametrize(("best", "sigma"), [(0.0, 1.5), (0.0, 3.0), (4.0, 1.0)])
def test_integrated_limit_of_a_gaussian(best: float, sigma: float) -> None:
    exact = truncnorm.ppf(0.9, -best / sigma, np.inf, loc=best, scale=sigma)
    assert integrated_limit(_parabola(best, sigma, 8.0 * sigma + best), 0.9).value == pytest.approx(
        exact, rel=2e-3
    )


def test_ratio_limit_of_a_gaussian() -> None:
    limit = ratio_limit(_parabola(2.0, 1.0), 0.9)
    assert limit.value == pytest.approx(2.0 + norm.ppf(0.9), rel=1e-3)
    assert ratio_limit(_parabola(0.0, 1.0), 0.95).value == pytest.approx(norm.ppf(0.95), rel=1e-3)


def test_best_moment_of_a_gaussian() -> None:
    best, low, high = best_moment(_parabola(3.0, 0.5))
    assert (best, low, high) == pytest.approx((3.0, 2.5, 3.5), abs=0.01)


def test_a_profile_that_ends_early() -> None:
    short = _parabola(0.0, 5.0)._replace(complete=False)
    for limit in (integrated_limit, ratio_limit):
        with pytest.raises(FitError, match=r"raise fit\.profile_max"):
            limit(short, 0.9)


def test_spline_is_level_at_zero() -> None:
    profile = _parabola(0.0, 1.0)
    assert interpolate(profile, np.array([0.05]))[0] == pytest.approx(0.0025, rel=1e-3)


def test_scan_of_the_asimov_set(phase2: Problem) -> None:
    config = FitConfig(profile_step=0.5)
    likelihood = phase2.likelihood.with_constraints(phase2.gallium)
    profile = scan_moment(likelihood, fit(likelihood, phase2.start), config)
    assert profile.complete
    assert profile.n_failed == 0
    assert profile.delta[0] == pytest.approx(0.0, abs=1e-4)
    assert np.all(np.diff(profile.delta) > -1e-4)
    again = scan_moment(likelihood, fit(likelihood, phase2.start), FitConfig(profile_max=2.0))
    assert not again.complete
