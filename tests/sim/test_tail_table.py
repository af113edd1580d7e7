"""Inverse distributions with a finer tail: the look-up is a linear interpolation between its levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.jit import njit
from sim.core.rng import single
from sim.detector.tail_table import TAIL_SHARE, tail_levels, tail_quantile

BULK, TAIL = 64, 32


@njit
def _quantile(u, row):
    return tail_quantile(u, row, 0, BULK, TAIL)


@njit
def _single(word):
    return single(word)


def table(law):
    low, high = tail_levels(BULK, TAIL)
    return np.concatenate([low, high]), law(np.concatenate([low, high])).astype(np.float32)[None]


def test_the_levels_meet_at_the_edge_and_cover_all():
    low, high = tail_levels(BULK, TAIL)
    assert low[0] == 0.0
    assert low[-1] == high[0] == 1.0 - 1.0 / TAIL_SHARE
    assert high[-1] == 1.0


@given(u=st.floats(0, 1 - 2.0**-24, width=32))
def test_between_levels_the_value_is_interpolated(u):
    level, row = table(lambda p: -np.log1p(-0.999 * p))
    assert _quantile(np.float32(u), row) == pytest.approx(np.interp(u, level, row[0]), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("word", [0, 2**31, 2**32 - 1])
def test_the_largest_word_stays_inside_the_table(word):
    _, row = table(lambda p: p)
    u = _single(np.uint32(word))
    assert 0.0 <= u < 1.0
    assert _quantile(u, row) == pytest.approx(word / 2**32, abs=1e-6)


def test_the_tail_is_drawn_as_often_as_it_should():
    words = np.random.default_rng(1).integers(0, 2**32, 200_000, dtype=np.uint32)
    _, row = table(lambda p: p >= 1.0 - 1.0 / TAIL_SHARE)
    late = np.mean([_quantile(_single(w), row) == 1.0 for w in words[:20_000]])
    assert late == pytest.approx(1.0 / TAIL_SHARE, abs=0.007)
