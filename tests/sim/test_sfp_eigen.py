import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.physics.sfp_eigen import follow, follow_three


def hermitian(rng: np.random.Generator, n: int) -> np.ndarray:
    a = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    return a + a.conj().T


@given(st.integers(0, 10_000), st.floats(1e-9, 1e6))
def test_six_states(seed, scale):
    matrix = hermitian(np.random.default_rng(seed), 6) * scale
    value, vector = np.empty(6), np.eye(6, dtype=complex)
    follow(matrix, value, vector, np.empty((6, 6), complex))
    assert np.sort(value) == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-13 * scale)
    assert np.abs(matrix @ vector - vector * value).max() < 1e-13 * scale
    assert np.abs(vector.conj().T @ vector - np.eye(6)).max() < 1e-14


def test_followed_states_stay_orthonormal_and_near(rng, compiled_equals_plain):
    base, turn = hermitian(rng, 6), hermitian(rng, 6)
    value, vector, work = np.empty(6), np.eye(6, dtype=complex), np.empty((6, 6), complex)
    follow(base, value, vector, work)
    for k in range(1, 3000):
        before = vector.copy()
        follow(base + 2e-3 * k * turn, value, vector, work)
        if k < 200:
            assert np.abs(before.conj().T @ vector - np.eye(6)).max() < 0.2
    assert np.abs(vector.conj().T @ vector - np.eye(6)).max() < 1e-14
    compiled_equals_plain(follow, base, value, vector, work)


@given(st.integers(0, 10_000), st.floats(-10.0, 10.0))
def test_three_states(seed, change):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(3, 3))
    matrix = matrix + matrix.T
    value, vector = np.linalg.eigh(matrix)
    value, vector = value.copy(), np.ascontiguousarray(vector)
    follow_three(value, vector, change, np.empty((3, 3)))
    matrix[0, 0] += change
    assert np.sort(value) == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-13)
    assert np.abs(matrix @ vector - vector * value).max() < 1e-13


def test_three_states_plain(compiled_equals_plain):
    value, vector = np.array([1.0, 2.0, 4.0]), np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 + np.eye(3))[0]
    compiled_equals_plain(follow_three, value, np.ascontiguousarray(vector), 0.3, np.empty((3, 3)))
