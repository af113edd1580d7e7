import pickle
from functools import cache

import numpy as np
import pytest

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.errors import PhysicsError
from sim.core.primaries import BETA_LIKE, Block
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.config import MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.elastic import STATES, differential_cross_section, max_recoil, total_cross_section
from sim.physics.exposure import NadirExposure, solar_direction, solar_nadir
from sim.physics.solar_model import load_solar_model
from sim.sources.arriving import States, build_passage, flavours_at, masses_at
from sim.sources.recoil import cross_section_ratios, weak_recoil
from sim.sources.sky import block_sky, sun_at
from sim.sources.solar import SolarSource
from sim.sources.source import Birks, count_species

BIRKS = Birks(0.01098, 0.01042)
SITE = SiteConfig()
DAY = 86400.0
START_NS = 1_340_280_000 * 10**9  # 2012-06-21 12:00


@cache
def _conversion(day_night: str = "average", **scale: float) -> Conversion:
    sun = load_solar_model("B16-GS98")
    if scale:
        sun = sun.scaled({name: scale.get(name.replace("7Be", "Be"), 0.0) for name in sun.components})
    return Conversion.build(sun, NeutrinoConfig(day_night=day_night), SITE)


@cache
def _source(moment: float = 0.0, **scale: float) -> SolarSource:
    return SolarSource.build(_conversion(**scale), MomentConfig(mu_eff_bohr=moment), 3.5, BIRKS)


def test_a_day_holds_every_column() -> None:
    primaries, deposits = _source(1e-10).generate(Block(1, 0, START_NS, DAY))
    counts = count_species(primaries)
    assert counts["pp"] > 100
    assert counts["7Be"] > 30
    assert sum(counts.values()) == len(primaries.time_ns)
    assert np.all(primaries.pdg_birth == 12)
    assert set(np.unique(primaries.pdg_detector)) == {12, 14, 16}
    assert set(np.unique(primaries.process)) == {PROCESSES["elastic_weak"], PROCESSES["elastic_magnetic"]}
    assert np.all((primaries.time_ns >= 0) & (primaries.time_ns <= DAY * 1e9))
    assert np.all((primaries.birth_radius_rsun > 0) & (primaries.birth_radius_rsun < 0.5))
    assert np.all(primaries.x_m**2 + primaries.y_m**2 + primaries.z_m**2 <= 3.5**2)
    assert np.all(primaries.weight == 1.0)
    assert np.all(deposits.kind == BETA_LIKE)
    assert np.array_equal(deposits.primary, np.arange(len(primaries.time_ns)))
    assert np.all(deposits.visible_mev < deposits.deposited_mev)


def test_kinematics_of_every_event() -> None:
    primaries, _ = _source(1e-10).generate(Block(1, 0, START_NS, 3 * DAY))
    top = np.array([max_recoil(energy) for energy in primaries.neutrino_energy_mev])
    assert np.all((primaries.energy_mev > 0) & (primaries.energy_mev <= top))
    sun = solar_direction(START_NS * 1e-9 + primaries.time_ns * 1e-9, SITE)
    electron = np.stack([primaries.dir_x, primaries.dir_y, primaries.dir_z])
    cosine = -np.sum(sun * electron, axis=0)
    # energy from the angle: T = 2 m E^2 cos^2 / ((E + m)^2 - E^2 cos^2)
    e, m = primaries.neutrino_energy_mev, ELECTRON_MASS_MEV
    recoil = 2 * m * e**2 * cosine**2 / ((e + m) ** 2 - e**2 * cosine**2)
    assert np.allclose(recoil, primaries.energy_mev, rtol=5e-4, atol=1e-6)


def test_the_same_block_gives_the_same_events_in_any_process() -> None:
    block = Block(9, 2, START_NS, DAY)
    first = _source(5e-11).generate(block)
    again = pickle.loads(pickle.dumps(_source(5e-11))).generate(block)
    assert all(
        np.array_equal(a, b)
        for one, two in zip(first, again, strict=True)
        for a, b in zip(one, two, strict=True)
    )


def test_a_moment_leaves_the_weak_events_alone() -> None:
    block = Block(9, 2, START_NS, DAY)
    with_moment = _source(5e-11).generate(block)[0]
    without = _source(0.0).generate(block)[0]
    weak = with_moment.process == PROCESSES["elastic_weak"]
    assert not np.all(weak)
    assert np.array_equal(with_moment.energy_mev[weak], without.energy_mev)
    assert np.array_equal(with_moment.time_ns[weak], without.time_ns)


def test_a_component_without_flux_is_absent_and_changes_no_other() -> None:
    block = Block(9, 2, START_NS, DAY)
    alone = _source(Be=1.0).generate(block)[0]
    assert np.all(alone.species == SPECIES["7Be"])
    all_of_them = _source(0.0).generate(block)[0]
    mine = all_of_them.species == SPECIES["7Be"]
    assert np.array_equal(all_of_them.energy_mev[mine], alone.energy_mev)


