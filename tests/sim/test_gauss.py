import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.gauss import Rule, gauss_rule, masses


@given(st.integers(2, 12), st.integers(0, 2**31))
def test_rule_is_exact_for_polynomials(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.random(60)
    points = Rule(np.sort(rng.uniform(3.0, 8.0, 60)), weight / weight.sum())
    rule = gauss_rule(points, n)
    assert np.all(rule.weight >= 0.0)
    for degree in range(2 * n):
        u, v = (points.node - 5.5) / 2.5, (rule.node - 5.5) / 2.5
        assert np.sum(rule.weight * v**degree) == pytest.approx(np.sum(points.weight * u**degree), abs=1e-10)


def test_masses_carry_a_linear_density() -> None:
    x = np.array([0.0, 1.0, 1.5, 4.0])
    rule = masses(x, np.array([0.0, 2.0, 1.0, 0.0]))
    area = 1.0 + 0.75 + 1.25
    # integral of x times the density, cell by cell
    mean = (
        2.0 / 3.0 + 1.0 / 6.0 * 0.5 * (2 * 2 + 2 * 1.5 + 1 + 2 * 1.5) + 1.5 * 1.25 + 1.25 * 2.5 / 3.0
    ) / area
    assert rule.weight.sum() == pytest.approx(1.0)
    assert np.sum(rule.weight * rule.node) == pytest.approx(mean)


def test_few_points_give_few_nodes() -> None:
    rule = gauss_rule(Rule(np.array([1.0, 2.0]), np.array([0.25, 0.75])), 12)
    np.testing.assert_allclose(rule.node, [1.0, 2.0])
    np.testing.assert_allclose(rule.weight, [0.25, 0.75])


def test_one_point() -> None:
    rule = gauss_rule(Rule(np.array([3.0]), np.array([1.0])), 4)
    np.testing.assert_allclose(rule.node, [3.0])


def test_empty_density_is_refused() -> None:
    with pytest.raises(PhysicsError, match="positive integral"):
        masses(np.array([0.0, 1.0]), np.zeros(2))
