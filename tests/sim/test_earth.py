import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.constants import HBARC_EV_KM, MATTER_POTENTIAL_EV
from sim.core.errors import PhysicsError
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.earth import (
    _slabs,
    _transition,
    earth_shells,
    earth_table,
    earth_transition,
    night_transition,
)
from sim.physics.exposure import nadir_exposure
from sim.physics.mixing import Mixing, mixing

MIX = mixing(NeutrinoConfig(delta_cp_deg=137.0))


def density(radius_km: np.ndarray) -> np.ndarray:
    outer, polynomial = earth_shells()
    shell = np.minimum(np.searchsorted(outer, radius_km), len(outer) - 1)
    x = radius_km / outer[-1]
    return np.sum(polynomial[shell] * x[:, None] ** np.arange(4), axis=1)


def brute_force(energy_mev: float, nadir_deg: float, mix: Mixing, slab_km: float) -> np.ndarray:
    """Whole chord, flavour basis, complex Hamiltonian, midpoint slabs, matrix exponential by eigenvectors."""
    planet = earth_shells().outer_km[-1]
    chord = 2.0 * planet * np.cos(np.deg2rad(nadir_deg))
    n = int(np.ceil(chord / slab_km))
    place = (np.arange(n) + 0.5) * chord / n - 0.5 * chord
    n_e = density(np.hypot(place, planet * np.sin(np.deg2rad(nadir_deg))))
    h = np.broadcast_to(
        mix.pmns @ np.diag(mix.mass2_ev2) @ mix.pmns.conj().T / (2e6 * energy_mev), (n, 3, 3)
    ).copy()
    h[:, 0, 0] += MATTER_POTENTIAL_EV * n_e
    value, vector = np.linalg.eigh(h)
    phase = np.exp(-1j * value * chord / n / HBARC_EV_KM)
    step = np.einsum("nij,nj,nkj->nik", vector, phase, vector.conj())
    psi = mix.pmns.copy()
    for s in step:
        psi = s @ psi
    return np.abs(psi.T) ** 2


@pytest.mark.parametrize(("energy", "nadir"), [(1.0, 60.0), (5.0, 20.0), (12.0, 45.0)])
def test_against_brute_force(energy: float, nadir: float) -> None:
    expected = brute_force(energy, nadir, MIX, 0.25)
    np.testing.assert_allclose(earth_transition(energy, nadir, MIX), expected, atol=3e-4)
    np.testing.assert_allclose(earth_transition(energy, nadir, MIX, fineness=8.0), expected, atol=1e-4)


def test_slabs_are_fine_enough() -> None:
    energy, nadir = np.geomspace(0.2, 20.0, 30)[:, None], np.linspace(0.5, 89.5, 45)
    coarse, fine = (earth_transition(energy, nadir, MIX, fineness=f) for f in (1.0, 10.0))
    assert np.abs(coarse - fine).max() < 3e-4


@settings(deadline=None)
@given(
    st.floats(0.1, 20.0), st.floats(0.0, 180.0), st.floats(-180.0, 180.0), st.sampled_from([2.5e-3, -2.4e-3])
)
def test_unitary(energy: float, nadir: float, delta: float, atmospheric: float) -> None:
    mix = mixing(NeutrinoConfig(delta_cp_deg=delta, delta_m2_31_ev2=atmospheric))
    transition = earth_transition(energy, nadir, mix)
    np.testing.assert_allclose(transition.sum(axis=-1), 1.0, atol=1e-9)
    np.testing.assert_allclose(transition.sum(axis=-2), 1.0, atol=1e-9)
    assert np.all(transition >= 0.0)


def test_day_and_horizon_are_vacuum() -> None:
    for nadir in (90.0, 120.0, 180.0, 89.9999):
        np.testing.assert_allclose(earth_transition(5.0, nadir, MIX), MIX.flavour.T, atol=1e-4)


def test_shapes_broadcast() -> None:
    both = earth_transition(np.array([[1.0], [5.0]]), np.array([10.0, 60.0, 120.0]), MIX)
    assert both.shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(both[1, 1], earth_transition(5.0, 60.0, MIX))


@pytest.mark.parametrize("nadir", [-1.0, 181.0, float("nan")])
def test_impossible_angles_are_refused(nadir: float) -> None:
    with pytest.raises(PhysicsError, match="nadir angles"):
        earth_transition(5.0, nadir, MIX)


def test_table_averaged_over_a_year_is_good_to_3e4() -> None:
    exposure = nadir_exposure(SiteConfig())
    weight = exposure.night / exposure.night.sum()
    energy = np.array([0.35, 0.862, 2.11, 3.3, 5.1, 7.9, 11.3, 15.2])
    nodes = np.linspace(0.0, 90.0, 45 * 60 + 1)
    nodes = 0.5 * (nodes[1:] + nodes[:-1])
    fine = earth_transition(energy[:, None], nodes, MIX, fineness=1.5)
    expected = np.einsum("enka,n->eka", fine, np.repeat(weight / 60, 60))
    found = night_transition(earth_table(MIX, exposure.edges_deg), exposure.night, energy)
    assert np.abs(found - expected).max() < 3e-4


def test_regeneration_below_the_table_is_small_and_no_night_is_refused() -> None:
    exposure = nadir_exposure(SiteConfig())
    table = earth_table(MIX, exposure.edges_deg)
    low = night_transition(table, exposure.night, np.array([0.05]))
    assert np.abs(low[0] - MIX.flavour.T).max() < 5e-4
    with pytest.raises(PhysicsError, match="holds no night"):
        night_transition(table, np.zeros(45), np.array([1.0]))


def test_kernels_compiled_and_plain(compiled_equals_plain) -> None:
    shells = earth_shells()
    length, n_e = compiled_equals_plain(_slabs, 30.0, 150.0, shells.outer_km, shells.n_e)
    assert length.sum() == pytest.approx(shells.outer_km[-1] * np.cos(np.deg2rad(30.0)))
    assert np.all((n_e > 1.0) & (n_e < 6.2))
    vacuum = MIX.inner @ np.diag(MIX.mass2_ev2) @ MIX.inner.T
    compiled_equals_plain(
        _transition, 8.0, length, n_e, vacuum, MIX.inner, MIX.outer, np.empty((3, 3)), rtol=1e-7
    )


def test_the_table_is_kept_for_its_mixing_and_kind(tmp_path, monkeypatch):
    monkeypatch.setenv("HELIOSPIN_CACHE", str(tmp_path))
    edges = np.linspace(0.0, 90.0, 3)
    mix = mixing(NeutrinoConfig())
    first = earth_table(mix, edges)
    assert len(list(tmp_path.iterdir())) == 1
    again = earth_table(mix, edges)
    np.testing.assert_array_equal(first.transition, again.transition)
    assert len(list(tmp_path.iterdir())) == 1
    others = earth_table(mix, edges, anti=True), earth_table(mixing(NeutrinoConfig(sin2_theta12=0.31)), edges)
    assert len(list(tmp_path.iterdir())) == 3
    assert all(np.abs(other.transition - first.transition).max() > 1e-3 for other in others)
    monkeypatch.setenv("HELIOSPIN_CACHE", "0")
    np.testing.assert_array_equal(earth_table(mix, edges).transition, first.transition)
