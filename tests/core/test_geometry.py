"""Fiducial volume and photomultiplier layout."""

import numpy as np
import pytest

from sim.core.geometry import N_PMT, PMT_RADIUS_M, FiducialVolume, build_photomultipliers, sphere_mass_t


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
