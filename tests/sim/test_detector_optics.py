"""Where light lands in the fast fidelity: nearest tubes, aliases, rays of the light map, the yield map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from sim.core.geometry import VESSEL_RADIUS_M
from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE, Deposits
from sim.core.rng import fill_words
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.light import draw_photoelectrons
from sim.detector.model import build_detector
from sim.detector.optical.layout import FACE, texel_directions
from sim.detector.optical.light_map import N_ANGLES, NODE_M, PARTS, angle_bins
from sim.detector.optical.map_store import packaged_map
from sim.detector.optics import CELLS, _aliases, _yields, light_yield
from sim.detector.rays import BATCH, aim, follow_rays, new_workspace


@njit
def _follow(n, key, place, optics, texel, row):
    x, y, z = place
    ray = aim(x, y, z, optics)
    work = new_workspace(0)
    for first in range(0, n, BATCH):
        here = min(BATCH, n - first)
        fill_words(here, first, 0, 0, 0, key, key, work.words)
        follow_rays(here, ray, optics, work)
        texel[first : first + here] = work.texel[:here]
        row[first : first + here] = work.row[:here]


@pytest.fixture(scope="module")
def detector():
    return build_detector(DetectorConfig(), PileUpConfig())


def rays(detector, n, place, seed=1):
    texel, row = np.empty(n, np.int32), np.empty(n, np.int32)
    _follow(n, np.uint32(seed), place, detector.optics, texel, row)
    return texel, row


def cell_shares(node):
    """Chance of every cell for a ray of a radius of the map."""
    best = packaged_map()[0].chance.max(axis=0)[:, node].astype(float)  # (PARTS, N_ANGLES)
    weight = best * np.diff((np.arange(N_ANGLES + 1) / N_ANGLES) ** 2)
    return (weight / weight.sum()).ravel()


@given(weight=st.lists(st.floats(0, 1e3), min_size=1, max_size=40).filter(lambda w: sum(w) > 1e-3))
def test_aliases_keep_every_chance(weight):
    weight = np.array(weight)
    share, alias = _aliases(weight)
    chance = np.zeros(len(weight))
    np.add.at(chance, np.arange(len(weight)), share)
    np.add.at(chance, alias, 1.0 - share)
    np.testing.assert_allclose(chance / len(weight), weight / weight.sum(), atol=1e-12)
    assert share.min() >= -1e-12
    assert share.max() <= 1.0 + 1e-12


@pytest.mark.parametrize("node", [0, 8, 16])
def test_rays_follow_the_map_at_its_radii(detector, node):
    n = 400_000
    _, row = rays(detector, n, (0.0, 0.6 * node * NODE_M, -0.8 * node * NODE_M))
    row = row[row // CELLS == node]
    assert len(row) > 0.999 * n
    counts = np.bincount(row % CELLS, minlength=CELLS)
    expected = cell_shares(node) * len(row)
    assert chi2.sf(((counts - expected) ** 2 / expected).sum(), CELLS - 1) > 1e-3


def test_between_radii_rays_follow_both_as_their_light(detector):
    radius = 3.3 * NODE_M * 4
    _, row = rays(detector, 400_000, (radius, 0.0, 0.0))
    seen = detector.optics.seen
    above = 0.2 * seen[14]
    assert set(np.unique(row // CELLS)) == {13, 14}
    assert (row // CELLS == 14).mean() == pytest.approx(above / (above + 0.8 * seen[13]), abs=0.004)


@given(place=st.tuples(*[st.floats(-2.4, 2.4)] * 3), seed=st.integers(0, 2**32 - 1))
def test_rays_land_at_the_angle_of_their_cell(detector_once, place, seed):
    texel, row = rays(detector_once, 50, place, seed)
    assert texel.min() >= 0
    assert texel.max() < 6 * FACE**2
    axis = np.array(place) / max(np.linalg.norm(place), 1e-9)
    if np.linalg.norm(place) < 1e-6:
        return
    cosine = texel_directions()[texel] @ axis
    half_chord = np.sqrt(np.clip(0.5 - 0.5 * cosine, 0, 1))
    angle = 2 * np.arcsin(np.clip(half_chord, 0, 1))
    begin, end = (2 * np.arcsin(np.minimum((row % N_ANGLES + k) / N_ANGLES, 1.0)) for k in (0, 1))
    texel_size = 2.0**0.5 / FACE
    assert np.all(angle > begin - texel_size)
    assert np.all(angle < end + texel_size)
    np.testing.assert_array_equal(angle_bins(np.cos(0.5 * (begin + end))), row % N_ANGLES)


@pytest.fixture(scope="module")
def detector_once(detector):
    return detector


def test_the_azimuth_is_even(detector):
    texel, row = rays(detector, 200_000, (0.0, 0.0, 2.0))
    direction = texel_directions()[texel]
    azimuth = np.arctan2(direction[:, 1], direction[:, 0])
    counts = np.histogram(azimuth, 16, (-np.pi, np.pi))[0]
    np.testing.assert_allclose(counts / len(texel), 1 / 16, rtol=0.05)  # texels have corners
    assert row.max() < 26 * CELLS


def test_the_cube_map_gives_the_nearest_tube(detector):
    pmts = detector.pmts
    tubes = np.column_stack([pmts.x_m, pmts.y_m, pmts.z_m])
    tubes /= np.linalg.norm(tubes, axis=1)[:, None]
    some = np.random.default_rng(1).integers(0, 6 * FACE**2, 5000)
    direction = texel_directions()[some]
    near = direction @ tubes.T
    found = near[np.arange(5000), detector.optics.cube[some]]
    np.testing.assert_allclose(found, near.max(axis=1), rtol=0, atol=1e-9)  # two may be as near


@pytest.mark.parametrize("place", [(0.0, 0.0, 0.0), (1.0, 1.5, -1.2), (0.0, -2.8, 0.0), (2.0, 0.0, 2.8)])
def test_the_yield_map_agrees_with_collected_rays(detector, place):
    """The map sums over tubes; rays are thrown at an even sphere and taken by the tube they meet."""
    optics = detector.optics
    texel, row = rays(detector, 1_000_000, place)
    tube = optics.cube[texel]
    taken = (optics.efficiency[tube] * optics.accept[optics.bare[tube], row]).mean()
    table = light_yield(optics, *(np.array([v]) for v in place))[0]
    at = np.linalg.norm(place) / NODE_M
    seen = np.interp(at, np.arange(26), optics.seen)
    scale = table / (taken * seen)
    texel, row = rays(detector, 1_000_000, (0.0, 0.0, 0.5), seed=2)
    tube = optics.cube[texel]
    reference = (optics.efficiency[tube] * optics.accept[optics.bare[tube], row]).mean() * optics.seen[2]
    assert scale == pytest.approx(
        light_yield(optics, np.zeros(1), np.zeros(1), np.full(1, 0.5))[0] / reference, rel=0.01
    )


def test_the_yield_follows_the_live_tubes_and_the_factor_on_the_light():
    def centre(**changes):
        optics = build_detector(DetectorConfig.model_validate(changes), PileUpConfig()).optics
        return light_yield(optics, *(np.zeros(1),) * 3)[0]

    whole = centre(tubes={"live": 2212, "charge_live": 2212, "live_gradient": 0.0})
    half = centre(tubes={"live": 1106, "charge_live": 1106, "live_gradient": 0.0})
    assert half == pytest.approx(whole / 2, rel=0.03)
    assert centre(light={"scale": 1.1}) == pytest.approx(1.1 * centre(), rel=1e-9)
    assert 450 < whole / 2212 * 2000 < 620  # about 500 p.e./MeV for 2000 tubes


def test_the_brightest_place_of_the_vessel_is_known(detector):
    rng = np.random.default_rng(3)
    direction = rng.standard_normal((3, 20_000))
    place = direction / np.linalg.norm(direction, axis=0) * VESSEL_RADIUS_M * np.cbrt(rng.random(20_000))
    assert light_yield(detector.optics, *place).max() <= detector.optics.best_pe_mev


def test_cherenkov_light_of_electrons_adds_to_the_light():
    def drawn(enabled, kind):
        card = {"optical": {"cherenkov": {"enabled": enabled}}}
        detector = build_detector(DetectorConfig.model_validate(card), PileUpConfig())
        n = 20_000
        zero = np.zeros(n)
        deposits = Deposits(
            np.arange(n),
            np.full(n, kind, np.uint8),
            zero,
            np.full(n, 1.0),
            np.full(n, 0.97),
            zero,
            zero,
            zero,
        )
        light = draw_photoelectrons(np.random.default_rng(1), deposits, detector)
        return (light.above + light.below).mean()

    assert 1.003 < drawn(True, BETA_LIKE) / drawn(False, BETA_LIKE) < 1.03  # a per cent at 1 MeV
    assert drawn(True, BETA_LIKE + 1) == drawn(False, BETA_LIKE + 1)  # none of alphas


def test_parts_of_the_light():
    chance = packaged_map()[0].chance
    assert chance.shape[1] == PARTS
    indirect = chance[0, 1].sum(axis=1) / chance[0].sum(axis=(0, 2))
    assert np.all((indirect[:18] > 0.1) & (indirect[:18] < 0.7))


def test_interpolation_is_exact_for_linear_maps_and_bounded_outside():
    axis = np.linspace(-1, 1, 5)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    table = 1.0 + 2.0 * x - 3.0 * y + 0.5 * z
    points = np.random.default_rng(2).uniform(-1, 1, (3, 100))
    expected = 1.0 + 2.0 * points[0] - 3.0 * points[1] + 0.5 * points[2]
    np.testing.assert_allclose(_yields(table, 0.5, *points), expected, rtol=1e-5, atol=1e-5)
    far = _yields(table, 0.5, *(np.array([v]) for v in (9.0, 9.0, 9.0)))[0]
    assert far == pytest.approx(table[-1, -1, -1], rel=1e-5)
