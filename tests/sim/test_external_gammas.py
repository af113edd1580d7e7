"""Gammas from outside: media, lines, paths, and the source."""

import numpy as np
import pytest

from sim.core.geometry import PMT_RADIUS_M
from sim.core.primaries import Block
from sim.core.schema import SPECIES
from sim.physics.compton import attenuation, attenuation_table
from sim.physics.config import BackgroundsConfig
from sim.physics.external_gammas import (
    FIDUCIAL,
    ISOTOPES,
    LEAST_VISIBLE_MEV,
    accepted_share,
    fiducial_chance,
    fiducial_spectrum,
    load_lines,
)
from sim.physics.gamma_media import load_media, look_up
from sim.physics.quenching import quenching
from sim.sources.external import FLOOR_MEV, ExternalSource, build_external
from sim.sources.gamma_guide import no_guide
from sim.sources.gamma_path import (
    ARRIVED,
    DEEPEST,
    ENERGY,
    MOST_SITES,
    PATH_SIZE,
    SHELL,
    SITE_COLUMNS,
    follow_path,
)
from sim.sources.source import Birks
from sim.sources.thinning import light_of

BIRKS = Birks(0.01098, 0.01042)
ELECTRON = quenching("electron", BIRKS.electron_cm_mev)
BUSY_CPD_100T = {"40K": 10.0, "214Bi": 30.0, "208Tl": 90.0}
BUSY = BackgroundsConfig(
    external_k40_cpd_100t=10.0, external_bi214_cpd_100t=30.0, external_tl208_cpd_100t=90.0
)


def _follow(radius_m: float, shell: int, energy_mev: float, n: int) -> list[np.ndarray]:
    """Return the sites of unguided gammas that start outwards from a radius."""
    rng, media = np.random.default_rng(5), load_media()
    path, sites = np.zeros(PATH_SIZE), np.empty((SITE_COLUMNS, MOST_SITES))
    stack, copies = np.empty((DEEPEST, PATH_SIZE)), np.zeros(DEEPEST, np.int64)
    found = []
    for _ in range(n):
        path[:] = 0.0
        path[2], path[5], path[ENERGY], path[SHELL], path[ARRIVED] = radius_m, 1.0, energy_mev, shell, 1.0
        follow_path(rng, media, ELECTRON, no_guide(), path, sites, stack, copies, 0)
        found.append(sites[:, : int(path[17])].copy())
    return found


def test_the_scintillator_is_that_of_the_cascades() -> None:
    media = load_media()
    for energy in (0.003, 0.1, 0.511, 1.2, 2.6145, 7.0):
        total, absorbed, paired = attenuation(attenuation_table(), energy)
        found = look_up(media, 0, energy)
        assert found[0] == pytest.approx(87.74 * total, rel=2e-4)
        assert found[1] == pytest.approx(absorbed, rel=1e-3)
        assert found[2] == pytest.approx(paired, rel=5e-3, abs=1e-6)


def test_steel_stops_gammas_eight_times_as_fast_as_the_buffer() -> None:
    media = load_media()
    for energy in (1.4608, 2.6145):
        assert look_up(media, 3, energy)[0] / look_up(media, 1, energy)[0] == pytest.approx(7.9, rel=0.1)


@pytest.mark.parametrize("energy", [0.511, 1.4608, 2.6145])
def test_a_gamma_in_the_scintillator_gives_all_its_energy(energy: float) -> None:
    for sites in _follow(0.0, 0, energy, 200):
        assert sites[1].sum() == pytest.approx(energy, rel=1e-12)
        assert 0.75 * energy < sites[2].sum() < energy
        assert np.all(np.diff(sites[0]) >= 0.0) or energy > 1.022  # the second gamma of a pair starts again


def test_light_in_the_buffer_and_none_beyond_the_photocathodes() -> None:
    sites = np.concatenate(_follow(4.26, 1, 2.6145, 600), axis=1)
    radius = np.linalg.norm(sites[3:], axis=0)
    assert radius.max() < PMT_RADIUS_M
    outside = radius > 4.25
    assert outside.sum() > 3000
    assert sites[2, outside].sum() / sites[1, outside].sum() == pytest.approx(0.049 * 0.94, rel=0.03)
    # from beyond the photocathodes outwards: next to nothing comes back to where light is seen
    beyond = _follow(6.80, 2, 2.6145, 600)
    assert np.mean([part.shape[1] > 0 for part in beyond]) < 0.15


