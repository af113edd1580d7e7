"""Neutrons: waiting times, displacements, gammas; and the backgrounds that make them."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from sim.core.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.core.geometry import sphere_mass_t
from sim.core.primaries import BETA_LIKE, Block, Deposits, Primaries, empty_primaries, point_deposits
from sim.core.schema import SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.correlated import MEAN_LIFE_S, NEUTRON_BRANCH, prompt_spectrum
from sim.physics.muon_config import MuonsConfig
from sim.sources.alpha_neutron import build_alpha_neutron
from sim.sources.lithium import build_lithium
from sim.sources.muons import draw_muons
from sim.sources.neutron import (
    CARBON_CHANCE,
    CARBON_GAMMA_MEV,
    CASCADE_CHANCE,
    CASCADE_MEV,
    DIFFUSION_CM2_S,
    HYDROGEN_GAMMA_MEV,
    INVERSE_BETA,
    with_neutrons,
)
from sim.sources.source import Birks

SMALLEST_P = 1e-4
BIRKS = Birks(0.01098, 0.01042)
RADIUS_M = 4.25
N = 60_000
CAPTURE_TIME_US = 255.0
BLOCK = Block(40, 0, 1_323_820_800 * 10**9, 60 * SECONDS_PER_DAY)


@cache
def _neutrons() -> tuple[Primaries, Deposits]:
    prompt = empty_primaries(N)
    start = np.zeros((3, N))
    start[2] = 1.0
    deposits = point_deposits(prompt, BETA_LIKE, prompt.energy_mev)
    rng = np.random.default_rng(41)
    primaries, light = with_neutrons(rng, prompt, deposits, INVERSE_BETA, CAPTURE_TIME_US, BIRKS, start)
    return Primaries._make(column[N:] for column in primaries), light


def _uniform_in(values: np.ndarray, energy: np.ndarray, density: np.ndarray) -> float:
    total = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(energy) * (density[1:] + density[:-1]))])
    return float(stats.kstest(np.interp(values, energy, total / total[-1]), "uniform").pvalue)


def test_capture_times_are_exponential() -> None:
    time_us = _neutrons()[0].time_ns * 1e-3
    assert stats.kstest(time_us, stats.expon(scale=CAPTURE_TIME_US).cdf).pvalue > SMALLEST_P
    # share in the window of the search: 20 to 1280 us
    share = np.mean((time_us > 20.0) & (time_us < 1280.0))
    assert share == pytest.approx(0.918, abs=0.005)


def test_gamma_lines() -> None:
    captures, light = _neutrons()
    energy = captures.energy_mev
    carbon = energy > 4.0
    assert carbon.sum() == pytest.approx(N * CARBON_CHANCE, abs=5.0 * np.sqrt(N * CARBON_CHANCE))
    assert np.all(energy[~carbon] == HYDROGEN_GAMMA_MEV)
    cascade = carbon & (energy != CARBON_GAMMA_MEV)
    assert np.allclose(energy[cascade], sum(CASCADE_MEV))
    chance = cascade[carbon].mean()
    assert chance == pytest.approx(CASCADE_CHANCE, abs=5.0 * np.sqrt(0.32 * 0.68 / carbon.sum()))
    # all of it is deposited: the place is 4 m from the wall
    assert np.allclose(np.bincount(light.primary, light.deposited_mev, 2 * N)[N:], energy)


def test_displacement_grows_with_the_time_to_capture() -> None:
    captures, _ = _neutrons()
    variance_m2 = 2e-4 * (INVERSE_BETA.age_cm2 + DIFFUSION_CM2_S * captures.time_ns * 1e-9)
    for axis, mean in ((captures.x_m, 0.0), (captures.y_m, 0.0), (captures.z_m, INVERSE_BETA.forward_m)):
        pull = (axis - mean) / np.sqrt(variance_m2)
        assert stats.kstest(pull, "norm").pvalue > SMALLEST_P
    late = captures.time_ns > CAPTURE_TIME_US * 1e3
    assert captures.x_m[late].std() > 1.5 * captures.x_m[~late].std()


def test_displacement_is_a_decimetre() -> None:
    # distances of this size keep the 1 m cut of the searches nearly free of loss
    captures, _ = _neutrons()
    distance = np.sqrt(captures.x_m**2 + captures.y_m**2 + captures.z_m**2)
    assert np.sqrt(np.mean(distance**2)) == pytest.approx(0.108, abs=0.003)
    assert np.mean(distance > 0.5) < 2e-3


@pytest.mark.parametrize("species", ["9Li", "8He"])
def test_isotopes_after_muons(species: str) -> None:
    # muons rare enough that the last one is the parent
    channel = AntineutrinoConfig(li9_cpd_100t=100.0, he8_cpd_100t=300.0)
    config = MuonsConfig(inner_per_day=200.0)
    source = next(s for s in build_lithium(channel, config, RADIUS_M, BIRKS) if s.species == species)
    primaries, _ = source.generate(BLOCK)
    n = len(primaries.time_ns) // 2
    per_day = {"9Li": 100.0, "8He": 300.0}[species] * NEUTRON_BRANCH[species]
    muons = draw_muons(BLOCK, config)
    parents = np.sort(muons.time_ns[muons.inner])
    expected = per_day * 60.0 * sphere_mass_t(RADIUS_M) / 100.0
    # the number of muons fluctuates too
    assert abs(n - expected) < 4.0 * np.sqrt(expected + expected**2 / parents.size)
    time_ns = primaries.time_ns[:n]
    since_s = (time_ns - parents[np.searchsorted(parents, time_ns) - 1]) * 1e-9
    alone = np.diff(parents, append=np.inf) > 5e9
    parent_alone = alone[np.searchsorted(parents, time_ns) - 1]
    law = stats.expon(scale=MEAN_LIFE_S[species]).cdf
    assert stats.kstest(since_s[parent_alone & (since_s < 5.0)], law).pvalue > SMALLEST_P
    assert _uniform_in(primaries.energy_mev[:n], *prompt_spectrum(species)) > SMALLEST_P


def test_default_isotopes_in_a_veto_of_two_seconds() -> None:
    # exp(-2 / 0.257) of 9Li is left: 4e-4
    channel = AntineutrinoConfig(li9_cpd_100t=200.0)
    primaries, _ = build_lithium(channel, MuonsConfig(), RADIUS_M, BIRKS)[0].generate(BLOCK)
    time_ns = primaries.time_ns[: len(primaries.time_ns) // 2]
    muons = draw_muons(BLOCK, MuonsConfig())
    parents = muons.time_ns[muons.inner]
    since_s = (time_ns - parents[np.searchsorted(parents, time_ns) - 1]) * 1e-9
    assert time_ns.size > 10_000
    assert np.mean(since_s > 2.0) < 1.5e-3


def test_alpha_neutron_reactions() -> None:
    channel = AntineutrinoConfig(alpha_neutron_per_100t_y=2e4)
    (source,) = build_alpha_neutron(channel, RADIUS_M, BIRKS)
    primaries, _ = source.generate(BLOCK)
    n = len(primaries.time_ns) // 2
    expected = 2e4 * sphere_mass_t(RADIUS_M) / 100.0 * 60.0 / DAYS_PER_YEAR
    assert abs(n - expected) < 4.0 * np.sqrt(expected)
    assert np.all(primaries.species == SPECIES["alpha-n"])
    assert _uniform_in(primaries.energy_mev[:n], *prompt_spectrum("alpha-n")) > SMALLEST_P
