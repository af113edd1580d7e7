"""Reactor antineutrinos: continuation of the spectra, distances, survival."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.tables import load_table
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.mixing import mixing
from sim.physics.reactor import (
    FISSIONS,
    fission_spectrum,
    isotope_spectrum,
    reactor_flux,
    released_mev,
    sites,
    survival,
)

NEUTRINO = NeutrinoConfig()


def test_shares_are_those_of_one_fission():
    assert sum(fission.share for fission in FISSIONS.values()) == pytest.approx(1.0)
    assert 202.0 < released_mev() < 210.0


@pytest.mark.parametrize("isotope", FISSIONS)
def test_the_continuation_is_smooth_and_falls(isotope):
    step = 1e-4
    below, at, above = isotope_spectrum(isotope, 8.0 + step * np.array([-1.0, 0.0, 1.0]))
    assert np.log(at / below) == pytest.approx(np.log(above / at), rel=1e-3)
    spectrum = isotope_spectrum(isotope, np.linspace(1.8, 13.0, 300))
    assert np.all(np.diff(spectrum) < 0.0)
    assert np.all(spectrum > 0.0)


def test_the_mean_fuel_lies_between_its_isotopes():
    energy = np.linspace(1.8, 10.0, 50)
    each = np.array([isotope_spectrum(isotope, energy) for isotope in FISSIONS])
    mean = fission_spectrum(energy)
    assert np.all((mean > each.min(axis=0)) & (mean < each.max(axis=0)))


def test_distances_are_chords():
    """A degree of latitude is 111.2 km of arc; the antipode is two radii away."""
    table = load_table("reactor_sites")
    row = int(np.flatnonzero(table.text("site") == "Cernavoda")[0])
    place = (table.numbers("latitude_deg")[row], table.numbers("longitude_deg")[row])
    one_degree = sites(SiteConfig(latitude_deg=place[0] + 1.0, longitude_deg=place[1]))
    assert one_degree.distance_km[0] == pytest.approx(111.19, abs=0.05)
    antipode = sites(SiteConfig(latitude_deg=-place[0], longitude_deg=place[1] - 180.0 + 1e-4))
    assert antipode.distance_km[-1] == pytest.approx(2.0 * 6371.0, rel=1e-6)
    assert np.all(np.diff(sites(SiteConfig()).distance_km) > 0.0)


def test_every_station_is_usable():
    table = load_table("reactor_sites")
    assert len(set(table.text("site"))) == len(table.text("site"))
    assert np.all(np.abs(table.numbers("latitude_deg")) <= 90.0)
    assert np.all(np.abs(table.numbers("longitude_deg")) <= 180.0)
    assert np.all(table.numbers("thermal_gw") > 0.0)
    assert np.all((table.numbers("load") > 0.0) & (table.numbers("load") <= 1.0))


@given(
    st.floats(1.8, 12.0), st.floats(0.0, 1.3e4), st.floats(0.1, 0.9), st.floats(0.0, 0.1), st.floats(0.0, 0.1)
)
def test_survival_is_a_probability(energy, distance, sin2_12, sin2_13, step):
    neutrino = NeutrinoConfig(sin2_theta12=sin2_12, sin2_theta13=sin2_13)
    chance = survival(np.array([energy]), np.array([distance]), neutrino, step)
    assert chance.shape == (1, 1)
    assert -1e-12 <= chance[0, 0] <= 1.0 + 1e-12


def test_survival_follows_the_two_flavour_formula():
    """1 - sin^2(2 theta) sin^2(1.267 dm^2 L/E), L in km, E in GeV, dm^2 in eV^2 [PDG22]."""
    neutrino = NeutrinoConfig(sin2_theta13=0.0)
    energy, distance = np.linspace(2.0, 8.0, 60), np.array([500.0, 1000.0])
    s2 = neutrino.sin2_theta12
    phase = 1.26693 * neutrino.delta_m2_21_ev2 * distance[:, None] / (1e-3 * energy)
    expected = 1.0 - 4.0 * s2 * (1.0 - s2) * np.sin(phase) ** 2
    np.testing.assert_allclose(survival(energy, distance, neutrino, 0.0), expected, atol=2e-4)


def test_the_energy_average_is_the_mean_over_the_step():
    energy, step, distance = 3.0, 0.05, np.array([2000.0])
    fine = np.linspace(energy - 0.5 * step, energy + 0.5 * step, 2001)
    mean = np.mean(survival(fine, distance, NEUTRINO, 0.0))
    blurred = survival(np.array([energy]), distance, NEUTRINO, step)[0, 0]
    assert blurred == pytest.approx(mean, abs=2e-3)
    assert abs(blurred - survival(np.array([energy]), distance, NEUTRINO, 0.0)[0, 0]) > 0.01


def test_far_stations_see_the_incoherent_mean():
    weight = mixing(NEUTRINO).flavour[0]
    far = survival(np.linspace(2.0, 3.0, 5), np.array([1e9]), NEUTRINO, 0.1)
    np.testing.assert_allclose(far, np.sum(weight**2), atol=1e-3)


def test_flux_of_one_lonely_station(monkeypatch):
    """3 GW at 100 km without oscillations: fissions a second over the sphere, times the spectrum."""
    from sim.physics import reactor

    monkeypatch.setattr(reactor, "sites", lambda _: reactor.Sites(np.array([100.0]), np.array([3.0])))
    energy = np.linspace(1.9, 8.0, 30)
    flux = reactor_flux(energy, NeutrinoConfig(sin2_theta12=0.0, sin2_theta13=0.0), SiteConfig())
    fissions = 3e9 / (released_mev() * 1.602176634e-13)
    np.testing.assert_allclose(flux, fission_spectrum(energy) * fissions / (4.0 * np.pi * 1e14), rtol=1e-9)
