"""Overlay of two decays, and what a random window keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.pile_up import MERGED_NS, overlay, random_window, self_overlay, windowed_overlay

CENTRES = np.arange(400) + 0.5


@given(first=st.integers(0, 180), second=st.integers(0, 180))
def test_two_lines_add_up(first: int, second: int) -> None:
    lines = np.zeros((2, 400))
    lines[0, first] = lines[1, second] = 1.0
    both = overlay(lines[0], lines[1])
    assert both.sum() == pytest.approx(1.0, abs=1e-12)
    assert both @ CENTRES == pytest.approx(CENTRES[first] + CENTRES[second], abs=1e-9)


def test_self_overlay_has_twice_mean_and_variance() -> None:
    one = np.exp(-0.5 * ((CENTRES - 80.0) / 15.0) ** 2)
    one /= one.sum()
    two = self_overlay(one)
    assert two @ CENTRES == pytest.approx(2.0 * (one @ CENTRES), rel=1e-9)
    assert two @ (CENTRES - 160.0) ** 2 == pytest.approx(2.0 * 15.0**2 + 0.25, rel=1e-3)  # 1/4: bins split


def test_random_window_halves_what_it_cuts() -> None:
    line = np.zeros(400)
    line[300] = 1.0
    seen = random_window(line)
    assert seen.sum() == pytest.approx(1.0, abs=1e-12)
    assert seen[300] == pytest.approx(0.5, abs=0.01)
    assert seen @ CENTRES == pytest.approx(0.75 * 300.5, rel=0.01)


def test_a_long_window_sees_all_and_a_short_one_less() -> None:
    emission = np.array([0.9, 0.1]), np.array([5.0, 100.0])
    one = np.exp(-0.5 * ((CENTRES - 80.0) / 15.0) ** 2)
    one /= one.sum()
    whole = self_overlay(one)
    long = windowed_overlay(one, 1e5, emission)
    np.testing.assert_allclose(long, whole, atol=2e-4 * whole.max())
    short = windowed_overlay(one, 0.5 * MERGED_NS, emission)
    assert short.sum() == pytest.approx(0.5, abs=1e-3)
    mean = short @ CENTRES / short.sum()
    assert 130.0 < mean < whole @ CENTRES - 1.0
