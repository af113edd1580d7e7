import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.constants import ELECTRON_MASS_MEV, NEUTRON_MASS_MEV, PROTON_MASS_MEV
from sim.core.errors import CardError
from sim.core.primaries import (
    ALPHA_LIKE,
    BETA_LIKE,
    Block,
    Deposits,
    Primaries,
    empty_primaries,
    point_deposits,
)
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.exposure import solar_direction
from sim.physics.ibd import THRESHOLD_MEV, differential_cross_section, total_cross_section
from sim.physics.muon_config import MuonsConfig
from sim.physics.solar_model import load_solar_model
from sim.sources.alpha_neutron import GAMMAS_ABOVE_MEV, build_alpha_neutron
from sim.sources.antineutrino import AntineutrinoSource, build_antineutrinos
from sim.sources.inverse_beta import positron_cosines
from sim.sources.lithium import build_lithium
from sim.sources.muons import draw_muons
from sim.sources.neutron import (
    CARBON_GAMMA_MEV,
    CASCADE_MEV,
    FORWARD_M,
    HYDROGEN_GAMMA_MEV,
    INVERSE_BETA,
    Moderation,
    with_neutrons,
)
from sim.sources.source import Birks, count_species

BIRKS = Birks(0.01098, 0.01042)
SITE = SiteConfig()
RADIUS_M = 4.25
START_NS = 1_340_280_000 * 10**9
BLOCK = Block(5, 2, START_NS, 10 * 86400.0)
CAPTURE = PROCESSES["neutron_capture"]


@cache
def _conversion(peak_kg: float | None = None) -> Conversion:
    return Conversion.build(
        load_solar_model("B16-GS98"),
        NeutrinoConfig(),
        SITE,
        field=FieldConfig(peak_kg=peak_kg),
        moment=MomentConfig(nature="majorana", mu12_bohr=1e-12),
    )


def _sources(peak_kg: float | None = None, **channel: float) -> dict[str, AntineutrinoSource]:
    built = build_antineutrinos(_conversion(peak_kg), AntineutrinoConfig(**channel), RADIUS_M, BIRKS)
    return {source.species: source for source in built}


@cache
def _pairs(species: str) -> tuple[Primaries, Deposits]:
    sources = _sources(
        conversion=1.0,
        boost=20.0,
        reactor_per_100t_y=1e5,
        geo_u238_per_100t_y=1e5,
        geo_th232_per_100t_y=1e5,
        atmospheric_per_100t_y=1e5,
    )
    return sources[species].generate(BLOCK)


ALL = ["8B", "hep", "reactor", "geo-238U", "geo-232Th", "atmospheric"]


@pytest.mark.parametrize("species", ALL)
def test_every_interaction_is_a_positron_and_a_capture(species: str) -> None:
    primaries, deposits = _pairs(species)
    prompt = primaries.process == PROCESSES["inverse_beta_decay"]
    late = primaries.process == CAPTURE
    n = int(prompt.sum())
    assert n == late.sum() == len(prompt) // 2 > 5
    assert np.array_equal(primaries.family[prompt], primaries.family[late])
    assert np.array_equal(np.unique(primaries.family), np.arange(n))
    assert np.all(primaries.time_ns[late] > primaries.time_ns[prompt])
    assert np.all((primaries.time_ns[prompt] >= 0) & (primaries.time_ns[prompt] <= BLOCK.live_s * 1e9))
    assert np.all(primaries.species == SPECIES[species])
    assert count_species(primaries)[species] == n
    solar = species in ("8B", "hep")
    assert np.all(primaries.pdg_birth == (12 if solar else -12))
    assert np.all(primaries.pdg_detector == -12)
    assert np.all(primaries.weight == (1.0 / 20.0 if solar else 1.0))
    assert np.all((primaries.birth_radius_rsun > 0.0) == solar)
    assert np.all(primaries.neutrino_energy_mev >= THRESHOLD_MEV)
    assert np.all(np.diff(deposits.primary) >= 0)
    assert np.all(deposits.kind == BETA_LIKE)


def test_solar_ones_do_not_reach_beyond_their_spectrum() -> None:
    assert _pairs("8B")[0].neutrino_energy_mev.max() < 16.6
    assert _pairs("geo-238U")[0].neutrino_energy_mev.max() < 3.4
    assert 8.0 < _pairs("reactor")[0].neutrino_energy_mev.max() < 13.0


