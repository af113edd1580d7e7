"""Templates: made of the analytic model they must give its fit; the rest is bookkeeping."""

from pathlib import Path

import numpy as np
import pytest

from analysis.asimov import asimov_problem
from analysis.config import FitConfig
from analysis.fit import Start, fit
from analysis.parameters import INDEX, MU_SQUARED, NAMES
from analysis.problem import Problem
from analysis.templates import Templates, read_templates, templates_text, with_templates
from sim.core.config import Card
from sim.core.errors import InputFileError

ALL = (
    "pp", "7Be", "14C", "85Kr", "210Bi", "210Po", "11C", "pile_up", "ext_k40_bi214", "ext_tl208", "pep", "CNO", "8B",
)  # fmt: skip


def _templates(problem: Problem, names: tuple[str, ...] = ALL) -> Templates:
    model, theta = problem.likelihood.model, problem.start.theta
    shapes = {}
    for name in names:
        scale = 1.0 / (theta[INDEX[f"rate_{name}"]] * model.bins.exposure_d_100t)
        shapes[name] = np.maximum(scale * model.component(theta, name), 0.0)  # rounding: -3e-18
        if name in ("pp", "7Be"):
            one = theta.copy()
            one[MU_SQUARED] = 1.0
            shapes[f"{name}:magnetic"] = scale * model.component(one, name) - shapes[name]
    return Templates("nh", model.bins.first, 1.0, shapes, "made here")


def test_templates_of_the_model_are_the_model(phase2: Problem) -> None:
    model = with_templates(phase2.likelihood.model, _templates(phase2))
    theta = phase2.start.theta.copy()
    for mu_squared in (0.0, 9.0):
        theta[MU_SQUARED] = mu_squared
        np.testing.assert_allclose(
            model.expected(theta), phase2.likelihood.model.expected(theta), rtol=1e-9, atol=1e-9
        )
    name = "7Be"
    np.testing.assert_allclose(
        model.component(theta, name), phase2.likelihood.model.component(theta, name), rtol=1e-9
    )


def test_gradient(phase2: Problem) -> None:
    model = with_templates(phase2.likelihood.model, _templates(phase2, ("7Be", "210Po", "85Kr")))
    theta = phase2.start.theta.copy()
    theta[MU_SQUARED] = 5.0
    found = model.jacobian(theta)
    for i, name in enumerate(NAMES):
        step = 1e-5 * max(abs(theta[i]), 0.1)
        high, low = theta.copy(), theta.copy()
        high[i] += step
        low[i] -= step
        numeric = (model.expected(high) - model.expected(low)) / (2.0 * step)
        assert np.abs(found[i] - numeric).max() < 1e-5 * max(np.abs(numeric).max(), 1e-9), name
    assert not found[INDEX["po210_width"]].any()


def test_fit_with_templates(phase2: Problem, card: Card, tmp_path: Path) -> None:
    """All species from templates: the response parameters have nothing to act on and are held."""
    path = tmp_path / "templates.csv"
    path.write_text(templates_text(_templates(phase2), {"title": "of the analytic model"}), encoding="utf-8")
    problem = asimov_problem(card, FitConfig(templates=str(path)), 920.85)
    assert {"light_yield", "resolution_a", "po210_peak", "c11_start"}.isdisjoint(problem.start.free)
    theta = problem.start.theta.copy()
    theta[INDEX["rate_7Be"]] *= 1.3
    result = fit(problem.likelihood, Start(theta, problem.start.free))
    assert result.valid
    assert result.value("rate_7Be") == pytest.approx(problem.start.theta[INDEX["rate_7Be"]], rel=1e-4)
    # knowing the response exactly makes the rates better known
    assert result.error("rate_7Be") < fit(phase2.likelihood, phase2.start).error("rate_7Be")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nh,7Be\n1,2\n2,3\n", "header lacks title"),
        ("# title: x\nnp,7Be\n1,2\n2,3\n", "no numeric column 'nh'"),
        ("# title: x\nnh,Be7\n1,2\n2,3\n", "unknown species 'Be7'"),
        ("# title: x\nnh,7Be\n1,2\n2,3\n4,3\n", "equal width"),
        ("# title: x\nnh,7Be\n1,2\n2,-3\n", "below zero"),
    ],
)
def test_bad_templates(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "templates.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFileError, match=message):
        read_templates(path, "nh")


def test_other_bins(phase2: Problem) -> None:
    other = _templates(phase2, ("7Be",))._replace(step=1.27)
    with pytest.raises(InputFileError, match="do not hold those of the fit"):
        with_templates(phase2.likelihood.model, other)
