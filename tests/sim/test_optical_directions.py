"""Directions of the optical fidelity: unit vectors, laws of their angles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from sim.core.jit import njit
from sim.detector.optical.directions import isotropic, lambert, rayleigh_table, scattered_cosine, tilt, turn

N = 200_000


@njit
def many(words, nx, ny, nz, law, table):
    out = np.empty((len(words), 3))
    for i in range(len(words)):
        if law == 0:
            x, y, z = isotropic(words[i])
        elif law == 1:
            x, y, z = lambert(words[i], nx, ny, nz)
        else:
            c, s = turn(words[i])
            x, y, z = tilt(nx, ny, nz, scattered_cosine(words[i], table), c, s)
        out[i, 0], out[i, 1], out[i, 2] = x, y, z
    return out


def draw(rng, normal, law):
    words = rng.integers(0, 2**32, N, dtype=np.uint32)
    return many(words, *normal, law, rayleigh_table())


def unit_vector(rng):
    n = rng.normal(size=3)
    return n / np.linalg.norm(n)


def test_turn_is_a_uniform_angle():
    words = np.arange(0, 2**16, 7, dtype=np.uint32)
    found = np.array([turn(w) for w in words])
    angle = (words - 32767.5) * np.pi / 32768.0
    np.testing.assert_allclose(found[:, 0], np.cos(angle), atol=1e-6)
    np.testing.assert_allclose(found[:, 1], np.sin(angle), atol=1e-6)


def test_isotropic(rng):
    found = draw(rng, (0.0, 0.0, 1.0), 0)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=2e-6)
    for axis in (*np.eye(3), unit_vector(rng)):
        assert kstest(found @ axis, "uniform", args=(-1, 2)).pvalue > 1e-3


def test_lambert_law(rng):
    normal = unit_vector(rng)
    cosine = draw(rng, normal, 1) @ normal
    assert cosine.min() >= -1e-6
    assert kstest(cosine**2, "uniform").pvalue > 1e-3  # density 2 c


def test_rayleigh_law(rng):
    normal = unit_vector(rng)
    found = draw(rng, normal, 2)
    cosine = found @ normal
    assert kstest(cosine, lambda c: (4 + 3 * c + c**3) / 8).pvalue > 1e-3
    assert np.mean(cosine**2) == pytest.approx(0.4, abs=4 * 0.31 / N**0.5)
    side = np.cross(normal, unit_vector(rng))
    assert np.mean(found @ side) == pytest.approx(0.0, abs=4 * 0.6 / N**0.5)


def test_rayleigh_table_inverts_the_distribution():
    c = rayleigh_table().astype(float)
    np.testing.assert_allclose((4 + 3 * c + c**3) / 8, np.linspace(0, 1, len(c)), atol=1e-7)


@given(st.floats(-1, 1), st.floats(0, 2 * np.pi), st.floats(-1, 1), st.integers(0, 2**16 - 1))
def test_tilt_keeps_length_and_angle(z, azimuth, cosine, word):
    s = np.sqrt(1 - z * z)
    u = np.array([s * np.cos(azimuth), s * np.sin(azimuth), z])
    v = np.array(tilt(*u, cosine, *turn(word)))
    assert np.linalg.norm(v) == pytest.approx(1.0, abs=1e-6)
    assert u @ v == pytest.approx(cosine, abs=3e-6)