def test_no_flux_at_all_is_silence() -> None:
    primaries, deposits = _source(pp=0.0).generate(Block(1, 0, START_NS, DAY))
    assert len(primaries.time_ns) == len(deposits.primary) == 0


def test_states_by_day_and_by_night_are_those_of_the_conversion() -> None:
    conversion = _conversion()
    passage = build_passage(conversion)
    for component, energy in (("7Be", 0.862), ("8B", 10.0), ("8B", 6.3)):
        births = conversion.sun.births(component)
        masses = np.array([masses_at(passage, energy, r) for r in births.node])
        mean = births.weight @ masses[:, :3]
        assert not masses[:, 3:].any()
        states = conversion.mass_states(component, np.array([energy]))[0]
        assert np.allclose(mean, states, atol=2e-6)
        day = conversion.probabilities(component, np.array([energy]))
        found = flavours_at(passage, energy, States(*states, 0.0, 0.0, 0.0), 0.3)
        assert np.allclose(found, [day.nue[0], day.numu[0], day.nutau[0], 0, 0, 0], atol=1e-9)
        night = conversion.probabilities(component, np.full(200, energy), np.linspace(50.0, 52.0, 200))
        found = flavours_at(passage, energy, States(*states, 0.0, 0.0, 0.0), -np.cos(np.deg2rad(51.0)))
        assert found[0] == pytest.approx(night.nue.mean(), abs=4e-3)
    assert found[0] > day.nue[0] + 3e-3  # 8B regenerates


def test_unequal_nadir_bins_are_refused() -> None:
    edges = 90.0 * np.linspace(0.0, 1.0, 11) ** 2
    exposure = NadirExposure(edges, np.full(10, 0.05), 0.5)
    conversion = Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SITE, exposure)
    with pytest.raises(PhysicsError, match="equal nadir bins"):
        build_passage(conversion)


@pytest.mark.parametrize("day_night", ["day", "night"])
def test_a_fixed_time_of_day_ignores_the_sun(day_night: str) -> None:
    conversion = _conversion(day_night)
    passage = build_passage(conversion)
    for energy in (0.2, 1.1, 9.0, 15.0):
        at = conversion.averaged("8B", np.array([energy]))
        states = conversion.mass_states("8B", np.array([energy]))[0]
        for up in (-0.9, -0.1, 0.5):
            found = flavours_at(passage, energy, States(*states, 0.0, 0.0, 0.0), up)
            assert np.allclose(found, [at.nue[0], at.numu[0], at.nutau[0], 0, 0, 0], atol=1e-9)


def test_the_sun_is_interpolated_to_the_ephemeris() -> None:
    sky = block_sky(Block(1, 0, START_NS, 2 * DAY), SITE)
    times = np.random.default_rng(1).random(300) * 2 * DAY
    found = np.array([sun_at(sky, t) for t in times])
    assert np.allclose(found[:, :3].T, solar_direction(START_NS * 1e-9 + times, SITE), atol=5e-5)
    assert np.allclose(np.linalg.norm(found[:, :3], axis=1), 1.0)
    nadir = np.rad2deg(np.arccos(-found[:, 2]))
    assert np.allclose(nadir, solar_nadir(START_NS * 1e-9 + times, SITE), atol=0.01)
    assert np.all(found[:, 3] <= sky.top_factor)
    assert found[:, 3].mean() == pytest.approx(1.0164**-2, rel=1e-3)  # June


def test_recoil_tables_interpolate_the_cross_section() -> None:
    tables = weak_recoil()
    rng = np.random.default_rng(4)
    energy = np.exp(rng.uniform(np.log(1e-3), np.log(19.9), 500))
    x = rng.random(500)
    top = np.array([max_recoil(e) for e in energy])
    for state in STATES:
        table = getattr(tables, state)
        row = np.searchsorted(table.rows, energy) - 1
        t = (energy - table.rows[row]) / (table.rows[row + 1] - table.rows[row])
        cell = np.searchsorted(table.edge, x) - 1
        s = (x - table.edge[cell]) / (table.edge[cell + 1] - table.edge[cell])
        low = (1 - s) * table.left[row, cell] + s * table.right[row, cell]
        high = (1 - s) * table.left[row + 1, cell] + s * table.right[row + 1, cell]
        exact = differential_cross_section(state, x * top, energy) * top / total_cross_section(state, energy)
        assert np.abs((1 - t) * low + t * high - exact).max() < 1e-4
    ratio = np.array([cross_section_ratios(tables, e) for e in energy])
    for k, state in enumerate(STATES[1:]):
        exact = total_cross_section(state, energy) / total_cross_section("nue", energy)
        assert np.allclose(ratio[:, k], exact, rtol=5e-5)
    assert np.all(tables.ratio < 1.0)  # the envelope of nu_e covers the others
