"""Limits on a signal's strength: the minimum is certified, known cases, laws, coverage."""

import math
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import gammaincinv
from scipy.stats import norm

from analysis.counts import crossing, scales, upper_ends
from analysis.counts.counting import Counting, counting_limit
from analysis.counts.sensitivity import draw_counts, toy_upper_limits
from analysis.counts.strength import METHODS, Binned, Method, prepare, strength_limit
from sim.core.errors import FitError
from sim.core.rng import Stage, stream

Floats = NDArray[np.float64]


def one_bin(n: float, b: float = 0.0, sigma: float = 0.0, per_strength: float = 1.0) -> Binned:
    return Binned(np.array([n]), np.array([per_strength]), np.array([[b]]), np.array([sigma]))


def spectrum(scale: float = 1.0, sigma: tuple[float, ...] = (0.05, np.inf, 0.5, 0.0)) -> Binned:
    """Return a hump on falling backgrounds, with the expected counts observed."""
    x = np.arange(20) + 0.5
    signal = np.exp(-0.5 * ((x - 9.0) / 3.0) ** 2)
    backgrounds = scale * np.array(
        [
            20.0 * np.exp(-x / 4.0),
            30.0 * np.exp(-x / 1.5),
            np.full(20, 0.4),
            0.3 * np.exp(-0.5 * (x - 5.0) ** 2),
        ]
    )
    return Binned(backgrounds.sum(axis=0), signal, backgrounds, np.array(sigma))


def random_problem(seed: int) -> Binned:
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 25)), int(rng.integers(0, 7))
    signal = rng.gamma(0.5, 1.0, n) * (rng.random(n) < 0.8) * rng.choice([0.1, 1.0, 100.0])
    signal[0] += 0.1
    backgrounds = rng.gamma(0.3, 1.0, (k, n)) * rng.choice([0.01, 0.1, 1.0, 50.0], size=(k, 1))
    backgrounds *= rng.random((k, n)) < 0.8
    if k > 2 and rng.random() < 0.3:
        backgrounds[1] = 2.0 * backgrounds[0]  # cannot be told apart
    sigma = rng.choice([0.0, 0.05, 0.3, 1.0, np.inf], size=k)
    counts = rng.poisson(backgrounds.sum(axis=0) + signal * rng.choice([0.0, 0.1, 1.0]))
    return Binned(counts.astype(float), signal, backgrounds, sigma)


def test_methods_are_those_of_the_type() -> None:
    assert set(METHODS) == set(get_args(Method))


@settings(max_examples=300)
@given(seed=st.integers(0, 10**6), hold=st.sampled_from([None, 0.0, 0.7, 12.0]))
@example(seed=21911, hold=None)  # one bin, scales that cannot be told apart, one of them 3e-15
def test_the_minimum_is_certified(seed: int, hold: float | None) -> None:
    """-2 ln L is convex: slopes that are 0, or >= 0 at the bound, prove the minimum (written out in NumPy here)."""
    counts, t = prepare(random_problem(seed))[:2]
    x = crossing.start_scales(counts, t)
    if hold is not None:
        x[0] = hold
    value, _ = scales.best_scales(counts, t, hold is not None, x)
    assert math.isfinite(value)
    assert np.all(x >= 0.0)
    expected = np.maximum(t.base + x @ t.shapes, 1e-9)
    slope = 2.0 * t.shapes @ (1.0 - counts / expected) + 2.0 * t.curvature * (x - t.centre)
    second = 2.0 * (t.shapes**2) @ (counts / expected**2) + 2.0 * t.curvature
    first = 0 if hold is None else 1
    inside = (x > 0.0) & (np.arange(x.size) >= first)
    left = 1e-7 + 2e-11 * value  # of -2 ln L, as the minimisation stops; each slope^2 / second is below it
    assert np.all(slope[inside] ** 2 <= left * (second[inside] + 1e-7))
    assert np.all(slope[first:] >= -1e-3 * np.sqrt(second[first:] + 1e-9))


@pytest.mark.parametrize("cl", [0.68, 0.9, 0.95])
def test_no_count(cl: float) -> None:
    """-2 ln L = 2 s: every limit is known in closed form."""
    for b in (0.0, 3.0):
        data = one_bin(0.0, b)
        assert strength_limit(data, "bayesian", cl).upper == pytest.approx(-math.log(1.0 - cl), rel=1e-5)
        assert strength_limit(data, "profile", cl).upper == pytest.approx(norm.ppf(cl) ** 2 / 2.0, rel=1e-6)
    asymptotic = norm.ppf(1.0 - (1.0 - cl) / 2.0) ** 2 / 2.0  # p_s = 1 - Phi(sqrt(2 s)), p_b = 1/2
    assert strength_limit(one_bin(0.0), "cls", cl).upper == pytest.approx(asymptotic, rel=1e-6)


@given(n=st.integers(0, 40), b=st.floats(0.0, 20.0))
def test_a_single_bin_is_a_counting_experiment(n: int, b: float) -> None:
    expected = counting_limit(Counting(n, b), "bayesian").upper
    assert strength_limit(one_bin(n, b), "bayesian").upper == pytest.approx(expected, rel=1e-4)
    assert strength_limit(one_bin(n, b, 0.0, 5.0), "bayesian").upper == pytest.approx(
        expected / 5.0, rel=1e-4
    )


