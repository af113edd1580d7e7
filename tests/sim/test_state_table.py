"""The table of event kernels: averaged over production regions it gives the direct averages."""

import numpy as np
import pytest

from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.sfp import BirthWindow
from sim.physics.sfp_backward import _arrived, dressed_by_birth, midpoint_by_birth
from sim.physics.sfp_births import _birth_energies, response_by_birth
from sim.physics.sfp_path import path
from sim.physics.sfp_six import inner_moments
from sim.physics.solar_model import load_solar_model
from sim.physics.state_table import RADII, StateTable, _windows

SUN = load_solar_model("B16-GS98")
NEUTRINO = NeutrinoConfig(delta_cp_deg=215.0)
MU12 = MomentConfig(nature="majorana", mu12_bohr=1e-12)
COMPLEX = MomentConfig(nature="majorana", mu12_bohr="1e-12+2e-12i", mu13_bohr=3e-11, mu23_bohr="-2e-11i")
UNIT = tuple(tuple(1e-12 if i == j else 0.0 for j in range(3)) for i in range(3))
DIRAC = MomentConfig(nature="dirac", matrix_bohr=UNIT)
E = np.array([0.1, 0.33, 0.862, 1.44, 3.3, 7.7, 12.9])


def build(moment=MU12, **field) -> Conversion:
    return Conversion.build(SUN, NEUTRINO, SiteConfig(), field=FieldConfig(**field), moment=moment)


def looked_up(table: StateTable, energy, radius) -> np.ndarray:
    """Bilinear, as kernels do: energies (e,), radii (r,) to (e, r, 6)."""
    x = (np.log(energy) - table.log_energy[0]) / (table.log_energy[1] - table.log_energy[0])
    y = radius / (table.radius[1] - table.radius[0])
    i, j = (np.clip(z.astype(int), 0, n - 2) for z, n in ((x, len(table.log_energy)), (y, len(table.radius))))
    t, u = (x - i)[:, None, None], (y - j)[None, :, None]
    inner = (1 - t) * table.states[i][:, j] + t * table.states[i + 1][:, j]
    outer = (1 - t) * table.states[i][:, j + 1] + t * table.states[i + 1][:, j + 1]
    return (1 - u) * inner + u * outer


def check(conversion: Conversion, rel: float = 0.02) -> set[str]:
    table = conversion.state_table()
    assert np.abs(table.states.sum(axis=2) - 1.0).max() < 1e-6
    assert table.states.min() > -1e-9
    assert np.exp(table.log_energy[[0, -1]]) == pytest.approx([0.05, 20.0])
    for grid in (table.log_energy, table.radius):
        np.testing.assert_allclose(np.diff(grid), grid[1] - grid[0], rtol=1e-9)
    assert table.states.flags.c_contiguous
    for component in ("8B", "pp"):
        births = SUN.births(component)
        found = np.einsum("r,erk->ek", births.weight, looked_up(table, E, births.node))
        direct = conversion.probabilities(component, E)
        lower = np.stack([direct.a1, direct.a2, direct.a3], axis=1).sum(axis=1)
        worst = np.abs(found[:, 3:].sum(axis=1) / lower - 1.0).max()
        print(f"\n{component}: antineutrino part off by {worst:.1e}")
        assert worst < rel
        for k, name in enumerate(("e1", "e2", "e3")):
            assert found[:, k] == pytest.approx(getattr(direct, name), abs=2e-3 * lower.max() + 2e-4)
    return {str(name) for name in table.scheme}


@pytest.mark.parametrize(
    ("moment", "field"),
    [
        (MU12, {"profile": "cosh9", "peak_kg": 10.0}),
        (COMPLEX, {"profile": "tachocline", "peak_kg": 10.0, "width": 0.02}),
        (COMPLEX, {"profile": "linear", "peak_kg": 10.0, "twist_rad_per_rsun": 20.0}),
        (MU12, {"profile": "ring", "peak_kg": 10.0, "width": 0.004}),
    ],
)
def test_first_order(moment, field):
    assert check(build(moment, **field)) == {"quadrature"}


def test_all_orders():
    assert check(build(COMPLEX, profile="wood-saxon", peak_kg=3e4)) == {"quadrature", "dressed"}


def test_dirac():
    assert check(build(DIRAC, profile="cz-triangle", peak_kg=100.0)) == {"dressed"}


def test_random_field():
    assert check(build(MU12, profile="cz-triangle", peak_kg=100.0, correlation_km=300.0)) == {"random"}


@pytest.mark.slow
def test_level_crossings():
    """Dirac states that cross above 11 MeV, and strongly twisted fields."""
    assert check(build(DIRAC, profile="wood-saxon", peak_kg=100.0)) == {"dressed", "midpoint"}
    twisted = build(MU12, profile="cz-triangle", peak_kg=1e5, twist_rad_per_rsun=20.0)
    assert check(twisted) == {"quadrature", "midpoint"}


