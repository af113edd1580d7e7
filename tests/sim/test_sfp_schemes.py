"""The three kernels beside each other, on small problems."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.physics.config import NeutrinoConfig
from sim.physics.mixing import mixing
from sim.physics.moments import majorana_matrix, majorana_to_flavour
from sim.physics.sfp_dressed import _outward, dressed_populations, new_way
from sim.physics.sfp_midpoint import _outward as _slabs_outward
from sim.physics.sfp_midpoint import midpoint_populations
from sim.physics.sfp_path import RAD_PER_EV2_MEV, BirthWindow, birth_weights, path, window_rule
from sim.physics.sfp_quadrature import _average, _cell, empty_births, response, sweep
from sim.physics.sfp_six import Six, inner_moments
from sim.physics.sfp_states import phase_moments, solve
from sim.physics.solar_field import solar_field
from sim.physics.solar_model import load_solar_model

SUN = load_solar_model("B16-GS98")
NEUTRINO = NeutrinoConfig(delta_cp_deg=215.0, sin2_theta23=0.57)
MIX = mixing(NEUTRINO)
FIELD = solar_field("cosh9", peak_kg=10.0)
BIRTHS = window_rule(BirthWindow(0.05, 0.02))


def six(strength: float, right: float) -> Six:
    moment = (
        majorana_matrix(1.0, 0.4j, -0.3) if right else np.array([[1, 0.2j, 0], [-0.2j, 0.5, 0], [0, 0, 1]])
    )
    moment = MIX.inner @ (strength * moment) @ MIX.inner.T
    return Six(
        MIX.mass2_ev2, np.ascontiguousarray(MIX.inner), np.ascontiguousarray(moment, dtype=complex), right
    )


@pytest.mark.parametrize("step", [1e-6, 0.3, 0.999, 1.001, 4.0, 300.0, -0.5, -40.0])
def test_cell_is_exact_where_it_claims_to_be(step):
    """Amplitude over splitting linear in a linear phase: exact for fast cells, for slow ones to the Gauss rule."""
    length, h0, h1, phase = 0.01, 1.3, 0.7, 0.4
    w = step / length
    found = _cell(phase, step, length, h0, h1, w, w, np.exp(1j * (phase + step)), np.exp(1j * phase))
    s = (np.arange(200_000) + 0.5) / 200_000
    direct = length * np.mean((h1 + s * (h0 - h1)) * np.exp(1j * (phase + s * step)))
    assert found == pytest.approx(direct, abs=5e-6 * length)


def test_cell_holds_through_a_crossing():
    """Splitting linear through zero, phase quadratic."""
    length, w0, w1, phase = 0.01, -80.0, 120.0, 0.2
    step = 0.5 * length * (w0 + w1)
    found = _cell(phase, step, length, 1.0, 1.0, w0, w1, np.exp(1j * (phase + step)), np.exp(1j * phase))
    s = (np.arange(200_000) + 0.5) / 200_000
    direct = length * np.mean(np.exp(1j * (phase + length * (w1 * s + 0.5 * (w0 - w1) * s * s))))
    assert found == pytest.approx(direct, abs=1e-4 * length)


@pytest.mark.parametrize("step", [0.0, 1e-9, 0.0999, 0.1001, 2.0, -30.0])
def test_phase_moments(step):
    s = (np.arange(200_000) + 0.5) / 200_000
    zero, one = phase_moments(step)
    assert zero == pytest.approx(np.mean(np.exp(1j * step * s)), abs=1e-8)
    assert one == pytest.approx(np.mean(s * np.exp(1j * step * s)), abs=1e-8)


def test_solve(rng):
    a = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    b = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    a[0, 0] = 0.0  # needs a pivot
    expected = np.linalg.solve(a, b)
    for kernel in (solve, solve.py_func):
        found = b.copy()
        kernel(a.copy(), found)
        assert found == pytest.approx(expected, rel=1e-10)


def test_kernels_compiled_and_plain(compiled_equals_plain):
    nodes = path(SUN, FIELD, 0.03)
    squared = MIX.mass2_ev2 * RAD_PER_EV2_MEV / 10.0
    weight = birth_weights(nodes.x, BIRTHS)
    out = np.zeros(3), np.zeros((3, 3, 3), complex), np.zeros((3, 3, 3, 3), complex)
    births = empty_births(len(nodes.x))
    for column in births:
        column[:] = 0.0
    inner = np.ascontiguousarray(MIX.inner)
    compiled_equals_plain(sweep, nodes, squared, inner, weight != 0.0, births, rtol=1e-7)
    sweep(nodes, squared, inner, weight != 0.0, births)
    compiled_equals_plain(_average, births, weight, *out)
    strong = six(1e-8, -1.0)
    way = new_way(len(nodes.x))
    for column in way:
        column[:] = 0.0
    compiled_equals_plain(_outward, squared, strong, nodes, weight, way, np.zeros(6), rtol=1e-7)
    slabs = path(SUN, FIELD, uniform=12)
    compiled_equals_plain(_slabs_outward, squared, strong, slabs, np.full(12, 1 / 12), np.zeros(6), rtol=1e-7)


@settings(max_examples=15)
@given(st.floats(0.2, 20.0), st.floats(1e-13, 1e-6), st.sampled_from([-1.0, 0.0]))
def test_unitarity(energy, strength, right):
    for found in (
        dressed_populations(np.array([energy]), six(strength, right), NODES, WEIGHT),
        midpoint_populations(np.array([energy]), six(strength, right), SLABS, np.full(2000, 1 / 2000)),
    ):
        assert found.sum() == pytest.approx(1.0, abs=1e-9)
        assert found.min() > -1e-12


NODES = path(SUN, FIELD)
WEIGHT = birth_weights(NODES.x, BIRTHS)
SLABS = path(SUN, FIELD, uniform=2000)


def test_quadratic_forms_are_hermitian_and_positive():
    found = response(np.array([1.0, 10.0]), NODES, MIX, WEIGHT)
    for form in (found.core, found.outer):
        assert form == pytest.approx(np.swapaxes(form, -1, -2).conj(), abs=1e-12 * np.abs(form).max())
    total = found.core + found.outer.sum(axis=1)
    assert np.linalg.eigvalsh(total).min() > -1e-9 * np.abs(total).max()
    assert found.mass.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-9)


def test_one_pass_serves_every_moment():
    """Forms contracted with a complex moment equal the all-order scheme with that moment."""
    matrix = majorana_matrix(1e-12, 3e-11j, -2e-11 + 1e-11j)
    found = response(
        np.array([6.0]), path(SUN, FIELD, 2.0), MIX, birth_weights(path(SUN, FIELD, 2.0).x, BIRTHS)
    )
    moments = inner_moments(matrix, MIX)
    first = np.einsum("c,d,njcd->nj", moments, moments.conj(), found.core + found.outer.sum(axis=1)).real
    nodes = path(SUN, FIELD, 4.0)
    phase = np.diag(np.where(np.arange(3) == 2, MIX.outer[2, 2] / abs(MIX.outer[2, 2]), 1.0))
    moment = np.ascontiguousarray(MIX.inner @ phase @ matrix @ phase @ MIX.inner.T)
    all_orders = dressed_populations(
        np.array([6.0]), six(0.0, -1.0)._replace(moment=moment), nodes, birth_weights(nodes.x, BIRTHS)
    )[:, 3:]
    assert first.sum() == pytest.approx(all_orders.sum(), rel=1e-4)
    assert first == pytest.approx(all_orders, rel=2e-3)


def test_moments_between_the_rotations():
    """L' is the antisymmetric part of outer^T mu_flavour outer."""
    matrix = majorana_matrix(1.0 + 2.0j, -0.5j, 0.7)
    there = MIX.outer.T @ majorana_to_flavour(matrix, MIX.pmns) @ MIX.outer
    assert inner_moments(matrix, MIX) == pytest.approx(np.array([there[1, 2], there[2, 0], there[0, 1]]))


@pytest.mark.parametrize(("profile", "coarse"), [("cz-triangle", 9e-4), ("tachocline", 4e-3)])
def test_errors_fall_with_the_square_of_the_spacing(profile, coarse):
    field = solar_field(profile, peak_kg=10.0)

    def total(fineness: float) -> float:
        nodes = path(SUN, field, fineness)
        found = response(np.array([10.0]), nodes, MIX, birth_weights(nodes.x, BIRTHS))
        return float(np.einsum("nijcc->", found.outer).real)

    exact = total(16.0)
    errors = [abs(total(fineness) / exact - 1.0) for fineness in (0.25, 0.5, 1.0)]
    assert errors[0] < coarse
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.25)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.25)