@pytest.mark.parametrize("species", ["8B", "reactor"])
def test_energy_and_momentum_are_conserved(species: str) -> None:
    primaries, _ = _pairs(species)
    prompt = Primaries._make(
        column[primaries.process == PROCESSES["inverse_beta_decay"]] for column in primaries
    )
    e_nu = prompt.neutrino_energy_mev
    e_positron = prompt.energy_mev + ELECTRON_MASS_MEV
    momentum = np.sqrt(e_positron**2 - ELECTRON_MASS_MEV**2)
    direction = np.stack([prompt.dir_x, prompt.dir_y, prompt.dir_z])
    assert np.allclose(np.sum(direction**2, axis=0), 1.0)
    # the neutron takes the rest of energy and momentum: its mass gives the cosine, which for solar ones is
    # that of the angle to the Sun
    e_neutron = e_nu + PROTON_MASS_MEV - e_positron
    p2_neutron = e_neutron**2 - NEUTRON_MASS_MEV**2
    cosine = (e_nu**2 + momentum**2 - p2_neutron) / (2.0 * e_nu * momentum)
    assert np.all(np.abs(cosine) < 1.0 + 1e-6)
    if species == "8B":
        sun = solar_direction((START_NS + prompt.time_ns) * 1e-9, SITE)
        assert np.allclose(-np.sum(sun * direction, axis=0), cosine, atol=2e-4)
    else:
        assert abs(direction.mean(axis=1)).max() < 5.0 / np.sqrt(3 * len(e_nu))


def test_light_of_a_pair() -> None:
    primaries, deposits = _pairs("reactor")
    n = len(primaries.time_ns) // 2
    total = np.bincount(deposits.primary, deposits.deposited_mev, 2 * n)
    expected = primaries.energy_mev.copy()
    expected[:n] += 2.0 * ELECTRON_MASS_MEV
    assert np.all(total <= expected * (1 + 1e-12))
    radius = np.sqrt(primaries.x_m**2 + primaries.y_m**2 + primaries.z_m**2)
    deep = radius < 2.5  # no gamma leaves from there but one in a thousand
    assert np.mean(np.isclose(total[deep], expected[deep], rtol=1e-9)) > 0.99
    assert np.all(np.isin(np.round(primaries.energy_mev[n:], 3), [2.225, 4.946]))
    # some captures at the wall give no light at all; they stay in the list
    assert 0.01 < np.mean(total[n:] == 0.0) < 0.08


def test_the_two_ends_of_a_weighted_pair_weigh_the_same() -> None:
    plain = _sources(conversion=1.0)["8B"]
    boosted = _sources(conversion=1.0, boost=50.0)["8B"]
    assert plain.rate_per_s == boosted.rate_per_s
    one, _ = plain.generate(BLOCK)
    many, _ = boosted.generate(BLOCK)
    prompt = many.process == PROCESSES["inverse_beta_decay"]
    assert np.array_equal(many.weight[prompt], many.weight[~prompt])
    expected = plain.rate_per_s * BLOCK.live_s * 0.967  # June: 1/d^2
    assert abs(len(one.time_ns) / 2 - expected) < 5 * np.sqrt(expected)
    assert abs(many.weight[prompt].sum() - expected) < 5 * np.sqrt(expected / 50.0)


def test_a_conversion_of_the_card_wins_over_field_and_moment() -> None:
    by_field = _sources(1e4)["8B"].rate_per_s
    given = _sources(1e4, conversion=1e-3)["8B"].rate_per_s
    assert given == _sources(conversion=1e-3)["8B"].rate_per_s
    assert by_field != given
    # quadratic in the field while small
    assert _sources(1e4)["8B"].rate_per_s == pytest.approx(100.0 * _sources(1e3)["8B"].rate_per_s, rel=3e-3)


def test_the_same_block_gives_the_same_events_in_any_process() -> None:
    source = _sources(conversion=1.0)["8B"]
    first = source.generate(BLOCK)
    again = pickle.loads(pickle.dumps(source)).generate(BLOCK)
    for one, two in zip(first, again, strict=True):
        for a, b in zip(one, two, strict=True):
            assert np.array_equal(a, b)
    other = source.generate(Block(5, 3, START_NS, BLOCK.live_s))[0]
    assert not np.array_equal(first[0].neutrino_energy_mev[:5], other.neutrino_energy_mev[:5])


