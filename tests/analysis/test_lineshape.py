"""Line shapes: normalisation, cumulants, derivatives, known limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.lineshape import Shape, evaluate_line_shape
from sim.core.errors import PhysicsError

X = np.arange(-200.0, 1400.0)


@settings(max_examples=40, deadline=None)
@given(
    mean=st.floats(80.0, 700.0),
    factor=st.floats(1.0, 1.8),
    skew=st.floats(0.3, 1.6),
    shape=st.sampled_from(list(Shape)),
)
def test_sums_to_one_with_its_mean_and_variance(
    mean: float, factor: float, skew: float, shape: Shape
) -> None:
    variance = factor * mean
    density = evaluate_line_shape(shape, X, mean, variance, skew * variance**2 / mean)[0]
    assert density.min() >= 0.0
    assert density.sum() == pytest.approx(1.0, abs=1e-6)
    # the generalised gamma has its first two moments by construction up to 1/mean^2
    tolerance = 4e-3 if shape is Shape.GENERALISED_GAMMA else 1e-6
    found = density @ X
    assert found == pytest.approx(mean, rel=0.1 * tolerance)
    assert density @ (X - found) ** 2 == pytest.approx(variance, rel=tolerance)


@pytest.mark.parametrize("third_over_poisson", [0.5, 1.0, 1.7])
def test_third_cumulant_is_the_one_asked_for(third_over_poisson: float) -> None:
    mean, variance = 150.0, 220.0
    third = third_over_poisson * variance**2 / mean
    density = evaluate_line_shape(Shape.CUMULANT, X, mean, variance, third)[0]
    assert density @ (X - mean) ** 3 == pytest.approx(third, rel=1e-6)


def test_cumulant_shape_of_a_poisson_is_the_poisson() -> None:
    density = evaluate_line_shape(Shape.CUMULANT, X, 80.0, 80.0, 80.0)[0]
    np.testing.assert_allclose(density, stats.poisson.pmf(X, 80.0), atol=1e-12)


def test_small_skew_is_a_gaussian() -> None:
    gauss = stats.norm.pdf(X, 300.0, 20.0)
    for third in (0.0, 8.5e-4 * 20.0**3, 2e-3 * 20.0**3):
        density = evaluate_line_shape(Shape.CUMULANT, X, 300.0, 400.0, third)[0]
        assert np.abs(density - gauss).max() < 5e-4 * gauss.max()


@pytest.mark.parametrize("shape", list(Shape))
def test_derivatives_by_central_differences(shape: Shape) -> None:
    point = np.array([140.0, 190.0, 260.0])
    found = evaluate_line_shape(shape, X, *point)
    for i in range(3):
        step = np.zeros(3)
        step[i] = 1e-5 * point[i]
        high = evaluate_line_shape(shape, X, *(point + step))[0]
        low = evaluate_line_shape(shape, X, *(point - step))[0]
        numeric = (high - low) / (2.0 * step[i])
        assert np.abs(found[1 + i] - numeric).max() < 1e-6 * max(np.abs(numeric).max(), 1e-9)


def test_shapes_agree_in_the_core_and_differ_in_the_tail() -> None:
    mean, variance = 190.0, 240.0
    poisson = evaluate_line_shape(Shape.CUMULANT, X, mean, variance, variance**2 / mean)[0]
    gamma = evaluate_line_shape(Shape.GENERALISED_GAMMA, X, mean, variance)[0]
    gauss = evaluate_line_shape(Shape.GAUSSIAN, X, mean, variance)[0]
    core = np.abs(X - mean) < 2.0 * np.sqrt(variance)
    assert np.abs(gamma[core] / poisson[core] - 1.0).max() < 0.01
    four_sigma = int(mean + 4.0 * np.sqrt(variance)) - int(X[0])
    assert poisson[four_sigma] > 1.5 * gauss[four_sigma]


def test_bad_moments() -> None:
    with pytest.raises(PhysicsError, match="variance -1"):
        evaluate_line_shape(Shape.CUMULANT, X, 10.0, -1.0, 1.0)
