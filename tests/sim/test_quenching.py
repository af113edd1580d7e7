"""Stopping power and quenching tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from sim.core.errors import PhysicsError
from sim.physics.quenching import (
    PARTICLES,
    quenching,
    visible_energies,
    visible_energy,
    visible_energy_electron,
)
from sim.physics.stopping import alpha_stopping, electron_stopping

STOPPING = {
    "electron": lambda t: electron_stopping(t, False),
    "positron": lambda t: electron_stopping(t, True),
    "alpha": alpha_stopping,
}
KB = 0.011


@pytest.mark.parametrize("particle", PARTICLES)
@pytest.mark.parametrize("energy", [0.01, 0.0333, 0.156, 0.5, 1.234, 5.304, 12.0])
def test_table_agrees_with_adaptive_quadrature(particle, energy):
    def light(log_energy):
        return np.exp(log_energy) / (1 + KB * STOPPING[particle](np.exp(log_energy)))

    points = np.log([0.6e-3, 1e-3])
    reference = quad(light, np.log(1e-9), np.log(energy), points=points, limit=500, epsrel=1e-10)[0]
    assert visible_energies(particle, energy, KB) == pytest.approx(reference, rel=1e-5)


@given(st.floats(1e-4, 25.0), st.floats(1e-3, 0.03), st.sampled_from(PARTICLES))
def test_visible_energy_is_bounded_and_rises(energy, kb, particle):
    table = quenching(particle, round(kb, 3))
    here, above = visible_energy(table, energy), visible_energy(table, 1.01 * energy)
    assert 0.0 < here < energy
    assert here < above < here + 0.0101 * energy


def test_no_quenching_and_edges():
    np.testing.assert_allclose(visible_energy_electron([0.0, 1e-7, 0.3, 50.0], 0.0), [0.0, 1e-7, 0.3, 50.0])
    table = quenching("electron", KB)
    assert visible_energy(table, -1.0) == 0.0
    assert visible_energy(table, 1e-6) == pytest.approx(1e-6 * table.factor[0])
    assert visible_energy(table, 100.0) == pytest.approx(100.0 * table.factor[-1])


@pytest.mark.parametrize("particle", PARTICLES)
def test_stopping_power_is_continuous_and_positive(particle):
    energy = np.geomspace(1e-6, 10.0, 20001)
    stopping = np.array([STOPPING[particle](t) for t in energy])
    assert np.all(stopping > 0.0)
    assert np.abs(np.diff(np.log(stopping))).max() < 2e-3


def test_table_is_cached_and_refuses_nonsense(compiled_equals_plain):
    assert quenching("electron", KB) is quenching("electron", KB)
    compiled_equals_plain(visible_energy, quenching("alpha", KB), 5.3)
    for particle, kb in (("muon", 0.01), ("electron", -0.01), ("electron", float("nan"))):
        with pytest.raises(PhysicsError):
            quenching(particle, kb)
