import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.sources.vertices import rotate, sample_directions, sample_sphere

_UNIT = st.tuples(st.floats(-1, 1), st.floats(-np.pi, np.pi))


@given(_UNIT, st.floats(-1, 1), st.floats(0, 2 * np.pi))
@settings(max_examples=200, deadline=None)
def test_rotation_keeps_the_length_and_makes_the_angle(
    axis: tuple[float, float], cosine: float, azimuth: float
) -> None:
    z, phi = axis
    sine = np.sqrt(1 - z * z)
    a = np.array([sine * np.cos(phi), sine * np.sin(phi), z])
    b = np.array(rotate(*a, cosine, azimuth))
    assert abs(np.linalg.norm(b) - 1.0) < 1e-12
    assert abs(a @ b - cosine) < 1e-12


def test_rotation_about_both_poles() -> None:
    for pole in (1.0, -1.0):
        out = np.array([rotate(0.0, 0.0, pole, 0.5, phi) for phi in np.linspace(0, 2 * np.pi, 9)[:-1]])
        assert np.allclose(out[:, 2], 0.5 * pole)
        assert np.allclose(out.mean(axis=0)[:2], 0.0, atol=1e-12)


def test_a_sphere_of_radius_zero_is_its_centre() -> None:
    assert np.all(sample_sphere(np.random.default_rng(1), 0.0, 10) == 0.0)


def test_points_are_inside_and_directions_are_unit_vectors() -> None:
    rng = np.random.default_rng(2)
    assert np.linalg.norm(sample_sphere(rng, 3.5, 10_000), axis=0).max() <= 3.5
    assert np.allclose(np.linalg.norm(sample_directions(rng, 10_000), axis=0), 1.0)