@pytest.mark.parametrize("constants", ["2022", "2003"])
def test_table_of_cosines(constants: str) -> None:
    table = positron_cosines(constants)
    cosine = np.linspace(-1.0, 1.0, 201)
    for energy in np.linspace(THRESHOLD_MEV + 0.01, 34.0, 150):
        row = int(np.searchsorted(table.rows, energy)) - 1
        t = (energy - table.rows[row]) / (table.rows[row + 1] - table.rows[row])
        low, high = (
            np.interp(cosine, table.edge, np.append(table.left[k], table.right[k, -1]))
            for k in (row, row + 1)
        )
        exact = differential_cross_section(energy, cosine, constants) / total_cross_section(energy, constants)
        assert np.allclose((1.0 - t) * low + t * high, exact, atol=1e-4)


# -- neutrons


@given(st.integers(0, 40), st.floats(0.0, 100.0), st.floats(1.0, 1000.0))
def test_any_number_of_neutrons(n: int, age_cm2: float, capture_time_us: float) -> None:
    prompt = empty_primaries(n)
    prompt.weight[:] = 0.25
    deposits = point_deposits(prompt, BETA_LIKE, prompt.energy_mev)
    rng = np.random.default_rng(n)
    primaries, late = with_neutrons(rng, prompt, deposits, Moderation(age_cm2), capture_time_us, BIRKS)
    assert len(primaries.time_ns) == 2 * n
    assert np.all(primaries.weight == 0.25)
    assert np.array_equal(primaries.process == CAPTURE, np.arange(2 * n) >= n)
    assert np.array_equal(primaries.family, np.tile(np.arange(n), 2))
    captured = np.bincount(late.primary, late.deposited_mev, 2 * n)[n:]
    assert np.allclose(captured, primaries.energy_mev[n:])  # all from the centre: contained


def test_gammas_of_a_capture() -> None:
    assert sum(CASCADE_MEV) == pytest.approx(CARBON_GAMMA_MEV, abs=1e-3)
    assert HYDROGEN_GAMMA_MEV < CARBON_GAMMA_MEV
    assert INVERSE_BETA.forward_m == FORWARD_M


# -- backgrounds with a neutron


def test_decays_follow_muons_through_the_scintillator() -> None:
    channel, config = (
        AntineutrinoConfig(li9_cpd_100t=300.0, he8_cpd_100t=300.0),
        MuonsConfig(inner_per_day=200.0),
    )
    muons = draw_muons(BLOCK, config)
    parents = np.sort(muons.time_ns[muons.inner])
    for source in build_lithium(channel, config, RADIUS_M, BIRKS):
        primaries, deposits = source.generate(BLOCK)
        n = len(primaries.time_ns) // 2
        assert n > 1000
        time_ns = primaries.time_ns[:n]
        since_s = (time_ns - parents[np.searchsorted(parents, time_ns) - 1]) * 1e-9
        assert since_s.min() >= 0.0
        assert np.mean(since_s > 3.0) < 0.01
        assert np.all(primaries.species == SPECIES[source.species])
        assert np.all(primaries.process[:n] == PROCESSES["decay"])
        assert np.all(deposits.kind == BETA_LIKE)


def test_no_muons_no_isotopes() -> None:
    channel = AntineutrinoConfig()
    primaries, _ = build_lithium(channel, MuonsConfig(inner_per_day=1e-9), RADIUS_M, BIRKS)[0].generate(BLOCK)
    assert len(primaries.time_ns) == 0
    with pytest.raises(CardError, match=r"muons\.inner_per_day"):
        build_lithium(channel, MuonsConfig(inner_per_day=0.0), RADIUS_M, BIRKS)
    silent = AntineutrinoConfig(li9_cpd_100t=0.0, he8_cpd_100t=0.0)
    assert build_lithium(silent, MuonsConfig(inner_per_day=0.0), RADIUS_M, BIRKS) == []


def test_alpha_neutron_light() -> None:
    channel = AntineutrinoConfig(alpha_neutron_per_100t_y=1e5)
    (source,) = build_alpha_neutron(channel, RADIUS_M, BIRKS)
    primaries, deposits = source.generate(BLOCK)
    n = len(primaries.time_ns) // 2
    assert np.all(primaries.process[:n] == PROCESSES["alpha_neutron"])
    prompt = deposits.primary < n
    assert np.array_equal(deposits.visible_mev[prompt], primaries.energy_mev[:n])
    bright = deposits.visible_mev[prompt] > GAMMAS_ABOVE_MEV
    assert 0.05 < bright.mean() < 0.25
    assert np.array_equal(deposits.kind[prompt], np.where(bright, BETA_LIKE, ALPHA_LIKE))
