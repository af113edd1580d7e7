import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.core.rng import Stage, stream
from sim.sources.sampling import linear_quantiles, row_quantiles, sample, sample_rows

_HEIGHTS = st.lists(st.floats(0.0, 1e3), min_size=2, max_size=12).filter(lambda h: sum(h) > 1e-3)


@given(_HEIGHTS, st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_draws_stay_where_the_density_is_positive(heights: list[float], seed: int) -> None:
    knots = np.arange(len(heights), dtype=float)
    values = sample(np.random.default_rng(seed), linear_quantiles(knots, heights), 200)
    assert np.all((values >= 0.0) & (values <= knots[-1]))
    cell = np.minimum(values.astype(int), len(heights) - 2)
    h = np.array(heights)
    assert np.all(h[cell] + h[cell + 1] > 0.0)


@given(st.floats(0.0, 1.0), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_between_two_rows_the_densities_mix(share: float, seed: int) -> None:
    table = row_quantiles([1.0, 2.0], [0.0, 1.0, 2.0, 3.0], [[1, 1, 0, 0], [0, 0, 1, 1]])
    n = 4000
    x = sample_rows(np.random.default_rng(seed), table, np.full(n, 1.0 + share))
    low = 1.5 / (1.0 + 0.5)  # row 1: box then ramp; both end at 2
    assert low == 1.0
    # row 1 lives on [0, 2], row 2 on [1, 3]: below 1 is only row 1, with 2/3 of its weight
    below = np.mean(x < 1.0)
    expected = (1.0 - share) * 2.0 / 3.0
    assert abs(below - expected) < 5.5 * np.sqrt(max(expected * (1 - expected), 1e-3) / n)


def test_rows_outside_the_table_take_the_nearest() -> None:
    table = row_quantiles([1.0, 2.0], [0.0, 1.0, 1.5, 3.0], [[1, 1, 0, 0], [0, 0, 0, 1]])
    rng = np.random.default_rng(3)
    assert sample_rows(rng, table, np.full(500, -5.0)).max() <= 1.5
    assert sample_rows(rng, table, np.full(500, 9.0)).min() >= 1.5


@pytest.mark.parametrize(
    ("knots", "density"),
    [
        ([0, 1, 1], [1, 1, 1]),
        ([0, 1], [1, -1]),
        ([0, 1], [0, 0]),
        ([0, 1], [1, np.nan]),
        ([0.0], [1.0]),
        ([0, 1], [1, 2, 3]),
    ],
)
def test_what_is_no_density_is_refused(knots: list[float], density: list[float]) -> None:
    with pytest.raises(PhysicsError):
        linear_quantiles(knots, density)


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(PhysicsError, match="one line a row"):
        row_quantiles([1.0, 2.0], [0.0, 1.0], [[1, 1]])
    with pytest.raises(PhysicsError, match="rising"):
        row_quantiles([2.0, 1.0], [0.0, 1.0], [[1, 1], [1, 1]])


def test_streams_with_branches_differ_and_repeat() -> None:
    first = stream(7, Stage.SOLAR, 3, 4).random(4)
    assert np.array_equal(first, stream(7, Stage.SOLAR, 3, 4).random(4))
    others = [
        stream(7, Stage.SOLAR, 3),
        stream(7, Stage.SOLAR, 3, 5),
        stream(7, Stage.SOLAR, 4, 4),
        stream(8, Stage.SOLAR, 3, 4),
    ]
    assert all(not np.array_equal(first, other.random(4)) for other in others)
