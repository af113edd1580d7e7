import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.primaries import ALONE, BETA_LIKE, Block
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.sources.singles import THALLIUM_GAMMA_MEV, SinglesSource, build_singles, entry_cosines
from sim.sources.source import Birks, count_species
from sim.sources.thinning import APART_M, DELAYED_MEV, NEAR_M, PROMPT_MEV, in_pairs, light_of, near

BIRKS = Birks(0.01098, 0.01042)
BLOCK = Block(7, 1, 1_340_280_000 * 10**9, 86400.0)


def _source(reach_s: float = 2.0, internal: float = 300.0, surface: float = 100.0) -> SinglesSource:
    channel = AntineutrinoConfig(
        singles_internal_cpd_100t=internal, singles_surface_cpd_m2=surface, singles_reach_s=reach_s
    )
    return build_singles(channel, VESSEL_RADIUS_M, BIRKS)[0]


def _events(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.sort(rng.random(n) * 40.0), rng.uniform(-2.0, 2.0, (3, n)), rng.uniform(0.0, 3.0, n)


@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.floats(0.1, 5.0), st.floats(0.2, 4.0))
def test_near_ones_against_all_pairs(seed: int, n: int, reach_s: float, apart_m: float) -> None:
    time_s, place, _ = _events(seed, n)
    close = np.abs(time_s[:, None] - time_s[None, :]) <= reach_s
    close &= np.linalg.norm(place[:, :, None] - place[:, None, :], axis=0) <= apart_m
    np.fill_diagonal(close, False)
    assert np.array_equal(near(time_s, place, reach_s, apart_m), close.any(axis=1))


@given(st.integers(0, 2**32 - 1), st.integers(0, 60), st.floats(0.1, 5.0))
def test_pairs_against_all_pairs(seed: int, n: int, reach_s: float) -> None:
    time_s, place, visible = _events(seed, n)
    later = (time_s[None, :] - time_s[:, None] <= reach_s) & (np.arange(n)[None, :] > np.arange(n)[:, None])
    later &= np.linalg.norm(place[:, :, None] - place[:, None, :], axis=0) <= NEAR_M
    later &= (visible > PROMPT_MEV)[:, None] & (visible > DELAYED_MEV)[None, :]
    assert np.array_equal(in_pairs(time_s, place, visible, reach_s), later.any(axis=0) | later.any(axis=1))


def test_a_day_of_pairs() -> None:
    primaries, deposits = _source().generate(BLOCK)
    n = len(primaries.time_ns)
    assert n > 300
    assert count_species(primaries)["single"] == n
    assert np.all(primaries.species == SPECIES["single"])
    assert np.all(primaries.process == PROCESSES["single"])
    assert np.all(primaries.family == ALONE)
    assert np.all(primaries.weight == 1.0)
    assert np.all(np.diff(primaries.time_ns) >= 0)
    assert np.all(deposits.kind == BETA_LIKE)
    assert np.array_equal(np.unique(deposits.primary), np.arange(n))
    # nobody is alone, and nobody too dim
    visible, centroid = light_of(deposits, n)
    assert visible.min() > PROMPT_MEV
    assert np.all(in_pairs(primaries.time_ns * 1e-9, centroid, visible, 2.0))
    # gammas enter at the wall, inwards; the others are within
    gamma = primaries.energy_mev == THALLIUM_GAMMA_MEV
    radius = np.sqrt(primaries.x_m**2 + primaries.y_m**2 + primaries.z_m**2)
    along = (
        primaries.x_m * primaries.dir_x + primaries.y_m * primaries.dir_y + primaries.z_m * primaries.dir_z
    )
    assert np.allclose(radius[gamma], VESSEL_RADIUS_M)
    assert np.all(along[gamma] < 0.0)
    assert np.all(radius[~gamma] < VESSEL_RADIUS_M)
    assert np.all(primaries.energy_mev[~gamma] < 0.961)
    assert np.all(deposits.x_m**2 + deposits.y_m**2 + deposits.z_m**2 <= VESSEL_RADIUS_M**2)


def test_a_longer_reach_keeps_more() -> None:
    counts = [len(_source(reach_s).generate(BLOCK)[0].time_ns) for reach_s in (0.5, 1.0, 2.0)]
    assert counts[2] / counts[1] == pytest.approx(2.0, rel=0.25)
    assert counts[1] / counts[0] == pytest.approx(2.0, rel=0.3)


def test_gammas_come_in_steeply() -> None:
    # two metres of buffer: e-fold of the path is 0.29 m, and 1 - cosine = 0.1 costs 0.15 m
    table = entry_cosines()
    mean = float(
        np.sum(
            0.5
            * np.diff(table.edge_mev)
            * (table.edge_mev[:-1] * table.left + table.edge_mev[1:] * table.right)
        )
    )
    assert 0.8 < mean < 0.95


def test_distance_of_the_starts_loses_next_to_nothing() -> None:
    # 20000 singles, each with each: of the pairs that a search accepts, how many started too far apart?
    source = _source(internal=0.0)
    rng = np.random.default_rng(8)
    time_s, place, outer = source._starts(rng, 20_000 / source.surface_per_s)
    deposits = source._follow(rng, time_s, place, outer)[1]
    visible, centroid = light_of(deposits, time_s.size)
    good = np.flatnonzero((visible > PROMPT_MEV) & (np.linalg.norm(centroid, axis=0) < 4.0))
    one, two = good[cKDTree(centroid[:, good].T).query_pairs(1.0, output_type="ndarray")].T
    apart = np.linalg.norm(place[:, one] - place[:, two], axis=0)
    assert apart.size > 1e5
    assert np.mean(apart > APART_M) < 3e-4
    assert np.mean(apart > 2.0) > 3e-3  # so that a tight cut would be seen


def test_the_same_block_gives_the_same_singles() -> None:
    one, two = _source().generate(BLOCK), _source().generate(BLOCK)
    assert all(np.array_equal(a, b) for a, b in zip(one[1], two[1], strict=True))
    other = _source().generate(Block(7, 2, BLOCK.start_ns, BLOCK.live_s))
    assert not np.array_equal(one[0].time_ns[:5], other[0].time_ns[:5])