def test_counts_of_the_signal_alone() -> None:
    found = strength_limit(one_bin(4.0), "bayesian")
    assert found.best == pytest.approx(4.0, rel=1e-6)
    assert found.upper == pytest.approx(gammaincinv(5.0, 0.9), rel=1e-5)
    for end in (found.lower_68, found.upper_68):
        assert 2.0 * (end - 4.0 + 4.0 * math.log(4.0 / end)) == pytest.approx(1.0, rel=1e-6)


def test_significance_of_an_on_off_measurement() -> None:
    """A free background measured in a second bin, ten times the size: eq. 17 of Li and Ma [LIMA83]."""
    on, off, alpha = 12.0, 50.0, 0.1
    data = Binned(np.array([on, off]), np.array([1.0, 0.0]), np.array([[alpha, 1.0]]), np.array([np.inf]))
    found = strength_limit(data, "profile")
    total = on + off
    expected = 2.0 * (
        on * math.log((1 + alpha) / alpha * on / total) + off * math.log((1 + alpha) * off / total)
    )
    assert found.best == pytest.approx(on - alpha * off, rel=1e-6)
    assert found.q0 == pytest.approx(expected, rel=1e-8)
    assert found.p_zero == pytest.approx(norm.sf(math.sqrt(expected)), rel=1e-6)


def test_many_counts_are_gaussian() -> None:
    """Variance of the signal: counts plus that of the background; 1e6 counts make it parabolic to 0.1 %."""
    n, b, relative = 1.01e6, 1.0e6, 0.002
    sigma = math.sqrt(n + (relative * b) ** 2)
    found = strength_limit(one_bin(n, b, relative), "profile")
    assert found.best == pytest.approx(1e4, rel=1e-6)
    assert (found.lower_68, found.upper_68) == pytest.approx((1e4 - sigma, 1e4 + sigma), abs=2e-3 * sigma)
    assert found.upper == pytest.approx(1e4 + norm.ppf(0.9) * sigma, abs=2e-3 * sigma)
    assert strength_limit(one_bin(n, b, relative), "cls").upper == pytest.approx(
        found.upper, abs=0.02 * sigma
    )


