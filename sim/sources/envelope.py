"""Envelopes of solar scattering: the candidates that the largest cross section would give, with energies."""

from typing import NamedTuple

import numpy as np

from sim.core.errors import PhysicsError
from sim.core.primaries import Floats
from sim.physics.elastic import min_energy, total_cross_section
from sim.physics.magnetic import RECOIL_FLOOR_MEV, magnetic_integral
from sim.physics.quantile import Quantiles
from sim.physics.spectra import is_continuous, quadrature, spectrum
from sim.sources.recoil import HIGHEST_MEV
from sim.sources.sampling import linear_quantiles

_LINE_WIDTH_MEV = 1e-9  # of a sharp line, so that it is drawn like any other spectrum


class Envelope(NamedTuple):
    """Candidates of one component and process: rate at 1 au in 1/s, and their energies."""

    rate_per_s: float
    energy: Quantiles


def weak_envelope(component: str, electron_flux: float) -> Envelope:
    """Return the candidates of the weak term: every neutrino as a nu_e.

    Parameters
    ----------
    component : solar component.
    electron_flux : electrons times the flux at 1 au, cm^-2 s^-1.

    Raises
    ------
    PhysicsError
        Neutrinos beyond the recoil tables.
    """
    energy, weight = quadrature(component)
    if energy.max() > HIGHEST_MEV:
        msg = f"{component}: neutrinos of {energy.max():.4g} MeV, the recoil tables end at {HIGHEST_MEV} MeV"
        raise PhysicsError(msg)
    sigma = float(np.sum(weight * total_cross_section("nue", energy)))
    knots, density = _spectrum(component)
    inside = knots > 0.0
    cross_section = np.zeros_like(knots)
    cross_section[inside] = total_cross_section("nue", knots[inside])
    return Envelope(electron_flux * sigma, linear_quantiles(knots, density * cross_section))


def magnetic_envelope(component: str, electron_flux: float, moment_squared: float) -> Envelope | None:
    """Return the candidates of the magnetic term at one moment; None where nothing can scatter.

    Parameters
    ----------
    component, electron_flux : as ``weak_envelope``.
    moment_squared : the largest squared moment of a mass state, mu_B^2.
    """

    def cross_section(energy_mev: Floats) -> Floats:
        return np.array([magnetic_integral(0.0, e, e) if e > 0.0 else 0.0 for e in energy_mev])

    energy, weight = quadrature(component)
    sigma = moment_squared * float(np.sum(weight * cross_section(energy)))
    if sigma <= 0.0:
        return None
    energy, density = _spectrum(component)
    knots = np.union1d(energy, [max(min_energy(RECOIL_FLOOR_MEV), energy[0])])
    density = np.interp(knots, energy, density)
    return Envelope(electron_flux * sigma, linear_quantiles(knots, density * cross_section(knots)))


def _spectrum(component: str) -> tuple[Floats, Floats]:
    """Return knots and density of a component; a sharp line as a box of negligible width."""
    if is_continuous(component) or component == "7Be":
        knots, density = spectrum(component)
        return knots, density
    line = float(quadrature(component).node[0])
    return line + np.array([-0.5, 0.5]) * _LINE_WIDTH_MEV, np.ones(2)
