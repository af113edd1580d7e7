"""The expected spectrum: gradient, linearity, known contents."""

import numpy as np
import pytest
from scipy.stats import norm

from analysis.config import FitConfig
from analysis.expectation import Bins
from analysis.lineshape import Shape
from analysis.model import build_model, shape_code
from analysis.parameters import INDEX, MU_SQUARED, NAMES
from analysis.problem import Problem
from analysis.response import load_response


def _theta(problem: Problem) -> np.ndarray:
    theta = problem.start.theta.copy()
    theta[MU_SQUARED] = 6.0
    theta[INDEX["gain_skew"]] = 0.4
    return theta


@pytest.mark.parametrize("shape", ["cumulant", "scaled_poisson", "generalised_gamma", "gaussian"])
@pytest.mark.parametrize(("width", "step"), [(1, 1.0), (3, 1.27)])
def test_gradient_by_central_differences(phase2: Problem, shape: str, width: int, step: float) -> None:
    response = load_response("borexino", "nh")
    model = build_model(phase2.spectra, response, shape_code(shape), Bins(92.0, 858, width, 900.0, step))
    theta = _theta(phase2)
    found = model.jacobian(theta)
    for i, name in enumerate(NAMES):
        shift = 1e-5 * max(abs(theta[i]), 0.1)
        high, low = theta.copy(), theta.copy()
        high[i] += shift
        low[i] -= shift
        numeric = (model.expected(high) - model.expected(low)) / (2.0 * shift)
        scale = max(np.abs(numeric).max(), 1e-9)
        # rows begin and end at whole bins far out in the tails: jumps of 1e-8
        assert np.abs(found[i] - numeric).max() < 2e-6 * scale, name


def test_every_rate_alone_adds_up_to_the_whole(phase2: Problem) -> None:
    model = phase2.likelihood.model
    theta = _theta(phase2)
    parts = sum(
        model.component(theta, name.removeprefix("rate_")) for name in NAMES if name.startswith("rate_")
    )
    np.testing.assert_allclose(parts, model.expected(theta), rtol=1e-12)


def test_polonium_is_a_peak_of_its_rate(phase2: Problem) -> None:
    theta = phase2.start.theta
    model = phase2.likelihood.model
    peak = model.component(theta, "210Po")
    assert peak.sum() == pytest.approx(theta[INDEX["rate_210Po"]] * model.bins.exposure_d_100t, rel=1e-6)
    mean = peak @ model.centres() / peak.sum()
    assert mean == pytest.approx(theta[INDEX["po210_peak"]], abs=1e-3)


def test_beryllium_edge_is_half_height_at_its_mean(phase2: Problem) -> None:
    """The recoil edge of the 862 keV line is at T = 665 keV, where the notes have N_h = 293.8."""
    theta = phase2.start.theta
    beryllium = phase2.likelihood.model.component(theta, "7Be")
    centres = phase2.likelihood.model.centres()
    plateau = beryllium[(centres > 230) & (centres < 250)].mean()
    half = centres[np.argmax((beryllium < 0.5 * plateau) & (centres > 250))]
    assert half == pytest.approx(293.8, abs=6.0)


def test_magnetic_counts_of_the_notes(phase2: Problem) -> None:
    """pp 0.057 and 7Be 0.208 cpd/100 t above N_h = 92 for 1e-11 mu_B (notes, within their two digits)."""
    model = phase2.likelihood.model
    theta = phase2.start.theta.copy()
    for name, expected in (("pp", 0.057), ("7Be", 0.208)):
        theta[MU_SQUARED] = 0.0
        without = model.component(theta, name)
        theta[MU_SQUARED] = 1.0
        found = (model.component(theta, name) - without).sum() / model.bins.exposure_d_100t
        assert found == pytest.approx(expected, rel=0.05)


def test_rows_reach_far_enough(phase2: Problem) -> None:
    """What is cut off beyond the ends of the rows is nothing: widening the range changes no bin."""
    response = load_response("borexino", "nh")
    theta = phase2.start.theta
    narrow = build_model(
        phase2.spectra, response, int(Shape.CUMULANT), Bins(150.0, 150, 1, 1.0, 1.0)
    ).expected(theta)
    wide = build_model(phase2.spectra, response, int(Shape.CUMULANT), Bins(92.0, 858, 1, 1.0, 1.0)).expected(
        theta
    )
    np.testing.assert_allclose(narrow, wide[58 : 58 + 150], rtol=2e-4)
    assert norm.sf(6.0) < 1e-8


def test_shapes_of_the_card() -> None:
    assert {shape_code(name) for name in ("cumulant", "scaled_poisson", "generalised_gamma", "gaussian")} == {
        0,
        100,
        1,
        2,
    }
    assert FitConfig().line_shape == "cumulant"
