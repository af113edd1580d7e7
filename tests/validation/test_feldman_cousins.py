"""The unified intervals against the tables of Feldman and Cousins [FC98].

Tables IV (90 %) and VI (95 %); printed to 0.01. Two entries in the table's grid of backgrounds end a step of 0.005
of that grid away from ours, so the tolerance is 0.01. The entries of n = 0 and 1 at b >= 2 are lengthened ones (the
plain construction gives 1.08 for n = 0, b = 2 and 0.95 for b = 3).
"""

import numpy as np
import pytest

from analysis.counts.counting import Counting, counting_limit
from analysis.counts.sensitivity import counting_sensitivity
from analysis.counts.unified import interval

_BACKGROUNDS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0)
_UPPER_90 = {
    0: (2.44, 1.94, 1.61, 1.33, 1.26, 1.18, 1.08, 1.06, 1.01, 0.98),
    1: (4.36, 3.86, 3.36, 2.91, 2.53, 2.19, 1.88, 1.59, 1.39, 1.22),
    2: (5.91, 5.41, 4.91, 4.41, 3.91, 3.45, 3.04, 2.67, 2.33, 1.73),
    3: (7.42, 6.92, 6.42, 5.92, 5.42, 4.92, 4.42, 3.95, 3.53, 2.78),
}
_INTERVALS_90 = [
    (1, 0.0, 0.11, 4.36),
    (2, 0.0, 0.53, 5.91),
    (2, 0.5, 0.03, 5.41),
    (3, 0.0, 1.10, 7.42),
    (3, 1.0, 0.10, 6.42),
    (4, 0.0, 1.47, 8.60),
    (5, 0.0, 1.84, 9.99),
    (7, 0.0, 3.56, 12.53),
    (7, 3.0, 0.89, 9.53),
    (10, 0.0, 5.50, 16.50),
    (10, 3.0, 2.63, 13.50),
]
_UPPER_95 = [
    (0, 0.0, 3.09),
    (0, 2.5, 1.78),
    (0, 3.5, 1.63),
    (0, 4.0, 1.57),
    (0, 5.0, 1.54),
    (1, 4.0, 2.08),
    (2, 5.0, 2.49),
]


@pytest.mark.parametrize("n", _UPPER_90)
def test_upper_ends_at_90_percent(n: int) -> None:
    ours = [counting_limit(Counting(n, b), "feldman-cousins", 0.90).upper for b in _BACKGROUNDS]
    assert ours == pytest.approx(_UPPER_90[n], abs=0.01)


@pytest.mark.parametrize(("n", "b", "lower", "upper"), _INTERVALS_90)
def test_intervals_at_90_percent(n: int, b: float, lower: float, upper: float) -> None:
    ours = counting_limit(Counting(n, b), "feldman-cousins", 0.90)
    assert ours[:2] == pytest.approx((lower, upper), abs=0.01)


@pytest.mark.parametrize(("n", "b", "upper"), _UPPER_95)
def test_upper_ends_at_95_percent(n: int, b: float, upper: float) -> None:
    assert counting_limit(Counting(n, b), "feldman-cousins", 0.95).upper == pytest.approx(upper, abs=0.01)


def test_plain_construction_dips_where_the_tables_do_not() -> None:
    plain = [interval(0, np.array([b]), np.ones(1), 0.90, lengthen=False)[1] for b in (2.0, 3.0, 4.0, 5.0)]
    assert plain == pytest.approx((1.08, 0.95, 0.85, 0.77), abs=0.01)


def test_sensitivity_of_table_12() -> None:
    """Average upper limits without signal; the values are from memory (unverified), to 0.01 as printed."""
    published = {0.0: 2.44, 0.5: 2.86, 1.0: 3.28, 2.0: 3.94, 3.0: 4.42, 5.0: 5.18}
    ours = [counting_sensitivity(b).mean for b in published]
    assert ours == pytest.approx(list(published.values()), abs=0.011)


def test_many_counts_are_the_gaussian_case() -> None:
    """Table X: a Gaussian measured 0 above (2 above) its bound is below 1.64 (3.64) sigma at 90 %.

    2500 counts are Gaussian to 1/sqrt(2500): tolerance 3 %.
    """
    b = 2500.0
    assert interval(2500, np.array([b]), np.ones(1), 0.90, lengthen=False)[1] / 50.0 == pytest.approx(
        1.64, rel=0.03
    )
    assert interval(2600, np.array([b]), np.ones(1), 0.90, lengthen=False)[1] / 50.0 == pytest.approx(
        3.64, rel=0.03
    )
