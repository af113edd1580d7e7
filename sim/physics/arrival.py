"""What arrives at the detector: for one solar component, flux by energy, flavour content and moment."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.physics.config import MomentConfig
from sim.physics.conversion import Conversion
from sim.physics.moments import effective_moment_squared, moment_matrix
from sim.physics.solar_model import SolarModel
from sim.physics.spectra import density, endpoint, is_continuous, quadrature

Floats = NDArray[np.float64]

_GRID = 2001
_STEP = 8  # probabilities are smooth: evaluated on every 8th energy, linear between (error below 1e-5)


class Arrival(NamedTuple):
    """One component at the detector; kernels take it as it is.

    Continuous spectra live on energies ``top (1 - s^2)``, s uniform on 0..1 (denser at the endpoint) and
    ``amount`` is the density per MeV; for lines ``amount`` is the share of each energy.

    Attributes
    ----------
    continuous : beta spectrum or lines.
    top_mev : endpoint of a continuous spectrum, highest energy of lines.
    flux_cm2_s : total flux.
    energy_mev, amount : (n,), energies (from the top downwards if continuous) and density or share.
    nue, nux, anue, anux : (n,), probabilities of the four kinds (x: mu and tau together).
    moment_squared : (n,), effective moment squared in mu_B^2.
    """

    continuous: bool
    top_mev: float
    flux_cm2_s: float
    energy_mev: Floats
    amount: Floats
    nue: Floats
    nux: Floats
    anue: Floats
    anux: Floats
    moment_squared: Floats


def arrival(component: str, sun: SolarModel, conversion: Conversion, moment: MomentConfig) -> Arrival:
    """Assemble flux, spectrum, probabilities and moment of one component.

    Parameters
    ----------
    component : a solar component of ``sun``.
    sun : solar model; its flux is used.
    conversion : gives the probabilities averaged over production and live time.
    moment : the card's moments.

    Raises
    ------
    PhysicsError
        Unknown component, or moments that cannot be evaluated.
    """
    continuous = is_continuous(component)
    if continuous:
        s = np.linspace(0.0, 1.0, _GRID)
        top = endpoint(component)
        energy = top * (1.0 - s * s)
        amount = density(component, energy)
        knots = np.append(energy[:-1:_STEP], energy[-2])
    else:
        energy, amount = quadrature(component)
        top = float(energy.max())
        knots = energy
    at = conversion.averaged(component, knots)
    matrix = moment_matrix(moment, conversion.mix)
    squared = effective_moment_squared(matrix, at.e1, at.e2, at.e3)
    squared += effective_moment_squared(matrix.conj().T, at.a1, at.a2, at.a3)  # antineutrinos, right-handed
    columns = [at.nue, at.numu + at.nutau, at.anue, at.anumu + at.anutau, squared]
    if continuous:
        columns = [np.interp(energy, knots[::-1], column[::-1]) for column in columns]
    nue, nux, anue, anux, squared = (np.ascontiguousarray(column, dtype=np.float64) for column in columns)
    return Arrival(
        continuous,
        float(top),
        sun.flux(component),
        np.ascontiguousarray(energy),
        np.ascontiguousarray(amount),
        nue,
        nux,
        anue,
        anux,
        squared,
    )
