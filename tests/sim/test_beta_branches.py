"""Sums of beta branches: norm, end points, mirror of electron and antineutrino."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.physics.beta import beta_density
from sim.physics.beta_branches import Branch, antineutrino_density, electron_density
from sim.physics.config import BackgroundsConfig

BRANCH = st.builds(
    Branch, st.floats(0.2, 14.0), st.floats(0.01, 1.0), st.integers(3, 92), st.integers(8, 238)
)


@settings(max_examples=30)
@given(BRANCH)
def test_a_branch_integrates_to_its_share(branch):
    n = 4000
    middle = (np.arange(n) + 0.5) * branch.endpoint_mev / n
    total = np.sum(electron_density((branch,), middle)) * branch.endpoint_mev / n
    assert total == pytest.approx(branch.share, rel=2e-3)


@settings(max_examples=20)
@given(BRANCH, BRANCH, st.floats(0.0, 15.0))
def test_branches_add(first, second, kinetic):
    both = electron_density((first, second), kinetic)
    assert both == electron_density((first,), kinetic) + electron_density((second,), kinetic)


@settings(max_examples=40)
@given(BRANCH, st.floats(-1.0, 20.0))
def test_the_antineutrino_takes_the_rest(branch, energy):
    antineutrinos = antineutrino_density((branch,), energy)
    assert antineutrinos == electron_density((branch,), branch.endpoint_mev - energy)
    assert antineutrinos >= 0.0
    if not 0.0 < energy < branch.endpoint_mev:
        assert antineutrinos == 0.0


def test_the_shape_is_that_of_the_other_beta_spectra():
    """11C is a positron decay: its negative charge makes the same shape here."""
    kinetic = np.linspace(0.05, 0.9, 30)
    ours = electron_density((Branch(0.960, 1.0, -5, 11),), kinetic)
    theirs = beta_density("11C", kinetic, BackgroundsConfig())
    np.testing.assert_allclose(ours / ours[0], theirs / theirs[0], rtol=1e-12)


def test_shapes_and_the_empty_sum():
    branch = Branch(2.0, 1.0, 84, 214)
    assert electron_density((branch,), np.full((2, 3), 0.5)).shape == (2, 3)
    assert antineutrino_density((branch,), 0.5).shape == ()
    assert electron_density((), 0.5) == 0.0
