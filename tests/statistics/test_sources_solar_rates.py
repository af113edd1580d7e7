"""The solar source against the rates of the fit: same physics, so spectra and totals must agree."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.core.geometry import sphere_mass_t
from sim.core.primaries import Block, Primaries
from sim.core.schema import PROCESSES
from sim.physics.arrival import arrival
from sim.physics.config import SOLAR_COMPONENTS, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.elastic import differential_cross_section, max_recoil, total_cross_section
from sim.physics.exposure import inverse_distance_squared, nadir_exposure, solar_nadir
from sim.physics.magnetic import RECOIL_FLOOR_MEV
from sim.physics.moments import mass_moments_squared, moment_matrix
from sim.physics.rates import recoil_rates
from sim.physics.solar_model import load_solar_model
from sim.physics.spectra import endpoint
from sim.sources.arriving import build_passage, masses_at
from sim.sources.solar import SolarSource
from sim.sources.source import Birks

SMALLEST_P = 1e-4
START_NS = 1_323_820_800 * 10**9
YEAR = Block(20, 0, START_NS, 365.25 * 86400.0)
RADIUS_M = 3.5
MASS_DAYS = sphere_mass_t(RADIUS_M) / 100.0 * 365.25
SITE = SiteConfig()
EXPOSURE = nadir_exposure(SITE, START_NS * 1e-9, 365.25)
MAJORANA = MomentConfig(nature="majorana", mu12_bohr=3e-11, mu13_bohr="1e-11i", mu23_bohr=6e-11)
TOP_7BE_MEV = 0.8693  # of the thermal profile


def _conversion(component: str, factor: float, day_night: str = "average") -> Conversion:
    sun = load_solar_model("B16-GS98").scaled(
        {name: factor * (name == component) for name in SOLAR_COMPONENTS}
    )
    return Conversion.build(sun, NeutrinoConfig(day_night=day_night), SITE, EXPOSURE)


def _year(component: str, process: str, wanted: float) -> tuple[Primaries, Conversion]:
    """About as many events of one component and process as wanted, spread over a year."""
    column = 1 if process == "elastic_weak" else 2
    conversion = _conversion(component, 1.0)
    whole = recoil_rates(arrival(component, conversion.sun, conversion, MAJORANA), np.array([0.0, np.inf]))
    conversion = _conversion(component, wanted / float(whole[column][0]) / MASS_DAYS)
    source = SolarSource.build(conversion, MAJORANA, RADIUS_M, Birks(0.011, 0.0104))
    part = source.components[0]
    silent = part.weak._replace(rate_per_s=0.0)
    part = replace(part, magnetic=None) if process == "elastic_weak" else replace(part, weak=silent)
    return replace(source, components=(part,)).generate(YEAR)[0], conversion


def _check(component: str, process: str, wanted: float) -> None:
    primaries, conversion = _year(component, process, wanted)
    assert np.all(primaries.process == PROCESSES[process])
    top = max_recoil(TOP_7BE_MEV if component == "7Be" else endpoint(component)) * (1.0 + 1e-9)
    lowest = 0.0 if process == "elastic_weak" else RECOIL_FLOOR_MEV
    edges = np.linspace(lowest, top, 81)
    rates = recoil_rates(arrival(component, conversion.sun, conversion, MAJORANA), edges)
    expected = rates[1 if process == "elastic_weak" else 2] * MASS_DAYS
    found = np.histogram(primaries.energy_mev, edges)[0]
    n = len(primaries.energy_mev)
    assert found.sum() == n
    assert abs(n - expected.sum()) < 4 * np.sqrt(n) + 2e-4 * n  # sum of 1/d^2 over the year: 1.0001
    good = expected > 20
    chi2 = np.sum((found - expected)[good] ** 2 / expected[good])
    assert stats.chi2.sf(chi2, good.sum()) > SMALLEST_P


@pytest.mark.parametrize("component", ["pp", "7Be", "pep", "8B"])
@pytest.mark.parametrize("process", ["elastic_weak", "elastic_magnetic"])
def test_recoil_spectrum_and_rate(component: str, process: str) -> None:
    _check(component, process, 1.5e5)


@pytest.mark.slow
@pytest.mark.parametrize("component", SOLAR_COMPONENTS)
@pytest.mark.parametrize("process", ["elastic_weak", "elastic_magnetic"])
def test_recoil_spectrum_and_rate_of_a_million(component: str, process: str) -> None:
    _check(component, process, 1e6)


def test_events_follow_the_distance_of_the_sun() -> None:
    primaries, _ = _year("7Be", "elastic_weak", 4e5)
    edges = np.linspace(0.0, YEAR.live_s, 25)
    middle = START_NS * 1e-9 + 0.5 * (edges[1:] + edges[:-1])
    factor = inverse_distance_squared(middle)
    expected = len(primaries.time_ns) * factor / factor.sum()
    found = np.histogram(primaries.time_ns * 1e-9, edges)[0]
    assert stats.chi2.sf(np.sum((found - expected) ** 2 / expected), 23) > SMALLEST_P
    flat = expected.mean()
    assert np.sum((found - flat) ** 2 / flat) > 150  # the test would see a Sun that stands still


def test_nights_are_brighter_for_boron() -> None:
    primaries, _ = _year("8B", "elastic_weak", 5e5)
    times = START_NS * 1e-9 + primaries.time_ns * 1e-9
    night = np.mean(solar_nadir(times, SITE) < 90.0)
    rates = {}
    for choice in ("day", "night"):
        fixed = _conversion("8B", 1.0, choice)
        rates[choice] = recoil_rates(arrival("8B", fixed.sun, fixed, MAJORANA), np.array([0.0, np.inf]))[1][0]
    dark = rates["night"] * (1.0 - EXPOSURE.day)
    expected = dark / (dark + rates["day"] * EXPOSURE.day)
    assert night == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(len(times)))
    assert expected > (1.0 - EXPOSURE.day) + 2e-3


def test_flavours_have_their_share_of_the_rate() -> None:
    primaries, conversion = _year("pep", "elastic_weak", 3e5)
    energy = np.array([endpoint("pep")])
    at = conversion.averaged("pep", energy)
    sigma_e, sigma_x = (total_cross_section(state, energy)[0] for state in ("nue", "nux"))
    share = np.array([at.nue[0] * sigma_e, at.numu[0] * sigma_x, at.nutau[0] * sigma_x])
    found = np.array([np.sum(primaries.pdg_detector == pdg) for pdg in (12, 14, 16)])
    expected = found.sum() * share / share.sum()
    assert stats.chi2.sf(np.sum((found - expected) ** 2 / expected), 2) > SMALLEST_P
    # recoils of each flavour have its own cross section
    edges = np.linspace(0.0, max_recoil(energy[0]) * (1 + 1e-9), 41)
    fine = np.linspace(0.0, edges[-1], 40 * 50 + 1)
    for state, pdgs in (("nue", (12,)), ("nux", (14, 16))):
        recoil = primaries.energy_mev[np.isin(primaries.pdg_detector, pdgs)]
        middle = 0.5 * (fine[1:] + fine[:-1])
        content = differential_cross_section(state, middle, energy).reshape(40, 50).sum(axis=1)
        model = len(recoil) * content / content.sum()
        chi2 = np.sum((np.histogram(recoil, edges)[0] - model) ** 2 / model)
        assert stats.chi2.sf(chi2, 39) > SMALLEST_P


def test_births_follow_the_production_profile_times_what_their_states_do() -> None:
    primaries, conversion = _year("pep", "elastic_magnetic", 1e5)
    births = conversion.sun.births("pep")
    passage = build_passage(conversion)
    masses = np.array([masses_at(passage, float(endpoint("pep")), radius)[:3] for radius in births.node])
    weight = births.weight * (masses @ mass_moments_squared(moment_matrix(MAJORANA)))
    mean = float(births.node @ weight / weight.sum())
    sigma = primaries.birth_radius_rsun.std() / np.sqrt(len(primaries.time_ns))
    assert abs(primaries.birth_radius_rsun.mean() - mean) < 4 * sigma
    # the state at birth matters: dense places make more of the second mass state, which scatters more
    assert float(births.node @ births.weight) > mean + 4 * sigma
