import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.physics.config import NeutrinoConfig
from sim.physics.mixing import mixing

angles = st.floats(0.0, 0.99)


@given(angles, angles, angles, st.floats(-360.0, 360.0))
def test_matrix_is_unitary_and_factorises(s12: float, s13: float, s23: float, delta: float) -> None:
    mix = mixing(NeutrinoConfig(sin2_theta12=s12, sin2_theta13=s13, sin2_theta23=s23, delta_cp_deg=delta))
    np.testing.assert_allclose(mix.pmns @ mix.pmns.conj().T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(mix.flavour.sum(axis=0), 1.0)
    np.testing.assert_allclose(np.abs(mix.outer @ mix.inner), np.abs(mix.pmns), atol=1e-12)
    np.testing.assert_allclose(mix.flavour[0], [(1 - s12) * (1 - s13), s12 * (1 - s13), s13], atol=1e-12)


def test_the_phase_makes_the_jarlskog_invariant() -> None:
    neutrino = NeutrinoConfig(delta_cp_deg=90.0)
    u = mixing(neutrino).pmns
    jarlskog = np.imag(u[0, 0] * u[1, 1] * np.conj(u[0, 1]) * np.conj(u[1, 0]))
    s12, s13, s23 = (np.sqrt(getattr(neutrino, f"sin2_theta{k}")) for k in (12, 13, 23))
    c12, c13, c23 = (np.sqrt(1 - s * s) for s in (s12, s13, s23))
    assert np.isclose(jarlskog, s12 * c12 * s23 * c23 * s13 * c13**2)


@pytest.mark.parametrize("sin2_theta23", [0.0, 0.51, 1.0])
def test_phase_is_the_cards_whatever_the_23_rotation(sin2_theta23):
    found = mixing(NeutrinoConfig(sin2_theta23=sin2_theta23, delta_cp_deg=70.0)).phase
    assert found == pytest.approx(np.exp(1j * np.deg2rad(70.0)), abs=1e-14)
