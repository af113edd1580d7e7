"""Paired comparison: exact for scaled copies, errors as large as the scatter, a shape test that holds its level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.study.paired import compare, stuart_maxwell
from sim.core.errors import PhysicsError

NO_STEP = (0.0, 0.0)


def pair(rng, n=3000, scale=1.0, noise=1.0, skew=0.0):
    """Two looks at the same events: common fluctuation of 18, own ones of ``noise``."""
    common = rng.normal(0.0, 18.0, n)
    before = 300.0 + common + rng.normal(0.0, noise, n)
    after = scale * (300.0 + common + rng.normal(0.0, noise, n) + skew * (common**2 / 18.0 - 18.0))
    return before, after


@given(st.floats(0.5, 2.0), st.integers(0, 1000))
@settings(max_examples=25)
def test_a_scaled_copy_changes_the_mean_exactly_and_nothing_else(factor, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(200.0, 15.0, 400)
    found = compare(values, factor * values, NO_STEP, rng.random(400))
    assert found.bias == pytest.approx(factor - 1.0, abs=1e-12)
    assert found.bias_error == pytest.approx(0.0, abs=1e-12)
    assert found.resolution == pytest.approx(0.0, abs=1e-12)
    assert found.shape_p > 0.99


def test_errors_are_the_scatter_of_repetitions_and_far_below_unpaired_ones():
    rng = np.random.default_rng(11)
    found = [compare(*pair(rng, scale=1.01), NO_STEP, rng.random(3000)) for _ in range(150)]
    for value, error, truth in (("bias", "bias_error", 0.01), ("resolution", "resolution_error", 0.0)):
        values = np.array([getattr(f, value) for f in found])
        errors = np.array([getattr(f, error) for f in found])
        assert values.std() == pytest.approx(errors.mean(), rel=0.2)
        assert abs(values.mean() - truth) < 4.0 * values.std() / 150**0.5
    assert found[0].bias_error < 0.1 * found[0].bias_unpaired_error


def test_the_shape_test_keeps_its_level_and_sees_a_skew():
    rng = np.random.default_rng(12)
    level = [
        compare(*pair(rng, scale=0.97, noise=4.0), NO_STEP, rng.random(3000)).shape_p for _ in range(200)
    ]
    assert 0.0 < np.mean(np.array(level) < 0.05) < 0.07  # cautious: mean and width are taken out
    assert 0.3 < np.median(level) < 0.75
    assert compare(*pair(rng, skew=0.1), NO_STEP, rng.random(3000)).shape_p < 1e-6


def test_another_grid_of_counts_is_no_change_of_shape():
    rng = np.random.default_rng(13)
    before, after = pair(rng, n=20_000, noise=3.0)
    steps = 2000 / 1650, 2000 / 1450
    found = compare(
        steps[0] * np.round(before / steps[0]),
        steps[1] * np.round(after / steps[1]),
        steps,
        rng.random(20_000),
    )
    assert found.shape_p > 1e-3


def test_marginal_test_of_a_small_table_by_hand():
    # 2 x 2: Stuart-Maxwell is McNemar's (b - c)^2/(b + c)
    before = np.repeat([0, 0, 1, 1], [40, 25, 10, 30])
    after = np.repeat([0, 1, 0, 1], [40, 25, 10, 30])
    value, ndf = stuart_maxwell(before, after, 2)
    assert ndf == 1
    assert value == pytest.approx(15.0**2 / 35.0)
    assert stuart_maxwell(before, before, 2) == (0.0, 0)


def test_outliers_and_lost_events_are_left_out():
    rng = np.random.default_rng(14)
    before, after = pair(rng)
    before[:5], after[5:9] = 9000.0, np.nan
    assert compare(before, after, NO_STEP, rng.random(3000)).n <= 2991
    assert abs(compare(before, after, NO_STEP, rng.random(3000)).bias) < 1e-3
    with pytest.raises(PhysicsError, match="at least 20"):
        compare(before[:12], after[:12], NO_STEP, rng.random(12))
