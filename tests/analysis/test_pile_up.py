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


def test_a_window_sees_what_the_second_decay_has_emitted() -> None:
    one = np.exp(-0.5 * ((CENTRES - 80.0) / 15.0) ** 2)
    one /= one.sum()
    whole = self_overlay(one)
    prompt = windowed_overlay(one, 400.0, (np.ones(1), np.array([0.01])))
    often = (400.0 + 1.3 * 60.0 * (1.0 - np.exp(-400.0 / 60.0))) / MERGED_NS
    np.testing.assert_allclose(prompt, often * whole, atol=1e-3 * whole.max())
    slow = windowed_overlay(one, 400.0, (np.array([0.9, 0.1]), np.array([5.0, 100.0])))
    assert slow.sum() == pytest.approx(often, rel=1e-3)
    mean = slow @ CENTRES / slow.sum()
    assert 140.0 < mean < whole @ CENTRES - 1.0


def test_a_longer_window_holds_more_pairs_but_the_closest_count_most() -> None:
    one = np.exp(-0.5 * ((CENTRES - 80.0) / 15.0) ** 2)
    one /= one.sum()
    emission = np.array([0.9, 0.1]), np.array([5.0, 100.0])
    short, long = (windowed_overlay(one, window, emission).sum() for window in (230.0, 400.0))
    assert 1.0 < long / short < 400.0 / 230.0
