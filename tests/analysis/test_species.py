"""Visible-energy spectra of the species: normalisation, edges, constraint coefficients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.config import FitConfig
from analysis.gallium import gallium_constraint
from analysis.parameters import INDEX, NAMES, SOLAR_RATES
from analysis.problem import PILE_UP_WINDOW, Problem
from analysis.species import BETAS, EDGES_MEV, to_visible
from sim.core.config import Card
from sim.physics.quenching import visible_energy_electron

CENTRES = 0.5 * (EDGES_MEV[1:] + EDGES_MEV[:-1])


def test_normalised(phase2: Problem) -> None:
    for name in ("pp", "7Be", "pep", *BETAS):
        assert phase2.spectra.weak[name].sum() == pytest.approx(1.0, abs=2e-3), name
    assert phase2.spectra.positron.sum() == pytest.approx(1.0, abs=1e-3)
    assert phase2.spectra.pile_up.sum() == pytest.approx(1.0, abs=1e-3)


def test_rates_of_the_solar_model(phase2: Problem) -> None:
    """B16-GS98: pp 131.1, 7Be 47.9, pep 2.74, CNO 4.92 cpd/100 t within 1.5 %."""
    for name, expected in {"pp": 131.1, "7Be": 47.9, "pep": 2.74, "CNO": 4.92}.items():
        assert phase2.spectra.ssm_cpd_100t[name] == pytest.approx(expected, rel=0.015)


@given(bin_number=st.integers(40, 4000))
def test_quenching_moves_a_line(bin_number: int) -> None:
    counts = np.zeros(CENTRES.size)
    counts[bin_number] = 1.0
    visible = to_visible(counts, "electron", 0.01098)
    assert visible.sum() == pytest.approx(1.0)
    assert visible @ CENTRES == pytest.approx(
        float(visible_energy_electron(CENTRES[bin_number], 0.01098)), abs=3e-4
    )


def test_beryllium_ends_at_its_recoil_edge(phase2: Problem) -> None:
    last = CENTRES[np.nonzero(phase2.spectra.weak["7Be"] > 1e-5)[0][-1]]
    assert last == pytest.approx(float(visible_energy_electron(0.665, 0.01098)), abs=5e-3)  # thermal width


def test_gallium_constraint(card: Card, phase2: Problem) -> None:
    constraint = gallium_constraint(card, FitConfig())
    total = constraint.coefficients @ phase2.start.theta
    assert total == pytest.approx(64.9, abs=1.0)  # B16-GS98, oscillated
    assert constraint.sigma == pytest.approx(4.13, abs=0.01)
    assert {NAMES[i] for i in np.nonzero(constraint.coefficients)[0]} == {f"rate_{n}" for n in SOLAR_RATES}
    pp = constraint.coefficients[INDEX["rate_pp"]] * phase2.spectra.ssm_cpd_100t["pp"]
    assert pp == pytest.approx(38.28, rel=0.02)


def test_pile_up_is_constrained_in_its_window(phase2: Problem) -> None:
    model = phase2.likelihood.model
    counts = model.component(phase2.start.theta, "pile_up")
    low, high = PILE_UP_WINDOW
    inside = (model.centres() >= low) & (model.centres() <= high)
    assert counts[inside].sum() / model.bins.exposure_d_100t == pytest.approx(2.1, abs=0.04)