def test_lines_and_companions() -> None:
    thallium = load_lines("208Tl")
    assert thallium.energy_mev.tolist() == [2.6145]
    assert thallium.share.sum() == pytest.approx(0.974)
    assert thallium.companions_mev[0, 1].tolist() == [0.5832, 0.5108]
    bismuth = load_lines("214Bi")
    assert bismuth.intensity.sum() > 1.0
    with_companion = bismuth.energy_mev[bismuth.share.sum(axis=1) > 0]
    assert 1.1203 in with_companion
    assert not {0.6093, 1.7645, 2.2041, 2.4477} & set(with_companion)
    assert load_lines("40K").share.sum() == 0.0


def test_spectra_of_the_fiducial_volume() -> None:
    edges = np.array([0.0, LEAST_VISIBLE_MEV, 1.0, 3.0])
    for isotope in ISOTOPES:
        low, middle, high = fiducial_spectrum(isotope, edges)
        assert middle + high == pytest.approx(1.0, abs=2e-5)
        assert 0.0 <= low < 0.2
    # what comes in is what is hardest: the full peak of 208Tl is the largest part above 2 MeV
    peak = fiducial_spectrum("208Tl", np.array([0.0, 2.0, 2.35, 2.6]))
    assert peak[2] > 2 * peak[1]
    assert fiducial_spectrum("208Tl", np.array([0.0, 2.6, 2.8]), stretch=1.1)[1] > 0.2
    # 0.36 and 2.2 of these: the harder, the more
    assert fiducial_chance("40K") < 0.1 * fiducial_chance("214Bi") < 0.1 * fiducial_chance("208Tl")


def test_a_block_of_the_source() -> None:
    sources = build_external(BUSY, 2.8, BIRKS)
    assert [source.isotope for source in sources] == list(ISOTOPES)
    block = Block(3, 1, 0, 4 * 86400.0)
    for source in sources:
        primaries, deposits = source.generate(block)
        again, same = source.generate(block)
        for first, second in zip((*primaries, *deposits), (*again, *same), strict=True):
            assert np.array_equal(first, second)
        n = len(primaries.time_ns)
        assert np.all(primaries.species == SPECIES[f"external-{source.isotope}"])
        assert np.all(primaries.weight == 1.0)
        assert np.all((primaries.time_ns >= 0) & (primaries.time_ns < 4 * 86400e9))
        assert np.all(np.hypot(np.hypot(primaries.x_m, primaries.y_m), primaries.z_m) > PMT_RADIUS_M)
        visible, centroid = light_of(deposits, n)
        assert np.all(visible > FLOOR_MEV)
        assert np.all(np.linalg.norm(centroid, axis=0) < 2.8)
        assert np.all(np.diff(deposits.primary) >= 0)
        assert np.all((deposits.visible_mev > 0) & (deposits.visible_mev < deposits.deposited_mev))
        inside = FIDUCIAL.contains(*centroid) & (visible > LEAST_VISIBLE_MEV)
        expected = BUSY_CPD_100T[source.isotope] * 4 * FIDUCIAL.mass_t() / 100.0
        expected /= accepted_share(source.isotope)  # the rate is that of the reconstructed ones
        assert abs(inside.sum() - expected) < 4 * np.sqrt(1.3 * expected)  # repeats, error of the table


def test_no_source_for_a_rate_of_zero() -> None:
    none = BackgroundsConfig(
        external_k40_cpd_100t=0.0, external_bi214_cpd_100t=0.0, external_tl208_cpd_100t=2.0
    )
    assert [source.isotope for source in build_external(none, 3.5, BIRKS)] == ["208Tl"]


def test_companions_make_light_in_the_buffer() -> None:
    """A gamma of 208Tl nearly always comes with 0.58 MeV, half of it outwards: 10 to 20 keV are seen."""
    source = ExternalSource("208Tl", 0.0, 3.5, BIRKS)
    kept = source.events(np.random.default_rng(1), 3e8)
    late = np.zeros(kept.start.shape[1])
    for i in range(late.size):
        sites = kept.sites[:, kept.first[i] : kept.first[i + 1]]
        outer = np.linalg.norm(sites[3:], axis=0) > 4.25
        late[i] = sites[2, outer].sum()
    assert late.size > 100
    assert 0.005 < late.mean() < 0.08
