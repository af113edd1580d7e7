"""Samplers of inverse beta decay against the physics they stand for: fixed seeds, p-values of at least 1e-4."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim.core.constants import DAYS_PER_YEAR, ELECTRON_MASS_MEV
from sim.core.geometry import sphere_mass_t
from sim.core.primaries import Block, Primaries
from sim.core.schema import PROCESSES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.antineutrino_spectra import interacting_spectrum, solar_interactions_per_100t_y
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.exposure import inverse_distance_squared, solar_direction
from sim.physics.ibd import differential_cross_section, mean_prompt_energy, positron_energy
from sim.physics.sfp_path import BirthWindow
from sim.physics.solar_model import load_solar_model
from sim.sources.antineutrino import build_antineutrinos
from sim.sources.source import Birks

SMALLEST_P = 1e-4
BIRKS = Birks(0.01098, 0.01042)
SITE = SiteConfig()
RADIUS_M = 4.25
YEAR = Block(30, 0, 1_323_820_800 * 10**9, DAYS_PER_YEAR * 86400.0)
FIELD_KG = 3e4
CHANNELS = {
    "8B": AntineutrinoConfig(conversion=1.0, boost=5.0),
    "hep": AntineutrinoConfig(conversion=1.0, boost=2000.0),
    "reactor": AntineutrinoConfig(reactor_per_100t_y=2e4),
    "geo-238U": AntineutrinoConfig(geo_u238_per_100t_y=2e4),
    "geo-232Th": AntineutrinoConfig(geo_th232_per_100t_y=2e4),
    "atmospheric": AntineutrinoConfig(atmospheric_per_100t_y=2e4),
}
ALL = tuple(CHANNELS)


@cache
def _conversion(peak_kg: float | None = None) -> Conversion:
    moment = MomentConfig(nature="majorana", mu12_bohr=1e-12)
    sun = load_solar_model("B16-GS98")
    return Conversion.build(sun, NeutrinoConfig(), SITE, field=FieldConfig(peak_kg=peak_kg), moment=moment)


def _generate(species: str, channel: AntineutrinoConfig, peak_kg: float | None = None) -> Primaries:
    sources = build_antineutrinos(_conversion(peak_kg), channel, RADIUS_M, BIRKS)
    return next(s for s in sources if s.species == species).generate(YEAR)[0]


@cache
def _prompts(species: str) -> Primaries:
    primaries = _generate(species, CHANNELS[species])
    first = primaries.process == PROCESSES["inverse_beta_decay"]
    return Primaries._make(column[first] for column in primaries)


@cache
def _spectrum(species: str) -> tuple[np.ndarray, np.ndarray]:
    if species in ("8B", "hep"):
        flux = _conversion().sun.flux(species)
        return solar_interactions_per_100t_y(species, flux, 1.0, CHANNELS[species])
    return interacting_spectrum(species, NeutrinoConfig(), CHANNELS[species])


def _cumulative(energy: np.ndarray, density: np.ndarray) -> np.ndarray:
    total = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(energy) * (density[1:] + density[:-1]))])
    return total / total[-1]


@pytest.mark.parametrize("species", ALL)
def test_neutrino_energies(species: str) -> None:
    energy, density = _spectrum(species)
    at = np.interp(_prompts(species).neutrino_energy_mev, energy, _cumulative(energy, density))
    assert at.size > 10_000
    # knots every 0.01 MeV, density linear between: the cumulative here is off by 1e-5
    assert stats.kstest(at, "uniform").pvalue > SMALLEST_P


@pytest.mark.parametrize("species", ALL)
def test_prompt_energies_are_the_integral_of_the_cross_section(species: str) -> None:
    prompts = _prompts(species)
    energy, density = _spectrum(species)
    # weights of (energy, cosine) cells give the spectrum of the positron's energy
    mid = 0.5 * (energy[1:] + energy[:-1])[:, None]
    mass = (0.5 * np.diff(energy) * (density[1:] + density[:-1]))[:, None]
    nodes, node_weights = np.polynomial.legendre.leggauss(12)
    weight = differential_cross_section(mid, nodes[None, :]) * node_weights
    weight *= mass / weight.sum(axis=1, keepdims=True)
    kinetic = positron_energy(mid, nodes[None, :]) - ELECTRON_MASS_MEV
    edges = np.quantile(prompts.energy_mev, np.linspace(0.0, 1.0, 41))
    edges[0], edges[-1] = 0.0, 100.0
    expected = np.histogram(kinetic, edges, weights=weight)[0]
    expected *= prompts.energy_mev.size / expected.sum()
    found = np.histogram(prompts.energy_mev, edges)[0]
    chi2 = np.sum((found - expected) ** 2 / expected)
    assert stats.chi2.sf(chi2, 39) > SMALLEST_P
    # and the mean, by another function of the physics
    mean = np.trapezoid(density * mean_prompt_energy(energy), energy) / np.trapezoid(density, energy)
    visible = prompts.energy_mev + 2.0 * ELECTRON_MASS_MEV
    assert visible.mean() == pytest.approx(mean, abs=5.0 * visible.std() / np.sqrt(visible.size))


@pytest.mark.parametrize(
    ("species", "low", "high"), [("geo-238U", 1.9, 2.6), ("8B", 3.0, 6.0), ("8B", 9.0, 12.0)]
)
def test_positron_angles(species: str, low: float, high: float) -> None:
    prompts = _prompts(species)
    energy = prompts.neutrino_energy_mev
    chosen = (energy > low) & (energy < high)
    # the angle from the energies, by two-body kinematics: as drawn, since energies are a function of it
    knots = np.linspace(-1.0, 1.0, 401)
    at = np.empty(int(chosen.sum()))
    for i, row in enumerate(np.flatnonzero(chosen)):
        total = prompts.energy_mev[row] + ELECTRON_MASS_MEV
        rising = positron_energy(energy[row], knots)
        cosine = np.interp(total, rising, knots)
        density = differential_cross_section(energy[row], knots)
        at[i] = np.interp(cosine, knots, _cumulative(knots, density))
    assert at.size > 2000
    assert stats.kstest(at, "uniform").pvalue > SMALLEST_P


def test_solar_ones_fly_from_the_sun() -> None:
    prompts = _prompts("8B")
    sun = solar_direction((YEAR.start_ns + prompts.time_ns) * 1e-9, SITE)
    cosine = -(sun[0] * prompts.dir_x + sun[1] * prompts.dir_y + sun[2] * prompts.dir_z)
    energy, density = _spectrum("8B")
    nodes, weights = np.polynomial.legendre.leggauss(12)
    per = differential_cross_section(energy[1:, None], nodes[None, :]) * weights
    mean_cosine = (per * nodes).sum(axis=1) / per.sum(axis=1)
    expected = np.trapezoid(density[1:] * mean_cosine, energy[1:]) / np.trapezoid(density[1:], energy[1:])
    assert cosine.mean() == pytest.approx(expected, abs=5.0 * cosine.std() / np.sqrt(cosine.size))


def test_other_ones_come_from_everywhere() -> None:
    prompts = _prompts("reactor")
    for axis in (prompts.dir_x, prompts.dir_y, prompts.dir_z):
        assert stats.kstest(axis, stats.uniform(-1.0, 2.0).cdf).pvalue > SMALLEST_P
    assert stats.kstest(prompts.time_ns / (YEAR.live_s * 1e9), "uniform").pvalue > SMALLEST_P


def test_solar_ones_follow_the_distance() -> None:
    grid = YEAR.start_ns * 1e-9 + np.linspace(0.0, YEAR.live_s, 2001)
    factor = inverse_distance_squared(grid)
    at = np.interp(
        _prompts("8B").time_ns * 1e-9, np.linspace(0.0, YEAR.live_s, 2001), _cumulative(grid, factor)
    )
    assert stats.kstest(at, "uniform").pvalue > SMALLEST_P
    flat = _prompts("8B").time_ns / (YEAR.live_s * 1e9)
    assert stats.kstest(flat, "uniform").pvalue < 1e-2  # the same test sees the season


@pytest.mark.parametrize("species", ALL)
def test_rates(species: str) -> None:
    channel = CHANNELS[species]
    energy, density = _spectrum(species)
    rate = {"reactor": 2e4, "geo-238U": 2e4, "geo-232Th": 2e4, "atmospheric": 2e4}.get(species)
    if rate is None:
        season = inverse_distance_squared(YEAR.start_ns * 1e-9 + np.linspace(0.0, YEAR.live_s, 1001)).mean()
        rate = float(np.trapezoid(density, energy)) * channel.boost * season
    expected = rate * sphere_mass_t(RADIUS_M) / 100.0
    assert abs(_prompts(species).time_ns.size - expected) < 4.0 * np.sqrt(expected)


def test_vertices_fill_the_vessel() -> None:
    prompts = _prompts("reactor")
    radius = np.sqrt(prompts.x_m**2 + prompts.y_m**2 + prompts.z_m**2)
    assert stats.kstest((radius / RADIUS_M) ** 3, "uniform").pvalue > SMALLEST_P


def test_a_boost_changes_no_expectation() -> None:
    small = AntineutrinoConfig(conversion=1e-3)
    few = [_generate("8B", small)]
    many = [_generate("8B", small.model_copy(update={"boost": 1000.0}))]
    for primaries in (few[0], many[0]):
        assert primaries.weight.min() == primaries.weight.max()
    one, other = (float(p.weight.sum()) / 2.0 for p in (few[0], many[0]))
    assert abs(one - other) < 4.0 * np.sqrt(other)
    expected = _prompts("8B").weight.sum() * 1e-3
    assert other == pytest.approx(expected, rel=5.0 / np.sqrt(9000))


def test_birth_places_of_a_field_in_the_core() -> None:
    # antineutrinos come from where the field, and so the conversion, is strongest
    conversion = _conversion(FIELD_KG)
    source = build_antineutrinos(conversion, AntineutrinoConfig(), RADIUS_M, BIRKS)[0]
    expected = source.rate_per_s * YEAR.live_s
    primaries, _ = replace(source, boost=20_000.0 / expected).generate(YEAR)
    late = primaries.process == PROCESSES["neutron_capture"]
    radius, energy = primaries.birth_radius_rsun[late], primaries.neutrino_energy_mev[late]
    sun = conversion.sun
    grid = np.linspace(0.0025, 0.1825, 19)
    energies = np.linspace(3.0, 15.0, 5)
    table = np.array(
        [conversion.probabilities("8B", energies, birth=BirthWindow(x, 0.005)).anue for x in grid]
    )
    born = np.interp(grid, sun.radius, sun.production[sun.index("8B")])
    share = np.array([np.interp(energy, energies, row) for row in table]) * born[:, None]  # (radius, event)
    mean = (share * grid[:, None]).sum(axis=0) / share.sum(axis=0)
    plain = float(np.sum(grid * born) / np.sum(born))
    error = radius.std() / np.sqrt(radius.size)
    assert radius.mean() == pytest.approx(float(mean.mean()), abs=5.0 * error)
    assert abs(radius.mean() - plain) > 5.0 * error
