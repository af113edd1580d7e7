"""Prompt spectra of 9Li, 8He and (alpha, n), light of fast neutrons."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.correlated import ALPHA_NEUTRON, BRANCHES, MEAN_LIFE_S, NEUTRON_BRANCH, prompt_spectrum
from sim.physics.neutron_light import _slowing_down, neutron_light, proton_light


@pytest.mark.parametrize("species", ["9Li", "8He", "alpha-n"])
def test_spectra_are_normalised_and_positive(species):
    energy, density = prompt_spectrum(species)
    assert energy[0] == 0.0
    assert np.all(density >= 0.0)
    assert np.trapezoid(density, energy) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("species", BRANCHES)
def test_branches_make_the_neutron_share(species):
    assert sum(branch.share for branch in BRANCHES[species]) == pytest.approx(NEUTRON_BRANCH[species])
    energy, _ = prompt_spectrum(species)
    assert energy[-1] == max(branch.endpoint_mev for branch in BRANCHES[species])


def test_mean_lives_are_those_of_the_half_lives():
    assert MEAN_LIFE_S["9Li"] * np.log(2.0) == pytest.approx(0.1783, abs=1e-4)
    assert MEAN_LIFE_S["8He"] * np.log(2.0) == pytest.approx(0.1190, abs=1e-4)


def test_weak_branches_to_high_levels_show_at_low_energies():
    """Without the levels above 7 MeV the 9Li spectrum falls towards zero; with them it has a second hump."""
    energy, density = prompt_spectrum("9Li")
    hump = density[(energy > 0.5) & (energy < 1.2)].max()
    dip = density[(energy > 1.2) & (energy < 2.5)].min()
    peak = density[energy > 4.0].max()
    assert dip < hump < peak


def test_shares_and_lines_of_alpha_neutron():
    assert sum(row[0] for row in ALPHA_NEUTRON) == pytest.approx(1.0)
    energy, density = prompt_spectrum("alpha-n")
    oxygen = energy > 5.9
    assert np.trapezoid(density[oxygen], energy[oxygen]) == pytest.approx(0.102, abs=0.002)
    carbon = (energy > 4.3) & (energy < 5.9)
    assert np.trapezoid(density[carbon], energy[carbon]) == pytest.approx(0.034, abs=0.002)
    assert np.all(density[(energy > 3.9) & (energy < 4.3)] == 0.0)


def test_unknown_species_is_named():
    with pytest.raises(PhysicsError, match="no prompt spectrum of '11C', species are 9Li, 8He, alpha-n"):
        prompt_spectrum("11C")


@given(st.floats(0.0, 8.0))
def test_protons_give_less_light_than_electrons_and_more_with_energy(kinetic):
    assert 0.0 <= proton_light(kinetic) <= 0.83 * kinetic
    assert proton_light(kinetic + 0.1) >= proton_light(kinetic)


def test_slowing_down_keeps_all_neutrons():
    np.testing.assert_allclose(_slowing_down().sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("energy", [1.0, 3.0, 6.0])
def test_light_of_neutrons_against_drawn_collisions(energy):
    """Draw the chain of collisions: the proton takes an even share of what is left, until 1 keV; our steps of 50 keV smear a little."""
    rng = np.random.default_rng(5)
    left, light = np.full(100_000, energy), np.zeros(100_000)
    while np.any(left > 1e-3):
        kept = left * rng.random(left.size)
        light += proton_light(left - kept)
        left = kept
    grid, density = neutron_light(energy, energy)
    mean = np.trapezoid(grid * density, grid)
    spread = np.sqrt(np.trapezoid((grid - mean) ** 2 * density, grid))
    assert mean == pytest.approx(light.mean(), rel=0.01)
    assert spread == pytest.approx(light.std(), abs=0.012)