@pytest.mark.parametrize("method", METHODS)
def test_scaling_with_signal_and_exposure(method: Method) -> None:
    data = spectrum(1e4)
    reference = strength_limit(data, method)
    stronger = strength_limit(data._replace(signal=2000.0 * data.signal), method)
    assert stronger.upper == pytest.approx(reference.upper / 2000.0, rel=1e-6)
    longer = spectrum(1e6, sigma=(np.inf, np.inf, np.inf, 0.0))
    shorter = spectrum(1e4, sigma=(np.inf, np.inf, np.inf, 0.0))
    ratio = strength_limit(longer, method).upper / strength_limit(shorter, method).upper
    assert ratio == pytest.approx(10.0, rel=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_more_background_uncertainty_weakens_a_limit(method: Method) -> None:
    limits = [strength_limit(one_bin(100.0, 100.0, s), method).upper for s in (0.0, 0.05, 0.2, 0.5)]
    assert np.all(np.diff(limits) > 0.0)


@pytest.mark.parametrize("method", METHODS)
def test_more_counts_raise_the_limit(method: Method) -> None:
    limits = [strength_limit(one_bin(n, 5.0, 0.2), method).upper for n in range(3, 30)]
    assert np.all(np.diff(limits) > 0.0)


def test_a_fixed_background_and_a_row_of_zeros() -> None:
    data = spectrum()
    padded = data._replace(
        backgrounds=np.vstack([data.backgrounds, np.zeros(20)]), sigma=np.append(data.sigma, np.inf)
    )
    assert strength_limit(padded, "bayesian") == strength_limit(data, "bayesian")
    tight = spectrum(sigma=(1e-6, np.inf, 0.5, 1e-6))
    fixed = spectrum(sigma=(0.0, np.inf, 0.5, 0.0))
    assert strength_limit(tight, "profile").upper == pytest.approx(
        strength_limit(fixed, "profile").upper, rel=1e-4
    )


def test_counts_only_the_signal_explains() -> None:
    """Two counts where no background is: no signal is excluded far beyond any doubt, the limit is that of two."""
    data = Binned(np.array([5.0, 2.0]), np.array([0.0, 1.0]), np.array([[5.0, 0.0]]), np.array([0.1]))
    found = strength_limit(data, "bayesian")
    assert found.upper == pytest.approx(gammaincinv(3.0, 0.9), rel=1e-4)
    assert found.p_zero < 1e-8


@pytest.mark.parametrize("strength", [0.0, 40.0])
def test_coverage_for_many_counts(strength: float) -> None:
    """2000 toys of 1000 background counts: 90 % within 2.5 %, and never too few at s = 0."""
    prepared = prepare(spectrum(8.0, sigma=(0.05, 0.1, 0.2, 0.0)))
    assert prepared.templates.centre.sum() > 800.0
    signal = strength / prepared.unit
    rng = stream(3, Stage.TOY, 0)
    expected = np.concatenate([[signal], prepared.templates.centre[1:]])
    counts = draw_counts(prepared, expected, rng, 2000)
    for method in METHODS:
        covered = float(np.mean(toy_upper_limits(prepared, counts, method, 0.9) >= strength))  # type: ignore[arg-type]
        if strength == 0.0:
            assert covered == 1.0
        else:
            assert covered == pytest.approx(0.9, abs=0.025) or (method != "profile" and covered > 0.9)


def test_no_count_shows_what_the_profile_limit_lacks() -> None:
    """The documented flaw, as a fact: at s = 1.5 without background the ratio's limit holds s in 1 - exp(-1.5)."""
    covered = [strength_limit(one_bin(float(n)), "profile").upper >= 1.5 for n in range(12)]
    assert covered[0] is False
    assert all(covered[1:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observed": np.array([-1.0] + [0.0] * 19)}, r"observed\[0\] = -1"),
        ({"observed": np.zeros(5)}, r"signal has shape \(20,\), expected \(5,\)"),
        ({"signal": np.zeros(20)}, "expects no counts"),
        ({"sigma": np.array([0.1, np.nan, 0.1, 0.1])}, r"sigma\[1\] = nan"),
        ({"sigma": np.array([0.1, 0.1])}, "backgrounds has shape"),
        ({"backgrounds": np.full((4, 20), np.inf)}, r"backgrounds\[0, 0\] = inf"),
    ],
)
def test_refused(change: dict[str, Floats], message: str) -> None:
    with pytest.raises(FitError, match=message):
        strength_limit(spectrum()._replace(**change), "profile")


def test_counts_that_nothing_explains_and_unknown_methods() -> None:
    with pytest.raises(FitError, match="bin 1 holds 2 counts, but neither"):
        strength_limit(
            Binned(np.array([0.0, 2.0]), np.array([1.0, 0.0]), np.zeros((1, 2)), np.array([0.1])), "cls"
        )
    unknown: Any = "toys"
    with pytest.raises(FitError, match="one of profile, bayesian, cls"):
        strength_limit(spectrum(), unknown)
    with pytest.raises(FitError, match="confidence level = 90"):
        strength_limit(spectrum(), "cls", 90.0)


def test_free_backgrounds_that_are_hardly_told_apart() -> None:
    """A signal held near 2 makes one of two similar free backgrounds leave its bound and return to it at once."""
    x = np.arange(25) + 0.5
    backgrounds = np.array(
        [20.0 * np.exp(-x / 2.0), 15.0 * np.exp(-x), 5.0 * np.exp(-x / 0.9), np.full(25, 0.02)]
    )
    backgrounds = np.vstack([backgrounds, 0.3 * np.exp(-0.5 * ((x - 5.0) / 3.0) ** 2), np.exp(-x)])
    observed = np.zeros(25)
    observed[:13] = [28, 9, 9, 7, 1, 4, 2, 0, 0, 0, 0, 1, 1]
    signal = 100.0 * np.exp(-0.5 * ((x - 9.0) / 3.0) ** 2)
    data = Binned(observed, signal, backgrounds, np.array([0.05, np.inf, np.inf, 0.5, 0.3, 0.1]))
    counts, templates = prepare(data)[:2]
    values = np.array([crossing.value_at(counts, templates, s) for s in np.linspace(0.0, 8.0, 4001)])
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values, 2) > -1e-7)  # convex


@pytest.mark.parametrize("seed", [1583, 2322, 2856, 3359])
def test_counts_far_above_a_tiny_background(seed: int) -> None:
    """Without signal, expectations of 1e-10 for hundreds of counts: rounding once kept the fit from ending."""
    for method in METHODS:
        assert strength_limit(random_problem(seed), method).upper > 0.0  # type: ignore[arg-type]


def test_no_background_rows() -> None:
    data = Binned(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.empty((0, 2)), np.empty(0))
    assert strength_limit(data, "bayesian").upper == pytest.approx(gammaincinv(2.0, 0.9) / 2.0, rel=1e-4)


def test_kernels_compiled_and_plain(compiled_equals_plain: Callable[..., Any]) -> None:
    data = spectrum(sigma=(0.05, np.inf, 0.5, 0.1))
    rng = stream(1, Stage.TOY, 0)
    prepared = prepare(data._replace(observed=rng.poisson(data.observed + 4.0 * data.signal).astype(float)))
    counts, templates = prepared.counts, prepared.templates
    start = crossing.start_scales(counts, templates)
    compiled_equals_plain(scales.best_scales, counts, templates, False, start, rtol=1e-6)
    summary = compiled_equals_plain(crossing.summarise, counts, templates, rtol=1e-5)
    for kernel, last in (
        (upper_ends.bayesian_upper, 0.9),
        (upper_ends.cls_upper, 0.9),
        (upper_ends.ratio_upper, 1.6),
    ):
        compiled_equals_plain(kernel, counts, templates, summary, last, rtol=1e-5)
