"""Fiducial volume and photomultiplier layout."""

import numpy as np
import pytest

from sim.core.geometry import (
    N_PMT,
    PMT_RADIUS_M,
    FiducialVolume,
    build_photomultipliers,
    sphere_mass_t,
)


def test_published_fiducial_mass():
    # 71.3 t, Borexino Phase-II [BX-NEUTRINO18]
    assert FiducialVolume(2.8, -1.8, 2.2).mass_t() == pytest.approx(71.3, abs=0.05)


def test_volume_against_counting_points():
    volume = FiducialVolume(2.8, -1.8, 2.2)
    x, y, z = np.random.default_rng(1).uniform(-2.8, 2.8, (3, 400_000))
    fraction = volume.contains(x, y, z).mean()
    assert fraction * 5.6**3 == pytest.approx(volume.volume_m3(), rel=5e-3)


def test_uncut_sphere():
    assert FiducialVolume(3.0, -9, 9).mass_t() == pytest.approx(sphere_mass_t(3.0))


def test_layout():
    pmts = build_photomultipliers(1575, 1480, 1)
    position = np.stack([pmts.x_m, pmts.y_m, pmts.z_m])
    assert position.shape == (3, N_PMT)
    assert np.allclose(np.linalg.norm(position, axis=0), PMT_RADIUS_M)
    assert pmts.live.sum() == 1575
    assert pmts.charge_live.sum() == 1480
    assert not (pmts.charge_live & ~pmts.live).any()
    assert pmts.concentrator.sum() == 1841
    assert np.abs(position.mean(axis=1)).max() < 0.02
    cosine = position.T @ position / PMT_RADIUS_M**2
    np.fill_diagonal(cosine, -1)
    nearest = np.arccos(np.clip(cosine.max(axis=1), -1, 1)) * PMT_RADIUS_M
    assert nearest.min() > 0.25  # tubes do not overlap: concentrator mouths are 0.31 m wide
    assert nearest.max() < 0.6


def test_fewer_live_tubes_are_a_part_of_more():
    for gradient in (0.0, 0.2, -0.2):
        before = build_photomultipliers(1800, 1600, 3, gradient)
        after = build_photomultipliers(1500, 1400, 3, gradient)
        assert (before.live | ~after.live).all()
        assert (before.charge_live | ~after.charge_live).all()
        assert (after.live | ~after.charge_live).all()
        assert (before.concentrator == after.concentrator).all()


@pytest.mark.parametrize(("n_live", "gradient"), [(1610, 0.3), (1610, -0.3), (1100, 1.0), (2000, 0.1)])
def test_gradient_of_the_live_tubes(n_live, gradient):
    layouts = [build_photomultipliers(n_live, n_live // 2, seed, gradient) for seed in range(100)]
    assert all(pmts.live.sum() == n_live and pmts.charge_live.sum() == n_live // 2 for pmts in layouts)
    cos_theta = layouts[0].z_m / PMT_RADIUS_M
    design = np.stack([np.ones(N_PMT), cos_theta, cos_theta**2], axis=1)
    for name, n in (("live", n_live), ("charge_live", n_live // 2)):
        share = np.mean([getattr(pmts, name) for pmts in layouts], axis=0) * (N_PMT / n)
        even, slope, bend = np.linalg.lstsq(design, share, rcond=None)[0]
        # of a tube's share: sqrt(N / n - 1) a layout at most, 100 layouts, 2212 tubes
        spread = np.sqrt((N_PMT / n - 1) / 100 / N_PMT)
        assert slope == pytest.approx(gradient, abs=4 * spread * np.sqrt(3))
        assert even == pytest.approx(1.0, abs=4 * spread * np.sqrt(9 / 4))
        assert bend == pytest.approx(0.0, abs=4 * spread * np.sqrt(45 / 4))


def test_a_gradient_steeper_than_there_are_tubes_leaves_none_dead_on_one_side():
    pmts = build_photomultipliers(2000, 2000, 1, 1.0)
    cos_theta = pmts.z_m / PMT_RADIUS_M
    assert pmts.live.sum() == 2000
    assert pmts.live[cos_theta > 0.0].mean() > 0.995
    assert pmts.live[cos_theta < -0.5].mean() < 0.8
