"""Spectra of interacting antineutrinos: norm, range, rates, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.antineutrino_spectra import (
    BACKGROUNDS,
    SOLAR,
    interacting_spectrum,
    interactions_per_100t_y,
    solar_cross_section,
    solar_interactions_per_100t_y,
)
from sim.physics.config import NeutrinoConfig
from sim.physics.geo_neutrinos import BRANCHES, endpoint, geo_density
from sim.physics.ibd import THRESHOLD_MEV, mean_prompt_energy, total_cross_section
from sim.physics.spectra import density, quadrature

NEUTRINO, CHANNEL = NeutrinoConfig(), AntineutrinoConfig()


@pytest.mark.parametrize("source", BACKGROUNDS)
def test_spectra_are_normalised_from_the_threshold_up(source):
    energy, density = interacting_spectrum(source, NEUTRINO, CHANNEL)
    assert energy[0] == THRESHOLD_MEV
    assert np.all(np.diff(energy) > 0.0)
    assert np.all(density >= 0.0)
    assert np.trapezoid(density, energy) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=15)
@given(st.floats(0.1, 0.9), st.floats(1e-5, 2e-4))
def test_only_reactors_feel_the_mixing(sin2, splitting):
    other = NeutrinoConfig(sin2_theta12=sin2, delta_m2_21_ev2=splitting)
    for source in BACKGROUNDS[1:]:
        np.testing.assert_array_equal(
            interacting_spectrum(source, other, CHANNEL).density_per_mev,
            interacting_spectrum(source, NEUTRINO, CHANNEL).density_per_mev,
        )
    reactor = interacting_spectrum("reactor", other, CHANNEL)
    assert np.trapezoid(reactor.density_per_mev, reactor.energy_mev) == pytest.approx(1.0)


def test_reactors_keep_their_oscillation_pattern():
    """Stations from 400 to 1500 km do not wash it out above 4 MeV: the ratio to no mixing swings by 10 %."""
    plain = NeutrinoConfig(sin2_theta12=0.0, sin2_theta13=0.0)
    energy, density = interacting_spectrum("reactor", NEUTRINO, CHANNEL)
    ratio = density / np.maximum(interacting_spectrum("reactor", plain, CHANNEL).density_per_mev, 1e-300)
    inside = (energy > 4.0) & (energy < 8.0)
    assert np.ptp(ratio[inside]) > 0.1


def test_atmospheric_antineutrinos_are_flat_in_the_prompt_energy():
    energy, density = interacting_spectrum("atmospheric", NEUTRINO, CHANNEL)
    prompt = mean_prompt_energy(energy)
    assert prompt[-1] == pytest.approx(30.0, abs=1e-3)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(energy) * (density[1:] + density[:-1]))])
    np.testing.assert_allclose(cumulative, (prompt - prompt[0]) / np.ptp(prompt), atol=1e-4)


@pytest.mark.parametrize("chain", BRANCHES)
def test_chains_end_at_their_endpoint(chain):
    top = endpoint(chain)
    assert geo_density(chain, top - 1e-3) > 0.0
    assert np.all(geo_density(chain, np.array([top, top + 0.1])) == 0.0)
    energy, density = interacting_spectrum(f"geo-{chain}", NEUTRINO, CHANNEL)
    assert energy[-1] == top
    shape = geo_density(chain, energy) * total_cross_section(energy)
    np.testing.assert_allclose(density * np.trapezoid(shape, energy), shape, rtol=1e-12)


def test_rates_are_those_of_the_card():
    channel = AntineutrinoConfig(
        reactor_per_100t_y=1.0,
        geo_u238_per_100t_y=2.0,
        geo_th232_per_100t_y=3.0,
        atmospheric_per_100t_y=4.0,
    )
    assert [interactions_per_100t_y(source, channel) for source in BACKGROUNDS] == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("component", SOLAR)
def test_solar_interactions_are_flux_times_cross_section(component):
    energy, rate = solar_interactions_per_100t_y(component, 1e6, 1e-3, CHANNEL)
    assert energy[0] == THRESHOLD_MEV
    expected = 6.01e30 * 365.25 * 86400.0 * 1e6 * 1e-3 * solar_cross_section(component, CHANNEL)
    assert np.trapezoid(rate, energy) == pytest.approx(expected, rel=1e-5)
    node, weight = quadrature(component, 400)
    mean = np.sum(weight * total_cross_section(node))
    assert mean == pytest.approx(solar_cross_section(component, CHANNEL), rel=1e-4)


@pytest.mark.parametrize("above", [0.0, 1.0, 1.8, 2.5, 7.3, 12.0])
def test_averages_above_an_energy(above):
    energy = np.linspace(0.0, 15.6, 30001)
    flux = np.where(energy >= above, density("8B", energy), 0.0)
    expected = np.sum(flux * total_cross_section(energy)) / np.sum(flux)
    assert solar_cross_section("8B", CHANNEL, above) == pytest.approx(expected, rel=1e-3)


@settings(max_examples=30)
@given(st.floats(0.0, 1.0), st.floats(1.0, 1e8), st.sampled_from(SOLAR))
def test_solar_interactions_are_linear(probability, flux, component):
    energy, rate = solar_interactions_per_100t_y(component, flux, probability, CHANNEL)
    _, unit = solar_interactions_per_100t_y(component, 1.0, 1.0, CHANNEL)
    np.testing.assert_allclose(rate, flux * probability * unit, rtol=1e-10, atol=1e-290)
    _, called = solar_interactions_per_100t_y(component, flux, lambda e: probability + 0.0 * e, CHANNEL)
    np.testing.assert_array_equal(called, rate)
    assert np.all(energy >= THRESHOLD_MEV)


def test_a_probability_over_energy_is_used_where_it_is():
    energy, rate = solar_interactions_per_100t_y("8B", 5e6, lambda e: np.where(e > 8.0, 1e-4, 0.0), CHANNEL)
    _, flat = solar_interactions_per_100t_y("8B", 5e6, 1e-4, CHANNEL)
    np.testing.assert_array_equal(rate, np.where(energy > 8.0, flat, 0.0))


def test_the_constants_of_the_card_count():
    old = AntineutrinoConfig(cross_section="2003")
    ratio = solar_cross_section("8B", CHANNEL) / solar_cross_section("8B", old)
    assert 1.006 < ratio < 1.009


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: interacting_spectrum("sun", NEUTRINO, CHANNEL), "unknown source of antineutrinos 'sun'"),
        (lambda: interactions_per_100t_y("geo", CHANNEL), "sources are reactor, geo-238U"),
        (lambda: solar_interactions_per_100t_y("pp", 1.0, 0.1, CHANNEL), "of 'pp' above 1.806 MeV"),
        (lambda: solar_interactions_per_100t_y("8B", 1.0, 1.5, CHANNEL), "to 1.5, must be in"),
        (lambda: solar_interactions_per_100t_y("8B", 1.0, float("nan"), CHANNEL), "must be in"),
        (lambda: solar_cross_section("8B", CHANNEL, 20.0), "energies above 20 MeV, expected 0 to 15"),
    ],
)
def test_errors_name_the_value(call, says):
    with pytest.raises(PhysicsError, match=says):
        call()
