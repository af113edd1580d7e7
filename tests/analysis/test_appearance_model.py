"""Expected prompt spectra: normalisations, folding, response."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.appearance.candidates import Candidates, Prompts
from analysis.appearance.config import PROMPT_OFFSET_MEV, AppearanceConfig
from analysis.appearance.model import AppearanceModel, Physics, build_model, read_physics
from analysis.appearance.prompt_response import fold, prompt_response, simulated_response
from sim.core.config import card_from_values
from sim.core.constants import FREE_PROTONS_PER_100T
from sim.physics.antineutrino_spectra import solar_cross_section
from sim.physics.ibd import mean_prompt_energy

NOTHING = Prompts(np.zeros(0), np.zeros(0))
CONFIG = AppearanceConfig()


@pytest.fixture(scope="module")
def physics() -> Physics:
    return read_physics(card_from_values("test", {}))


@pytest.fixture(scope="module")
def model(physics: Physics) -> AppearanceModel:
    return build_model(physics, CONFIG, Candidates(NOTHING, 1000.0, "test"))


def test_signal_is_flux_times_cross_section(physics: Physics, model: AppearanceModel) -> None:
    """All interactions of 1000 t years if every 8B neutrino were an antineutrino, by another route."""
    seconds = 365.25 * 86400.0
    expected = 10.0 * FREE_PROTONS_PER_100T * seconds * 5.46e6 * solar_cross_section("8B", physics.channel)
    assert model.interactions.sum() == pytest.approx(expected, rel=2e-4)
    assert model.signal(1.0).sum() == pytest.approx(0.85 * expected, rel=3e-3)  # a few beyond the range
    assert model.efficiency() == pytest.approx(0.85, rel=1e-9)


def test_flux_of_the_range(model: AppearanceModel) -> None:
    """The published pairs of flux and probability: 384 and 7.2e-5 [BX-ANTINU21], B16-GS98; rounding 1 %."""
    assert model.flux_above(1.8) == pytest.approx(384.0 / 7.2e-5, rel=0.01)
    assert model.flux_above(7.3, 2e-4) == pytest.approx(2e-4 * model.flux_above(7.3))
    rising = model.energy_mev / 10.0
    assert model.mean_probability(7.3, rising) > model.mean_probability(1.8, rising)


def test_rates_of_the_antineutrino_backgrounds(model: AppearanceModel) -> None:
    counts = {b.name: b.counts.sum() for b in model.backgrounds}
    assert counts["reactor"] == pytest.approx(5.08 * 10 * 0.85, rel=0.005)  # nothing of it is out of range
    assert counts["geo"] == pytest.approx(2.8 * 10 * 0.85, rel=0.03)  # some is smeared below 1.0 MeV
    assert counts["accidental"] == pytest.approx(0.80, rel=0.02)
    assert counts["9Li-8He"] == pytest.approx(0.30, rel=0.15)  # electrons below 1 MeV are lost
    assert all(np.all(b.counts >= 0.0) for b in model.backgrounds)
    assert {b.name: b.sigma for b in model.backgrounds}["geo"] == np.inf


def test_exposure_scales_everything(physics: Physics, model: AppearanceModel) -> None:
    twice = build_model(physics, CONFIG, Candidates(NOTHING, 2000.0, "test"))
    np.testing.assert_allclose(twice.background(), 2.0 * model.background())
    np.testing.assert_allclose(twice.per_probability, 2.0 * model.per_probability)


def test_a_simulation_brings_its_own_backgrounds(physics: Physics) -> None:
    accidental = Prompts(np.array([1.5, 9.0]), np.array([0.02, 0.01]))
    data = Candidates(NOTHING, 1000.0, "test", accidental=accidental, inner_veto_s=2.0)
    counts = {b.name: b.counts for b in build_model(physics, CONFIG, data).backgrounds}
    assert counts["accidental"].sum() == pytest.approx(0.03)
    # 9Li decays with a neutron, exp(-2 s/257.2 ms) of them outside the veto: 0.083 cpd/100 t
    assert counts["9Li-8He"].sum() == pytest.approx(
        0.083 * 365.25 * 10 * 0.508 * np.exp(-2 / 0.2572) * 0.8, rel=0.15
    )


@given(st.floats(1.9, 16.0))
def test_no_more_is_found_than_happens(energy: float) -> None:
    response = prompt_response(CONFIG, simulated=False)
    chance = fold(np.array([energy]), np.linspace(0.5, 20.0, 40), response)
    assert np.all(chance >= 0.0)
    assert chance.sum() <= 0.85 + 1e-12


def test_prompt_energies_are_where_they_belong() -> None:
    energy = np.array([4.0, 9.0])
    edges = np.linspace(0.0, 20.0, 2001)
    chance = fold(energy, edges, prompt_response(CONFIG, simulated=False))
    middles = 0.5 * (edges[1:] + edges[:-1])
    mean = chance @ middles / chance.sum(axis=1)
    np.testing.assert_allclose(mean, mean_prompt_energy(energy), atol=1e-3)
    np.testing.assert_allclose(mean, energy - PROMPT_OFFSET_MEV, atol=0.08)
    width = np.sqrt(chance @ middles**2 / chance.sum(axis=1) - mean**2)
    assert np.all(width > 0.05 * np.sqrt(mean))  # resolution, and the positron's angle
    np.testing.assert_allclose(width, 0.05 * np.sqrt(mean), rtol=0.08)


@given(st.lists(st.integers(100, 20_000), min_size=2, max_size=8, unique=True))
def test_charge_to_energy_rises(charges: list[int]) -> None:
    charge = np.sort(np.array(charges, dtype=np.float64))
    energy = simulated_response().energy_of(charge)
    assert np.all(np.diff(energy) > 0.0)


def test_charge_to_energy_inverts_the_table() -> None:
    response = simulated_response()
    assert response.charge_pe is not None
    np.testing.assert_allclose(response.energy_of(response.charge_pe), response.energy_mev)
    with pytest.raises(ValueError, match="no charge"):
        prompt_response(CONFIG, simulated=False).energy_of(np.array([500.0]))


def test_the_card_may_ask_for_another_response() -> None:
    ours = prompt_response(AppearanceConfig(efficiency=0.7), simulated=True)
    assert np.all(ours.efficiency == 0.7)
    assert ours.name == "simulation"
    assert prompt_response(AppearanceConfig(response="published"), simulated=True).name == "published"
    assert 0.7 < prompt_response(CONFIG, simulated=True).efficiency.mean() < 0.95
