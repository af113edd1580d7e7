"""Where light lands: nearest tubes, isotropic rays, the yield map against counted rays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.geometry import PMT_RADIUS_M
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.model import build_detector
from sim.detector.optics import FACE, _yields, follow_rays, light_yield, tube_efficiency


@pytest.fixture(scope="module")
def detector():
    return build_detector(DetectorConfig(), PileUpConfig())


def rays(n, place, seed=1):
    words = np.random.default_rng(seed).integers(0, 2**32, n, dtype=np.uint32)
    texel, path, cosine = np.empty(n, np.int32), np.empty(n, np.float32), np.empty(n, np.float32)
    follow_rays(n, words, *place, PMT_RADIUS_M, texel, path, cosine)
    return words, texel, path, cosine


def directions(words):
    cos_theta = ((words >> 16) + 0.5) / 2**15 - 1.0
    phi = ((words & 0xFFFF) + 0.5) / 2**16 * 2 * np.pi - np.pi
    sin_theta = np.sqrt(1 - cos_theta**2)
    return np.column_stack([sin_theta * np.cos(phi), sin_theta * np.sin(phi), cos_theta])


@given(place=st.tuples(*[st.floats(-2.4, 2.4)] * 3), seed=st.integers(0, 2**32 - 1))
def test_rays_end_on_the_sphere_where_plain_geometry_says(place, seed):
    words, texel, path, cosine = rays(50, place, seed)
    end = np.array(place) + path[:, None] * directions(words)
    np.testing.assert_allclose(np.linalg.norm(end, axis=1), PMT_RADIUS_M, rtol=1e-6)
    incidence = (end * directions(words)).sum(axis=1) / PMT_RADIUS_M
    np.testing.assert_allclose(cosine, incidence, rtol=1e-5)
    major = np.abs(end).argmax(axis=1)
    at = np.arange(50)
    assert (texel // FACE**2 == 2 * major + (end[at, major] < 0)).mean() > 0.95  # edges may go either way
    assert texel.min() >= 0
    assert texel.max() < 6 * FACE**2


def test_rays_compiled_equal_plain(compiled_equals_plain):
    words = np.random.default_rng(4).integers(0, 2**32, 40, dtype=np.uint32)
    out = (np.zeros(40, np.int32), np.zeros(40, np.float32), np.zeros(40, np.float32))
    compiled_equals_plain(follow_rays, 40, words, 0.5, -1.0, 2.0, PMT_RADIUS_M, *out, rtol=1e-5)


def test_the_cube_map_gives_the_nearest_tube(detector):
    words, texel, path, _ = rays(20_000, (0.5, 1.0, -2.0))
    end = np.array([0.5, 1.0, -2.0]) + path[:, None] * directions(words)
    pmts = detector.pmts
    tubes = np.column_stack([pmts.x_m, pmts.y_m, pmts.z_m])
    nearest = (end @ tubes.T).argmax(axis=1)
    found = detector.optics.cube[texel]
    assert (found == nearest).mean() > 0.8  # the rest is within a texel of a border:
    extra = np.linalg.norm(end - tubes[found], axis=1) - np.linalg.norm(end - tubes[nearest], axis=1)
    assert extra.max() < 2 * PMT_RADIUS_M / FACE * 2**0.5


def test_isotropic_rays_from_the_centre_hit_all_tubes_alike(detector):
    _, texel, _, _ = rays(400_000, (0.0, 0.0, 0.0))
    counts = np.bincount(detector.optics.cube[texel], minlength=2212)
    assert counts.std() / counts.mean() < 0.15  # cells of the layout differ a little
    assert counts.min() > 0.5 * counts.mean()


@pytest.mark.parametrize("place", [(0.0, 0.0, 0.0), (1.0, 1.5, -1.2), (0.0, -2.8, 0.0), (2.0, 0.0, 2.8)])
def test_the_yield_map_agrees_with_counted_rays(detector, place):
    optics = detector.optics
    _, texel, _, cosine = rays(1_000_000, place)
    seen = (optics.efficiency[optics.cube[texel]] * (1 - optics.falloff * (1 - cosine))).mean()
    config = DetectorConfig()
    per_ray = config.light.yield_pe_mev / 2000 * 2212
    installed = tube_efficiency(config, detector.pmts).mean()
    counted = seen / installed * per_ray
    table = light_yield(optics, *(np.array([v]) for v in place))[0]
    assert table == pytest.approx(counted, rel=0.01)


def test_the_yield_is_the_cards_at_the_centre_and_follows_the_live_tubes():
    for live in (2212, 1106):
        config = DetectorConfig.model_validate({"tubes": {"live": live, "charge_live": live}})
        optics = build_detector(config, PileUpConfig()).optics
        centre = light_yield(optics, *(np.zeros(1),) * 3)[0]
        assert centre == pytest.approx(
            config.light.yield_pe_mev * live / 2000, rel=0.005 if live == 2212 else 0.03
        )


def test_collection_switched_off_leaves_no_dependence_on_position():
    config = DetectorConfig.model_validate(
        {"tubes": {"live": 2212, "charge_live": 2212}, "collection": {"enabled": False}}
    )
    optics = build_detector(config, PileUpConfig()).optics
    place = np.random.default_rng(1).uniform(-2.4, 2.4, (3, 200))
    np.testing.assert_allclose(light_yield(optics, *place), 590 * 2212 / 2000, rtol=1e-9)
    assert set(np.unique(optics.efficiency)) == {1.0}


def test_interpolation_is_exact_for_linear_maps_and_bounded_outside():
    axis = np.linspace(-1, 1, 5)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    table = 1.0 + 2.0 * x - 3.0 * y + 0.5 * z
    points = np.random.default_rng(2).uniform(-1, 1, (3, 100))
    expected = 1.0 + 2.0 * points[0] - 3.0 * points[1] + 0.5 * points[2]
    np.testing.assert_allclose(_yields(table, 0.5, *points), expected, rtol=1e-5, atol=1e-5)
    far = _yields(table, 0.5, *(np.array([v]) for v in (9.0, 9.0, 9.0)))[0]
    assert far == pytest.approx(table[-1, -1, -1], rel=1e-5)
