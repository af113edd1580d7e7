"""Placing spectra on nodes keeps their moments, and folding them is as good as folding every bin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.lineshape import Shape, evaluate_line_shape
from analysis.nodes import close_nodes, place, wide_nodes
from analysis.response import load_response


@given(at=st.lists(st.floats(0.05, 0.95), min_size=1, max_size=20), power=st.integers(0, 5))
def test_five_moments_are_kept(at: list[float], power: int) -> None:
    nodes = np.linspace(0.0, 1.0, 12)
    contents = np.arange(1.0, len(at) + 1.0)
    placed = place(np.array(at), contents, nodes)
    assert placed @ nodes**power == pytest.approx(contents @ np.array(at) ** power, rel=1e-10)


def test_what_is_outside_is_dropped() -> None:
    placed = place(np.array([-0.1, 0.5, 1.1]), np.ones(3), np.linspace(0.0, 1.0, 8))
    assert placed.sum() == pytest.approx(1.0)


def _fold(means: np.ndarray, contents: np.ndarray, x: np.ndarray) -> np.ndarray:
    total = np.zeros_like(x)
    for mean, content in zip(means, contents, strict=True):
        variance = 1.3 * mean
        total += content * evaluate_line_shape(Shape.CUMULANT, x, mean, variance, variance**2 / mean)[0]
    return total


@pytest.mark.parametrize(
    ("make", "energy", "spectrum", "window", "accuracy"),
    [
        # the edge of 14C, seen out to five standard deviations
        (
            close_nodes,
            np.linspace(0.05, 0.16, 221),
            lambda e: np.where(e < 0.145, (0.145 - e) ** 2, 0.0),
            (92, 115),
            2e-3,
        ),
        # a box that ends sharply: the 7Be recoil edge
        (wide_nodes, np.linspace(0.17, 0.9, 1461), lambda e: np.where(e < 0.643, 1.0, 0.0), (120, 340), 2e-3),
    ],
)
def test_folding_on_nodes(make, energy, spectrum, window, accuracy) -> None:
    response = load_response("borexino", "nh")
    contents = spectrum(energy)
    nodes = make(energy[0], energy[-1], response)
    x = np.arange(*window, dtype=float)

    def mean(e: np.ndarray) -> np.ndarray:
        return response.light_yield * e * (1.0 - response.curvature * e)

    exact = _fold(mean(energy), contents, x)
    placed = _fold(mean(nodes), place(np.sqrt(energy), contents, np.sqrt(nodes)), x)
    assert nodes.size < energy.size / 5
    assert np.abs(placed / exact - 1.0).max() < accuracy
