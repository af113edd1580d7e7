"""Beta spectra of the backgrounds."""

import numpy as np
import pytest

from sim.core.errors import PhysicsError
from sim.physics.beta import DECAYS, beta_density, beta_spectrum, finite_size, unique_forbidden
from sim.physics.config import BackgroundsConfig
from sim.physics.fermi import nuclear_radius_me

CARD = BackgroundsConfig()


@pytest.mark.parametrize("isotope", DECAYS)
def test_spectrum_is_a_density_up_to_the_endpoint(isotope):
    spectrum = beta_spectrum(isotope, CARD)
    energy, density = spectrum.energy_mev, spectrum.density_per_mev
    assert np.trapezoid(density, energy) == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.diff(energy) > 0.0)
    assert np.all(density >= 0.0)
    assert energy[0] == 0.0
    assert energy[-1] == DECAYS[isotope].endpoint_mev
    assert density[-1] == 0.0


@pytest.mark.parametrize("isotope", DECAYS)
def test_linear_interpolation_is_good(isotope):
    spectrum = beta_spectrum(isotope, CARD)
    energy, density = spectrum.energy_mev, spectrum.density_per_mev
    middle = 0.5 * (energy[1:] + energy[:-1])
    exact = beta_density(isotope, middle, CARD)
    scale = beta_density(isotope, energy[1000:1001], CARD)[0] / density[1000]
    error = np.abs(np.interp(middle, energy, density) - exact / scale)
    assert error.max() < 2e-5 * density.max()


def test_electrons_start_finite_positrons_at_zero():
    assert beta_spectrum("11C", CARD).density_per_mev[0] == 0.0
    for isotope in ("14C", "85Kr", "210Bi"):
        density = beta_spectrum(isotope, CARD).density_per_mev
        assert density[0] == pytest.approx(density[1], rel=1e-3)


def test_shape_factors_of_the_card_are_used():
    flat = CARD.model_copy(update={"c14_shape_per_mev": 0.0, "bi210_shape": (0.0, 0.0, 0.0)})
    for isotope in ("14C", "210Bi"):
        ratio = beta_spectrum(isotope, CARD).density_per_mev[1:-1]
        ratio = ratio / beta_spectrum(isotope, flat).density_per_mev[1:-1]
        kinetic = beta_spectrum(isotope, CARD).energy_mev[1:-1]
        w = 1 + kinetic / 0.51099895
        factor = 1 + 1.24 * (0.156475 - kinetic) if isotope == "14C" else 1 + 9.9 * w + 383 / w - 8.4 * w * w
        np.testing.assert_allclose(ratio / ratio[0], factor / factor[0], rtol=1e-10)
    assert np.array_equal(
        beta_spectrum("85Kr", CARD).density_per_mev, beta_spectrum("85Kr", flat).density_per_mev
    )


def test_unique_forbidden_without_charge():
    for w in (1.01, 1.5, 2.0):
        expected = (2.34 - w) ** 2 + w * w - 1
        assert unique_forbidden(1e-8, w, 2.34, 0.012) == pytest.approx(expected, rel=1e-6)


def test_finite_size_is_a_correction():
    assert finite_size(1e-9, 2.0, 0.01) == pytest.approx(1.0)
    for z, mass in ((7, 14), (37, 85), (84, 210)):
        ratio = finite_size(z, 2.0, nuclear_radius_me(mass)) / finite_size(z, 1.0, nuclear_radius_me(mass))
        assert 0.95 < ratio < 1.0


def test_nonsense_is_refused():
    with pytest.raises(PhysicsError, match="40K"):
        beta_spectrum("40K", CARD)
    with pytest.raises(PhysicsError, match="negative"):
        beta_spectrum("14C", CARD.model_copy(update={"c14_shape_per_mev": -9.9}))
