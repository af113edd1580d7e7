"""Inverse beta decay: kinematics, laws of the cross section, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.constants import ELECTRON_MASS_MEV, NEUTRON_MASS_MEV, PROTON_MASS_MEV
from sim.core.errors import PhysicsError
from sim.physics import ibd_kernels
from sim.physics.ibd import (
    THRESHOLD_MEV,
    WEAK,
    differential_cross_section,
    mean_cosine,
    mean_prompt_energy,
    positron_energy,
    positron_limits,
    total_cross_section,
)

ENERGIES = st.floats(THRESHOLD_MEV + 1e-5, 60.0)
COSINES = st.floats(-1.0, 1.0)
NODE, WEIGHT = np.polynomial.legendre.leggauss(80)


def test_threshold():
    assert pytest.approx(1.80607, abs=5e-6) == THRESHOLD_MEV
    energy = np.array([0.0, 1.0, THRESHOLD_MEV, np.nextafter(THRESHOLD_MEV, 2.0), 1.8061])
    sigma = total_cross_section(energy)
    assert np.all(sigma[:3] == 0.0)
    assert sigma[4] > sigma[3] >= 0.0
    assert np.all(differential_cross_section(energy[:3, None], NODE) == 0.0)


@given(st.floats(0.0, 100.0), COSINES)
def test_cross_sections_are_positive_above_and_zero_below(energy, cosine):
    for constants in WEAK:
        total = total_cross_section(energy, constants)
        per_cosine = differential_cross_section(energy, cosine, constants)
        assert np.isfinite(total)
        assert np.isfinite(per_cosine)
        if energy <= THRESHOLD_MEV:
            assert total == per_cosine == 0.0
        elif energy > THRESHOLD_MEV + 1e-5:
            assert min(total, per_cosine) > 0.0


@given(ENERGIES)
def test_the_integral_over_the_angle_is_the_total(energy):
    per_cosine = differential_cross_section(energy, NODE)
    total = float(total_cross_section(energy))
    assert np.sum(WEIGHT * per_cosine) == pytest.approx(total, rel=1e-8)
    assert np.sum(WEIGHT * per_cosine * NODE) / total == pytest.approx(float(mean_cosine(energy)), abs=1e-4)
    prompt = np.sum(WEIGHT * per_cosine * positron_energy(energy, NODE)) / total + ELECTRON_MASS_MEV
    assert prompt == pytest.approx(float(mean_prompt_energy(energy)), rel=1e-9)


@given(ENERGIES, COSINES)
def test_the_positron_conserves_energy_and_momentum(energy, cosine):
    positron = float(positron_energy(energy, cosine))
    momentum = np.sqrt(positron**2 - ELECTRON_MASS_MEV**2)
    neutron2 = energy**2 + momentum**2 - 2.0 * energy * momentum * cosine
    neutron = np.sqrt(NEUTRON_MASS_MEV**2 + neutron2)
    assert positron + neutron == pytest.approx(energy + PROTON_MASS_MEV, abs=1e-9)


@given(ENERGIES, COSINES)
def test_the_positron_stays_within_its_limits(energy, cosine):
    least, greatest = positron_limits(energy)
    assert ELECTRON_MASS_MEV <= least <= positron_energy(energy, cosine) <= greatest
    assert least + ELECTRON_MASS_MEV < mean_prompt_energy(energy) < greatest + ELECTRON_MASS_MEV
    # the limits of the integration over t are those of the angle
    centre, half = ibd_kernels._positron_range.py_func(energy)
    assert centre - half == pytest.approx(float(least), abs=1e-12)
    assert centre + half == pytest.approx(float(greatest), abs=1e-12)


@given(ENERGIES)
def test_the_cross_section_rises(energy):
    assert total_cross_section(1.01 * energy) > total_cross_section(energy)


def test_the_nodes_suffice(monkeypatch):
    energy = np.linspace(THRESHOLD_MEV + 1e-3, 50.0, 40)
    many = np.polynomial.legendre.leggauss(60)
    monkeypatch.setattr(ibd_kernels, "_NODES", many[0])
    monkeypatch.setattr(ibd_kernels, "_WEIGHTS", many[1])
    for name in ("_positron_range", "_per_positron", "_matrix_element", "_radiative"):
        monkeypatch.setattr(ibd_kernels, name, getattr(ibd_kernels, name).py_func)
    exact = np.empty((40, 3))
    ibd_kernels.moments.py_func(energy, *WEAK["2022"], exact)
    np.testing.assert_allclose(total_cross_section(energy), exact[:, 0], rtol=2e-12)
    np.testing.assert_allclose(mean_cosine(energy), exact[:, 2] / exact[:, 0], atol=1e-8)


@settings(max_examples=20)
@given(ENERGIES, COSINES)
def test_compiled_and_plain_kernels_agree(energy, cosine):
    arrays = np.array([energy]), np.array([cosine])
    for compiled, shape in ((ibd_kernels.positrons, ()), (ibd_kernels.per_cosine, tuple(WEAK["2003"]))):
        fast, plain = np.empty(1), np.empty(1)
        compiled(*arrays, *shape, fast)
        compiled.py_func(*arrays, *shape, plain)
        np.testing.assert_allclose(fast, plain, rtol=1e-12)


def test_shapes():
    energy = np.array([[3.0, 5.0, 1.0]])
    assert total_cross_section(energy).shape == (1, 3)
    assert total_cross_section(4.0).shape == ()
    assert mean_prompt_energy(4.0).shape == ()
    assert differential_cross_section(energy, np.zeros((4, 1))).shape == (4, 3)
    assert positron_energy(np.array([3.0, 5.0]), np.zeros((4, 1))).shape == (4, 2)


def test_at_the_threshold():
    assert mean_prompt_energy(THRESHOLD_MEV) == pytest.approx(2.0 * ELECTRON_MASS_MEV, rel=1e-5)
    assert mean_cosine(THRESHOLD_MEV) == 1.0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mean_prompt_energy([3.0, 1.5]), r"no positron at 1\.5 MeV, the threshold is 1\.80607 MeV"),
        (lambda: positron_energy(1.0, 0.0), "no positron at 1 MeV"),
        (lambda: positron_energy(float("nan"), 0.0), "no positron at nan"),
        (lambda: differential_cross_section(3.0, 1.1), r"outside \[-1, 1\]"),
        (lambda: total_cross_section(3.0, "1999"), "unknown constants '1999', expected one of 2022, 2003"),
    ],
)
def test_errors_name_the_value(call, says):
    with pytest.raises(PhysicsError, match=says):
        call()
