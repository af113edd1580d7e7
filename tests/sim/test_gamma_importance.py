"""The importance of gammas outside a sphere: against gammas that are followed, and where it must be simple."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.gamma_importance import Importance, importances, no_importance, solve_importance
from sim.physics.gamma_media import load_media, look_up
from sim.physics.quenching import quenching
from sim.sources.gamma_guide import no_guide, stretched
from sim.sources.gamma_path import (
    ARRIVED,
    DEEPEST,
    ENERGY,
    MOST_SITES,
    PATH_SIZE,
    SHELL,
    SITE_COLUMNS,
    WEIGHT,
    follow_path,
)

MEDIA = load_media()
TARGET_M = 3.5
TABLE = solve_importance(MEDIA, TARGET_M)
ENTERS = solve_importance(MEDIA, TARGET_M, 0.0)  # whatever light was made on the way


def _followed(radius_m: float, cosine: float, energy_mev: float, n: int) -> float:
    """Return the share of gammas that enter the target, followed as they come."""
    whole = Importance(TARGET_M, ENTERS.outer_m, 0.0, np.zeros_like(ENTERS.log_value))
    guide = no_guide()._replace(importance=whole, split=math.inf)
    rng, electron = np.random.default_rng(2), quenching("electron", 0.01098)
    path, sites = np.zeros(PATH_SIZE), np.empty((SITE_COLUMNS, MOST_SITES))
    stack, copies = np.empty((DEEPEST, PATH_SIZE)), np.zeros(DEEPEST, np.int64)
    entered = 0
    for _ in range(n):
        path[:] = 0.0
        path[2], path[3], path[5] = radius_m, math.sqrt(1.0 - cosine * cosine), -cosine
        path[ENERGY], path[WEIGHT] = energy_mev, 1.0
        path[SHELL] = np.searchsorted(MEDIA.outer_m, radius_m)
        follow_path(rng, MEDIA, electron, guide, path, sites, stack, copies, 0)
        entered += int(path[ARRIVED])
    return entered / n


@pytest.mark.parametrize(
    ("radius_m", "cosine", "energy_mev"),
    [(3.9, 1.0, 2.6), (3.9, 0.4, 1.4), (3.8, -0.3, 1.0), (4.4, 0.9, 2.0)],
)
def test_it_is_the_chance_to_enter(radius_m: float, cosine: float, energy_mev: float) -> None:
    n = 6000
    found = _followed(radius_m, cosine, energy_mev, n)
    value = importances(ENTERS, radius_m, np.array([cosine]), energy_mev)[0]
    assert value == pytest.approx(found, rel=0.15, abs=4 * math.sqrt(found / n))


@settings(max_examples=60, deadline=None)
@given(st.floats(3.55, 6.8), st.floats(0.9, 1.0), st.floats(0.1, 2.6))
def test_at_least_what_comes_straight_and_at_most_one(radius: float, cosine: float, energy: float) -> None:
    value = importances(ENTERS, radius, np.array([cosine, 1.0, -cosine]), energy)
    across = radius * math.sqrt(1.0 - cosine * cosine)
    if across < 0.9 * TARGET_M:
        way = radius * cosine - math.sqrt(TARGET_M**2 - across**2)
        assert value[0] > 0.8 * math.exp(-look_up(MEDIA, 0, energy)[0] * way)
    assert value[0] < 1.02
    assert value[2] < value[0] <= 1.01 * value[1]
    # light on the way counts against a gamma
    assert importances(TABLE, radius, np.array([1.0]), energy)[0] < 1.02 * value[1]


def test_the_target_itself_and_no_target() -> None:
    assert importances(TABLE, 3.2, np.array([1.0, -1.0]), 1.0).tolist() == [1.0, 1.0]
    assert importances(no_importance(), 6.7, np.array([1.0, -1.0]), 1.0).tolist() == [1.0, 1.0]
    for radius_m in (0.0, 7.0):
        with pytest.raises(PhysicsError, match="expected between 0 and"):
            solve_importance(MEDIA, radius_m)


def test_flights_inwards_are_longer_and_outwards_shorter() -> None:
    guide = no_guide()._replace(importance=TABLE, stretch=1.0)
    total = look_up(MEDIA, 1, 2.6)[0]
    inwards = stretched(guide, total, 5.5**2, -5.5, 0.3, 2.6)
    outwards = stretched(guide, total, 5.5**2, 5.5, 0.3, 2.6)
    assert 0.02 * total <= inwards < 0.4 * total
    assert outwards > 1.2 * total
    assert stretched(guide._replace(stretch=0.0), total, 5.5**2, -5.5, 0.3, 2.6) == total
