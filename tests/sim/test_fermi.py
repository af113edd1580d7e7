import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import loggamma

from sim.core.constants import ALPHA_EM
from sim.physics.fermi import allowed_shape, fermi_function, log_abs_gamma, nuclear_radius_me


@settings(deadline=None)
@given(st.floats(0.3, 3.0), st.floats(-60.0, 60.0))
def test_log_gamma_agrees_with_scipy(x: float, y: float) -> None:
    assert log_abs_gamma(x, y) == pytest.approx(loggamma(x + 1j * y).real, rel=1e-12, abs=1e-11)


@settings(deadline=None)
@given(st.sampled_from([-84, -20, -8, -1, 1, 7, 37, 84]), st.floats(1.0001, 40.0))
def test_fermi_function_agrees_with_its_definition(z: int, w: float) -> None:
    radius = nuclear_radius_me(max(1, 2 * abs(z)))
    g = math.sqrt(1.0 - (ALPHA_EM * z) ** 2)
    p = math.sqrt(w * w - 1.0)
    y = ALPHA_EM * z * w / p
    log_gammas = 2.0 * (loggamma(g + 1j * y).real - loggamma(2.0 * g + 1.0).real)
    expected = 2.0 * (1.0 + g) * (2.0 * p * radius) ** (2.0 * g - 2.0) * math.exp(math.pi * y + log_gammas)
    assert fermi_function(float(z), w, radius) == pytest.approx(expected, rel=1e-9)


def test_neutral_daughter_is_undistorted() -> None:
    assert fermi_function(0.0, 2.0, 0.01) == pytest.approx(1.0, abs=1e-11)


def test_electrons_are_pulled_and_positrons_pushed() -> None:
    slow, fast = 1.01, 5.0
    assert fermi_function(7.0, slow, 0.01) > fermi_function(7.0, fast, 0.01) > 1.0
    assert fermi_function(-7.0, slow, 0.01) < fermi_function(-7.0, fast, 0.01) < 1.0


def test_shape_vanishes_outside_its_range() -> None:
    assert allowed_shape(7.0, 1.0, 1.3, 0.01) == 0.0
    assert allowed_shape(7.0, 1.3, 1.3, 0.01) == 0.0
    assert allowed_shape(7.0, 1.2, 1.3, 0.01) > 0.0


def test_kernels_compiled_and_plain(compiled_equals_plain) -> None:
    compiled_equals_plain(fermi_function, -6.0, 1.7, 0.0076)
    compiled_equals_plain(allowed_shape, 37.0, 1.7, 2.3, 0.0076)


def test_radius_unit() -> None:
    assert nuclear_radius_me(1) == pytest.approx(1.2 / 386.159, rel=1e-5)
    assert np.isclose(nuclear_radius_me(8) / nuclear_radius_me(1), 2.0)