def test_points_are_narrow_windows():
    conversion = build(COMPLEX, profile="cosh9", peak_kg=10.0)
    table = conversion.state_table()
    for radius in (0.03, 0.1, 0.2):
        row = looked_up(table, E, np.array([radius]))[:, 0]
        window = conversion.probabilities("8B", E, None, BirthWindow(radius, 0.003))
        assert row[:, 4] == pytest.approx(window.a2, rel=0.01)
        assert row[:, 1] == pytest.approx(window.e2, abs=1e-3)


def test_the_table_is_kept_and_serves_other_strengths(tmp_path, monkeypatch):
    monkeypatch.setenv("HELIOSPIN_CACHE", str(tmp_path))
    weak = build(COMPLEX, profile="tachocline", peak_kg=10.0).state_table()
    assert len(list(tmp_path.iterdir())) == 1
    again = build(COMPLEX, profile="tachocline", peak_kg=10.0).state_table()
    np.testing.assert_array_equal(weak.states, again.states)
    double = MomentConfig(nature="majorana", mu12_bohr="2e-12+4e-12i", mu13_bohr=6e-11, mu23_bohr="-4e-11i")
    strong = build(double, profile="tachocline", peak_kg=30.0).state_table()
    np.testing.assert_allclose(strong.states[:, :, 3:], 36.0 * weak.states[:, :, 3:], rtol=1e-9)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setenv("HELIOSPIN_CACHE", "0")
    plain = build(COMPLEX, profile="tachocline", peak_kg=10.0).state_table()
    np.testing.assert_array_equal(weak.states, plain.states)


def test_what_is_gained_is_lost_by_the_right_state():
    """In a core field the admixture at birth takes from all mass states alike; outside each pays for itself."""
    for profile, moment in (("ring", MU12), ("tachocline", MU12)):
        turning = build(moment, profile=profile, peak_kg=10.0).precession
        born = turning.path.x < 0.1
        found = response_by_birth(
            np.array([3.0, 10.0]),
            turning.path,
            turning.mix,
            inner_moments(turning.matrix_bohr, turning.mix),
            born,
        )
        gain, loss, mass = found.gain[:, born], found.loss[:, born], found.mass[:, born]
        np.testing.assert_allclose(gain.sum(axis=2), loss.sum(axis=2), rtol=1e-9)
        if profile == "ring":
            np.testing.assert_allclose(loss, mass * gain.sum(axis=2, keepdims=True), rtol=1e-3)
        else:
            np.testing.assert_allclose(loss[:, :, :2], gain[:, :, :2], rtol=0.02)


def test_windows_are_averages():
    x = np.concatenate([np.linspace(0.0, 0.6, 700)])
    average = _windows(x)
    np.testing.assert_allclose(average.sum(axis=1), 1.0)
    inside = slice(1, -1)
    np.testing.assert_allclose((average @ x)[inside], RADII[inside], atol=1e-6)
    step = RADII[1]
    np.testing.assert_allclose((average @ x**2)[inside], RADII[inside] ** 2 + step**2 / 6.0, atol=1e-6)


def test_backward_and_slab_by_slab_agree():
    """Two schemes of all orders, the same births."""
    turning = build(COMPLEX, profile="cosh5", peak_kg=1e5).precession
    nodes, slabs = turning.fine_path, path(SUN, turning.field, uniform=30_000)
    place = np.array([0.02, 0.05, 0.1, 0.2])
    at = np.searchsorted(nodes.x, place)
    same = np.searchsorted(slabs.x, nodes.x[at])
    dressed = dressed_by_birth(np.array([8.0]), turning.six, nodes, at, 0.003)[0]
    stepped = midpoint_by_birth(8.0, turning.six, slabs, same, 0.003)
    assert dressed.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-9)
    assert stepped.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-9)
    assert dressed[:, 3:].sum(axis=1) == pytest.approx(stepped[:, 3:].sum(axis=1), rel=5e-3)


def test_kernels_compiled_and_plain(compiled_equals_plain, rng):
    turning = build(COMPLEX, profile="cosh9", peak_kg=10.0).precession
    nodes = path(SUN, turning.field, 0.03)
    n = len(nodes.x)
    out = np.zeros((1, n, 3)), np.zeros((1, n, 3)), np.zeros((1, n, 3)), np.zeros((1, n))
    moments = inner_moments(turning.matrix_bohr, turning.mix)
    inner = np.ascontiguousarray(turning.mix.inner)
    born = np.ones(n, bool)
    energy = np.array([5.0])
    compiled_equals_plain(
        _birth_energies, energy, nodes, turning.mix.mass2_ev2, inner, moments, born, *out, rtol=1e-6
    )
    by_birth = response_by_birth(energy, nodes, turning.mix, moments, born)
    np.testing.assert_allclose(by_birth.gain.sum(axis=2), by_birth.loss.sum(axis=2), rtol=1e-9)
    final = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    born_in = rng.normal(size=6) + 1j * rng.normal(size=6)
    compiled_equals_plain(_arrived, final, born_in, rng.normal(size=6), 0.3, np.zeros(6))
