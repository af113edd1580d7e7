"""Gammas from outside in the fit."""

import numpy as np
import pytest

from analysis.asimov import asimov_problem, centred_problem, expected_unit_counts
from analysis.config import FitConfig
from analysis.fit import fit
from analysis.parameters import INDEX
from analysis.problem import Problem
from analysis.species import EXTERNAL, build_spectra
from sim.core.config import Card, card_from_values

RATES = tuple(f"rate_{name}" for name in EXTERNAL)


def test_starts_are_those_of_the_card(phase2: Problem) -> None:
    theta = phase2.start.theta
    assert theta[INDEX["rate_ext_k40_bi214"]] == pytest.approx(1.5)
    assert theta[INDEX["rate_ext_tl208"]] == pytest.approx(1.4)
    assert set(RATES) <= set(phase2.start.free)
    for name in EXTERNAL:  # normalised above 0.2 MeV, and next to nothing is below
        assert phase2.spectra.weak[name].sum() == pytest.approx(1.0, abs=0.01)


def test_both_rates_come_back(phase2: Problem) -> None:
    result = fit(phase2.likelihood, phase2.start)
    assert result.valid
    assert result.value("rate_ext_tl208") == pytest.approx(1.4, abs=0.02)
    assert result.error("rate_ext_tl208") < 0.4
    assert result.value("rate_ext_k40_bi214") == pytest.approx(1.5, abs=0.05)


def test_data_without_them(phase2: Problem) -> None:
    truth = phase2.start.theta.copy()
    truth[[INDEX[name] for name in RATES]] = 0.0
    problem = centred_problem(phase2, truth, expected_unit_counts(phase2, truth))
    result = fit(problem.likelihood, phase2.start)
    assert result.valid
    for name in RATES:
        assert result.value(name) < 0.1
    assert result.value("rate_7Be") == pytest.approx(truth[INDEX["rate_7Be"]], abs=0.2)


def test_a_card_without_them_still_has_shapes() -> None:
    none = dict.fromkeys(("external_k40_cpd_100t", "external_bi214_cpd_100t", "external_tl208_cpd_100t"), 0.0)
    card = card_from_values("none", {"backgrounds": none})
    spectra = build_spectra(card, FitConfig())
    assert all(spectra.weak[name].sum() > 0.9 for name in EXTERNAL)


def test_a_range_without_them_holds_them(card: Card) -> None:
    problem = asimov_problem(card, FitConfig(range=(150.0, 200.0)), 100.0)
    assert not set(RATES) & set(problem.start.free)


def test_the_light_of_gammas_from_outside(card: Card) -> None:
    nominal, simulated, given = (
        build_spectra(card, config).weak["ext_tl208"]
        for config in (FitConfig(), FitConfig(response="simulation"), FitConfig(external_light=1.1))
    )
    place = np.arange(nominal.size)
    means = [(spectrum @ place) / spectrum.sum() for spectrum in (nominal, simulated, given)]
    assert means[0] / means[1] == pytest.approx(1.0228 / 0.974, abs=0.003)
    assert means[2] / means[1] == pytest.approx(1.1 / 0.974, abs=0.01)
