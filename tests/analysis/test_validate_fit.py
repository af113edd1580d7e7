"""The moved response, and the fit of changed Asimov data: nothing moves where nothing changes."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.fit import Start
from analysis.parameters import INDEX
from analysis.response import electron_mean, load_response
from analysis.study.fit import (
    Acceptance,
    data_counts,
    data_problem,
    fit_changed,
    fit_section,
    fitted,
    model_problem,
    split_cards,
)
from analysis.study.response import Points, shifted_response, variance
from sim.core.config import read_card

BASE = load_response("simulation", "nh")
VISIBLE = np.array([0.13, 0.19, 0.33, 0.48, 0.64, 0.97, 1.55, 2.45])


def points(mean1, variance1, visible1=VISIBLE, wrong=0.0):
    """Points of a detector whose nominal means are off the response by ``wrong``."""
    mean0 = electron_mean(BASE, BASE.light_yield, VISIBLE)
    variance0 = variance(BASE, mean0)
    off = wrong * np.sin(9.0 * VISIBLE)
    return Points(
        VISIBLE, visible1, mean0 + off, mean1 + off, variance0 * 1.1, variance1 + 0.1 * variance0,
        np.full(8, 0.01), 0.01 * variance0, 1.02, 0.97,
    )  # fmt: skip


def test_no_change_gives_the_response_back():
    mean = electron_mean(BASE, BASE.light_yield, VISIBLE)
    same = shifted_response(BASE, points(mean, variance(BASE, mean), wrong=3.0))
    np.testing.assert_allclose(same[:-2], BASE[:-2], rtol=1e-6)
    assert same.po210_peak == pytest.approx(1.02 * BASE.po210_peak)
    assert same.po210_width == pytest.approx(0.97 * BASE.po210_width)


def test_a_known_response_is_found():
    truth = BASE._replace(
        light_yield=500.0, curvature=0.14, curvature_2=-0.013, resolution_a=1.3, yield_variance=4e-4
    )
    visible = 0.99 * VISIBLE
    mean = electron_mean(truth, truth.light_yield, visible)
    found = shifted_response(BASE, points(mean, variance(truth, mean), visible, wrong=3.0))
    for name in ("light_yield", "curvature", "curvature_2", "offset", "resolution_a", "yield_variance"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), rel=1e-6), name


@pytest.fixture(scope="module")
def nominal_card():
    return read_card("phase2")


@pytest.fixture(scope="module")
def nominal(nominal_card):
    problem = model_problem(nominal_card)
    return problem, fitted(problem)


def refit(nominal, card, response, acceptance=None):
    problem, _ = nominal
    counts = data_counts(data_problem(card, 0.0), card, response, acceptance or Acceptance())
    return fit_changed(problem, counts)


def test_the_nominal_detector_shifts_nothing(nominal, nominal_card):
    response = nominal[0].likelihood.model.response
    found, before = refit(nominal, nominal_card, response), nominal[1]
    assert found.limit_gallium == pytest.approx(before.limit_gallium, rel=1e-6)
    assert found.chi2 < 1e-6
    for name, value in found.values.items():
        assert value == pytest.approx(before.truth[name], rel=1e-4), name


def test_light_and_peak_are_free_in_the_fit_but_events_are_not(nominal, nominal_card):
    base = nominal[0].likelihood.model.response
    brighter = base._replace(light_yield=1.02 * base.light_yield, po210_peak=1.02 * base.po210_peak)
    found = refit(nominal, nominal_card, brighter, Acceptance(0.98, 0.97))
    assert found.values["light_yield"] == pytest.approx(brighter.light_yield, rel=1e-3)
    assert found.values["po210_peak"] == pytest.approx(brighter.po210_peak, rel=1e-3)
    # the noise of the dark hits does not grow with the light, as the free parameters of the fit have it
    assert found.values["rate_7Be"] == pytest.approx(0.98 * nominal[1].truth["rate_7Be"], rel=6e-3)
    assert found.values["rate_210Po"] == pytest.approx(0.97 * nominal[1].truth["rate_210Po"], rel=1e-3)
    assert found.valid


def test_a_far_response_gets_nodes_of_its_own_and_a_failed_fit_is_told(nominal_card):
    far = BASE._replace(light_yield=0.75 * BASE.light_yield, po210_peak=0.75 * BASE.po210_peak)
    problem = model_problem(nominal_card, far)
    assert problem.likelihood.model.response == far
    free = fitted(problem)
    assert free.valid
    assert free.values["rate_7Be"] == pytest.approx(free.truth["rate_7Be"], rel=1e-3)
    zeroed = problem.start.theta.copy()
    zeroed[INDEX["rate_11C"]] = 0.0  # then its start says nothing
    failed = fitted(replace(problem, start=Start(zeroed, problem.start.free)))
    assert not failed.valid
    assert failed.limit_gallium is None
    assert np.isnan(failed.values["rate_pp"])


def test_pile_up_of_the_data_moves_the_fit_and_none_of_it_more(nominal, nominal_card):
    response, before = nominal[0].likelihood.model.response, nominal[1]
    more = refit(nominal, nominal_card, response, Acceptance(pile_up=1.04))  # one sigma of its pull
    assert 0.2 < more.values["rate_pp"] - before.truth["rate_pp"] < 3.0
    assert more.limit_gallium > before.limit_gallium
    data, fit = split_cards(nominal_card, read_card("phase2", ["pile_up.c14=false"]))
    counts = data_counts(data_problem(data, 0.0), data, response, Acceptance())
    usual = data_counts(data_problem(nominal_card, 0.0), nominal_card, response, Acceptance())
    assert counts[:10].sum() < 0.8 * usual[:10].sum()
    np.testing.assert_allclose(counts[80:], usual[80:], rtol=1e-3)
    assert "c14_bq_100t" not in fit.values["backgrounds"] or fit.values["backgrounds"]["c14_bq_100t"] > 0
    none = fit_changed(nominal[0], counts)
    assert none.values["rate_pp"] < before.truth["rate_pp"] - 5.0 * before.errors["rate_pp"]
    assert none.chi2 > 50.0


def test_what_the_analysis_assumes_belongs_to_the_fit(nominal_card):
    varied = read_card(
        "phase2", ["fit.estimator=np_230", "fit.kb_cm_mev=0.012", "backgrounds.c14_bq_100t=41", "detector.dark.rate_hz=900"]
    )  # fmt: skip
    data, fit = split_cards(nominal_card, varied)
    assert data.values["fit"] == {"estimator": "np_230"}
    assert data.values["backgrounds"]["c14_bq_100t"] == 41
    assert fit.values["fit"] == {"estimator": "np_230", "kb_cm_mev": 0.012}
    assert fit.values["backgrounds"]["c14_bq_100t"] == 40.0
    ratio = fit_section(data).pulls["rate_pile_up"].value / fit_section(fit).pulls["rate_pile_up"].value
    assert ratio == pytest.approx((41 / 40) ** 2)
