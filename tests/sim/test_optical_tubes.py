"""Tubes and concentrators."""

import math

import numpy as np
import pytest

from sim.core.geometry import build_photomultipliers
from sim.detector.optical.config import TubesConfig
from sim.detector.optical.tubes import acceptance, accepted, build_tubes, cutoff, relative_efficiency

PMTS = build_photomultipliers(1600, 1500, 1)


def test_cutoff_keeps_phase_space():
    flat = TubesConfig(curvature_m=10.0)
    assert math.degrees(cutoff(flat)) == pytest.approx(math.degrees(math.asin(95.25 / 156.6)), abs=0.01)
    assert 42 < math.degrees(cutoff(TubesConfig())) < 47
    assert cutoff(TubesConfig(cathode_m=0.1, mouth_m=0.1, ring_m=0.1, curvature_m=0.1)) == math.pi / 2


def test_acceptance_has_an_edge():
    config = TubesConfig()
    angle = np.linspace(0.0, math.pi / 2, 181)
    found = acceptance(config, np.cos(angle))
    assert np.all(np.diff(found) <= 0)
    assert found[0] == pytest.approx(0.95**0.9, rel=1e-5)
    assert np.interp(cutoff(config), angle, found) == pytest.approx(0.5 * 0.95**0.9, rel=0.01)
    assert found[-1] < 1e-5


def test_lookup_follows_the_law():
    tubes = build_tubes(TubesConfig(), 1, PMTS)
    cosine = np.linspace(0.0, 1.0, 1001)
    found = [accepted(c, tubes.accepted) for c in cosine]
    np.testing.assert_allclose(found, acceptance(TubesConfig(), cosine), atol=2e-3)


def test_relative_efficiency():
    tubes = build_tubes(TubesConfig(), 1, PMTS)
    assert not tubes.by_tube[~PMTS.live].any()
    assert tubes.by_tube[PMTS.live].mean() == pytest.approx(TubesConfig().relative_qe, rel=0.01)
    assert tubes.by_bin.max() == 1.0
    every = relative_efficiency(TubesConfig(relative_qe=0.6), 1, PMTS)
    assert every.mean() == pytest.approx(0.6, rel=1e-3)
    assert every.std() / every.mean() == pytest.approx(0.1, rel=0.1)
    np.testing.assert_array_equal(every, relative_efficiency(TubesConfig(relative_qe=0.6), 1, PMTS))
    assert not np.array_equal(every, relative_efficiency(TubesConfig(relative_qe=0.6), 2, PMTS))
    assert set(relative_efficiency(TubesConfig(relative_qe_sigma=0.0), 1, PMTS)) == {
        TubesConfig().relative_qe
    }
