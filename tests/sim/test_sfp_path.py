from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.gauss import Rule
from sim.physics.sfp_path import BirthWindow, birth_weights, node_count, path, window_rule
from sim.physics.solar_field import PROFILES, solar_field
from sim.physics.solar_model import load_solar_model

SUN = load_solar_model("B16-GS98")


@pytest.mark.parametrize("name", PROFILES)
def test_nodes_hold_the_kinks_and_resolve_the_field(name):
    field = solar_field(name, peak_kg=1.0)
    nodes = path(SUN, field)
    assert np.all(np.diff(nodes.x) > 0.0)
    assert nodes.x[0] == 0.0
    assert nodes.x[-1] == 1.0
    assert set(field.kinks) <= set(nodes.x)
    assert 300 < len(nodes.x) < 500
    fine = np.linspace(0.0, 1.0, 5001)
    assert np.interp(fine, nodes.x, field.at(nodes.x)) == pytest.approx(field.at(fine), abs=2e-3)
    assert len(path(SUN, field, 2.0).x) == pytest.approx(2 * len(nodes.x), rel=0.02)


def test_a_narrow_structure_gets_forty_nodes():
    nodes = path(SUN, solar_field("tachocline", peak_kg=1.0, width=0.02))
    assert np.sum(np.abs(nodes.x - 0.713) <= 0.02) >= 40


def test_potentials_in_radians_per_solar_radius():
    nodes = path(SUN, solar_field("cosh9", peak_kg=1.0))
    at = np.searchsorted(nodes.x, 0.05)
    n_e = np.interp(nodes.x, SUN.radius, SUN.n_e_mol_cm3)
    assert nodes.v_e[at] / n_e[at] == pytest.approx(269.092, rel=1e-3)  # sqrt2 G_F N_A
    assert np.all(nodes.v_n < 0.0)
    assert nodes.v_n[at] / nodes.v_e[at] == pytest.approx(-0.5 * 0.4168, rel=2e-3)
    assert 1e-11 * path(SUN, solar_field("linear", peak_kg=1.0)).coupling[0] == pytest.approx(
        0.204076, rel=1e-5
    )
    inside = slice(2, -30)
    assert np.gradient(nodes.v_e, nodes.x)[inside] == pytest.approx(nodes.slope_e[inside], rel=0.03, abs=60.0)


def test_slabs_are_equal():
    slabs = path(SUN, solar_field("cosh9", peak_kg=1.0), uniform=50)
    assert slabs.x == pytest.approx((np.arange(50) + 0.5) / 50)


def test_a_sun_without_surface_is_refused():
    half = SUN.radius <= 0.5
    cut = replace(
        SUN, radius=SUN.radius[half], n_e_mol_cm3=SUN.n_e_mol_cm3[half], n_n_mol_cm3=SUN.n_n_mol_cm3[half]
    )
    with pytest.raises(PhysicsError, match=r"ends at 0\.5 solar radii"):
        path(cut, solar_field("cosh9", peak_kg=1.0))


def test_no_neutrons_no_neutral_potential():
    nodes = path(replace(SUN, n_n_mol_cm3=np.zeros_like(SUN.radius)), solar_field("cosh9", peak_kg=1.0))
    assert not nodes.v_n.any()
    assert not nodes.slope_n.any()


def test_birth_weights_integrate_cubics_exactly():
    x = np.sort(np.random.default_rng(3).uniform(0.0, 1.0, 60))
    births = SUN.births("8B")
    births = Rule(x[0] + (x[-1] - x[0]) * births.node, births.weight)
    weight = birth_weights(x, births)
    for power in range(4):
        assert weight @ x**power == pytest.approx(births.weight @ births.node**power, rel=1e-9)


@given(st.floats(0.0, 0.99), st.floats(0.0, 0.5))
def test_windows_stay_inside_the_sun(radius, sigma):
    rule = window_rule(BirthWindow(radius, sigma))
    assert rule.weight.sum() == pytest.approx(1.0)
    assert rule.node.min() >= 0.0
    assert rule.node.max() <= 1.0


def test_window_has_its_mean_and_width():
    rule = window_rule(BirthWindow(0.3, 0.02))
    mean = rule.weight @ rule.node
    assert mean == pytest.approx(0.3)
    assert np.sqrt(rule.weight @ (rule.node - mean) ** 2) == pytest.approx(0.02, rel=1e-3)


@pytest.mark.parametrize("window", [(1.0, 0.1), (-0.1, 0.1), (0.1, -0.1), (0.1, 0.6), (float("nan"), 0.1)])
def test_bad_windows_are_refused(window):
    with pytest.raises(PhysicsError, match="expected 0 <= radius"):
        window_rule(BirthWindow(*window))


def test_irregular_fields_ask_for_many_nodes():
    field = solar_field("linear", peak_kg=1.0)
    assert node_count(field) < 500
    assert node_count(replace(field, shape=lambda x: (1.0 - x) * np.cos(2000.0 * x) ** 2)) > 3000
