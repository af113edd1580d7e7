"""Moments: matrices, bases, effective moment of arriving states; the magnetic cross section."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from sim.core.errors import PhysicsError
from sim.physics.config import MomentConfig, NeutrinoConfig
from sim.physics.elastic import max_recoil
from sim.physics.magnetic import magnetic_cross_section, magnetic_integral, magnetic_kernel
from sim.physics.moments import (
    coherent_moment_squared,
    dirac_to_flavour,
    dirac_to_mass,
    effective_moment_squared,
    majorana_matrix,
    majorana_to_flavour,
    majorana_to_mass,
    mass_moments_squared,
    moment_matrix,
)

COMPLEX = st.complex_numbers(max_magnitude=5.0, allow_nan=False, allow_infinity=False)
ANGLES = st.floats(0.0, 1.0)


def pmns(s12, s13, s23, delta):
    """Own mixing matrix: product of three rotations."""
    c12, c13, c23 = (np.sqrt(1 - s * s) for s in (s12, s13, s23))
    phase = np.exp(-1j * delta)
    r23 = np.array([[1, 0, 0], [0, c23, s23], [0, -s23, c23]])
    r13 = np.array([[c13, 0, s13 * phase], [0, 1, 0], [-s13 / phase, 0, c13]])
    r12 = np.array([[c12, s12, 0], [-s12, c12, 0], [0, 0, 1]])
    return r23 @ r13 @ r12


@given(COMPLEX, COMPLEX, COMPLEX, ANGLES, ANGLES, ANGLES, st.floats(0, 6.3))
def test_majorana_basis_change(m12, m13, m23, s12, s13, s23, delta):
    u = pmns(s12, s13, s23, delta)
    mass = majorana_matrix(m12, m13, m23)
    flavour = majorana_to_flavour(mass, u)
    np.testing.assert_allclose(flavour, -flavour.T, atol=1e-12)
    np.testing.assert_allclose(majorana_to_mass(flavour, u), mass, atol=1e-12)
    assert np.linalg.norm(flavour) == pytest.approx(np.linalg.norm(mass), abs=1e-12)
    psi_mass = np.array([0.5, 0.5j, np.sqrt(0.5)])
    assert coherent_moment_squared(flavour, u @ psi_mass) == pytest.approx(
        coherent_moment_squared(mass, psi_mass), abs=1e-11
    )
    # [notes of the basis change] |mu_12| from the flavour moments
    c13 = np.sqrt(1 - s13**2)
    c23 = np.sqrt(1 - s23**2)
    combined = (
        s13 * np.exp(1j * delta) * flavour[1, 2] - s23 * c13 * flavour[0, 2] + c23 * c13 * flavour[0, 1]
    )
    assert abs(combined) == pytest.approx(abs(m12), abs=1e-11)


@given(st.lists(COMPLEX, min_size=9, max_size=9), ANGLES, ANGLES, ANGLES)
def test_dirac_basis_change(cells, s12, s13, s23):
    u = pmns(s12, s13, s23, 1.0)
    mass = np.array(cells).reshape(3, 3)
    flavour = dirac_to_flavour(mass, u)
    np.testing.assert_allclose(dirac_to_mass(flavour, u), mass, atol=1e-10)
    assert np.trace(flavour) == pytest.approx(np.trace(mass), abs=1e-10)


@given(COMPLEX, COMPLEX, COMPLEX, st.floats(0, 1), st.floats(0, 1))
def test_majorana_effective_moment(m12, m13, m23, a, b):
    p1, p2 = a, (1 - a) * b
    p3 = 1 - p1 - p2
    squared = effective_moment_squared(majorana_matrix(m12, m13, m23), p1, p2, p3)
    expected = (
        p1 * (abs(m12) ** 2 + abs(m13) ** 2)
        + p2 * (abs(m12) ** 2 + abs(m23) ** 2)
        + p3 * (abs(m13) ** 2 + abs(m23) ** 2)
    )
    assert squared == pytest.approx(expected, abs=1e-11)
    total = abs(m12) ** 2 + abs(m13) ** 2 + abs(m23) ** 2
    closed = total - p1 * abs(m23) ** 2 - p2 * abs(m13) ** 2 - p3 * abs(m12) ** 2
    assert squared == pytest.approx(closed, abs=1e-11)
    assert squared >= 0.0


def test_dirac_diagonal_and_full():
    diagonal = moment_matrix(
        MomentConfig(nature="dirac", matrix_bohr=((1e-11, 0, 0), (0, "2e-11i", 0), (0, 0, 3e-11)))
    )
    assert effective_moment_squared(diagonal, 0.6, 0.3, 0.1) == pytest.approx(0.6e-22 + 1.2e-22 + 0.9e-22)
    full = np.arange(9.0).reshape(3, 3)
    np.testing.assert_allclose(mass_moments_squared(full), [0 + 9 + 36, 1 + 16 + 49, 4 + 25 + 64])
    for k in range(3):
        assert coherent_moment_squared(full, np.eye(3)[k]) == pytest.approx(mass_moments_squared(full)[k])


def test_effective_moment_is_the_same_for_all_states():
    matrix = moment_matrix(MomentConfig(mu_eff_bohr=5e-11))
    p = np.linspace(0, 1, 5)
    np.testing.assert_allclose(effective_moment_squared(matrix, p, 1 - p, 0 * p), 25e-22)


def test_dirac_needs_a_matrix():
    with pytest.raises(PhysicsError, match="matrix_bohr"):
        moment_matrix(MomentConfig(nature="dirac"))
    with pytest.raises(PhysicsError, match=r"\(3, 3\)"):
        mass_moments_squared(np.eye(2))


@given(st.floats(1e-2, 20.0), st.floats(1e-3, 1.0))
def test_magnetic_integral(energy, share):
    top = max_recoil(energy)
    low = max(share * top, 1e-3)
    reference = quad(lambda t: magnetic_kernel(t, energy) * 1e25, low, max(top, low), epsrel=1e-10)[0]
    assert magnetic_integral(low, np.inf, energy) * 1e25 == pytest.approx(reference, rel=1e-8, abs=1e-12)


@given(st.floats(1e-3, 20.0), st.floats(1e-4, 20.0))
def test_magnetic_cross_section_scales_with_the_square(energy, recoil):
    one = magnetic_cross_section(recoil, energy, 1e-22)
    assert one >= 0.0
    assert magnetic_cross_section(recoil, energy, 0.0) == 0.0
    assert magnetic_cross_section(recoil, energy, 9e-22) == pytest.approx(9 * one)
    if recoil >= max_recoil(energy):
        assert one == 0.0


def test_magnetic_bad_input(compiled_equals_plain):
    compiled_equals_plain(magnetic_kernel, 0.1, 1.0)
    for arguments in ((0.1, 0.0, 1e-22), (-0.1, 1.0, 1e-22), (0.1, 1.0, -1e-22)):
        with pytest.raises(PhysicsError):
            magnetic_cross_section(*arguments)


def test_mixing_matrix_of_the_package_is_unitary_in_these_functions():
    from sim.physics.mixing import mixing

    u = np.asarray(mixing(NeutrinoConfig(delta_cp_deg=200.0)).pmns)
    mass = majorana_matrix(1.0, 2.0j, 0.5)
    np.testing.assert_allclose(majorana_to_mass(majorana_to_flavour(mass, u), u), mass, atol=1e-12)


ROWS = (("0", 1e-12, "2e-12i"), (-1e-12, 0, 3e-12), ("-2e-12i", -3e-12, 0))


def test_a_majorana_matrix_is_the_three_moments():
    by_matrix = moment_matrix(MomentConfig(nature="majorana", matrix_bohr=ROWS))
    by_moments = moment_matrix(
        MomentConfig(nature="majorana", mu12_bohr=1e-12, mu13_bohr="2e-12i", mu23_bohr=3e-12)
    )
    np.testing.assert_array_equal(by_matrix, by_moments)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"matrix_bohr": ((0, 1e-12, 0), (1e-12, 0, 0), (0, 0, 0))}, "row 1, column 2.*antisymmetric"),
        ({"matrix_bohr": ((1e-12, 0, 0), (0, 0, 0), (0, 0, 0))}, "its diagonal zero"),
        ({"matrix_bohr": ROWS, "mu12_bohr": 1e-12}, "not both"),
        ({"mu12_bohr": 1e-12, "basis": "flavour"}, "need the mixing"),
    ],
)
def test_unusable_majorana_moments(config, words):
    with pytest.raises(PhysicsError, match=words):
        moment_matrix(MomentConfig(nature="majorana", **config))


@given(COMPLEX, COMPLEX, COMPLEX, ANGLES, st.floats(0.0, 0.9), ANGLES, st.floats(-180, 180))
def test_flavour_moments_of_a_card(m12, m13, m23, s12, s13, s23, delta):
    """|Lambda|^2 does not depend on the basis; the mass matrix is U^T mu U, antisymmetric."""
    from sim.physics.mixing import mixing

    def text(z):
        return f"{1e-12 * z.real!r}{1e-12 * z.imag:+}i"

    mix = mixing(NeutrinoConfig(sin2_theta12=s12, sin2_theta13=s13, sin2_theta23=s23, delta_cp_deg=delta))
    card = MomentConfig(
        nature="majorana", basis="flavour", mu12_bohr=text(m12), mu13_bohr=text(m13), mu23_bohr=text(m23)
    )
    mass = 1e12 * moment_matrix(card, mix)
    np.testing.assert_allclose(mass, -mass.T, atol=1e-12)
    assert np.linalg.norm(mass) == pytest.approx(np.sqrt(2 * (abs(m12) ** 2 + abs(m13) ** 2 + abs(m23) ** 2)))
    np.testing.assert_allclose(
        majorana_to_flavour(mass, mix.pmns), majorana_matrix(m12, m13, m23), atol=1e-12
    )


def test_flavour_moments_of_dirac():
    from sim.physics.mixing import mixing

    mix = mixing(NeutrinoConfig(delta_cp_deg=100.0))
    rows = ((1e-12, "1e-12i", 0), (0, 2e-12, 0), (0, 0, 0))
    mass = moment_matrix(MomentConfig(nature="dirac", basis="flavour", matrix_bohr=rows), mix)
    plain = moment_matrix(MomentConfig(nature="dirac", matrix_bohr=rows))
    np.testing.assert_allclose(dirac_to_flavour(mass, mix.pmns), plain, atol=1e-24)
    effective = MomentConfig(mu_eff_bohr=1e-11, basis="flavour")
    np.testing.assert_array_equal(moment_matrix(effective), 1e-11 * np.eye(3))


@pytest.mark.parametrize(
    "values", [{"mu12_bohr": 1.0}, {"mu13_bohr": "1e-5i"}, {"matrix_bohr": ((0, 1, 0),) * 3}]
)
def test_moments_in_the_wrong_unit_are_refused(values):
    with pytest.raises(ValueError, match="Bohr magnetons, expected at most 1e-06"):
        MomentConfig(nature="majorana", **values)
