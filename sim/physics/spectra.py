"""Energy spectra of solar neutrinos as produced: allowed shapes, the 8B table, lines.

pp, hep, 13N, 15O, 17F are allowed beta-plus shapes with the relativistic Fermi function; their endpoints are
those of the published spectra [BAH97], [BU88], the mean thermal energy of the reactants included.
8B is a table [WINTER06], the 7Be lines have their thermal profile [BAH94].
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.core.tables import load_table
from sim.physics.config import SOLAR_COMPONENTS
from sim.physics.fermi import allowed_shape, nuclear_radius_me
from sim.physics.gauss import Rule, gauss_rule, masses

Floats = NDArray[np.float64]

_GRID = 2001  # energies of a tabulated continuous spectrum
_NORM_NODES = 400
_LINE_NODES = 5  # energies that stand for one 7Be line


class Allowed(NamedTuple):
    """An allowed beta-plus decay: greatest neutrino energy, charge of the daughter, mass number."""

    endpoint_mev: float
    z_daughter: int
    mass_number: int


ALLOWED = {
    "pp": Allowed(0.42341, 1, 2),
    "hep": Allowed(18.784, 2, 4),
    "13N": Allowed(1.1990, 6, 13),
    "15O": Allowed(1.7320, 7, 15),
    "17F": Allowed(1.7400, 8, 17),
}


class Spectrum(NamedTuple):
    """A continuous spectrum on a grid, zero outside; trapezoid integral 1. Both float64 (n,)."""

    energy_mev: Floats
    density_per_mev: Floats


class Cumulative(NamedTuple):
    """Cumulative distribution: a neutrino of rank u has energy ``interp(u, fraction, energy_mev)``."""

    energy_mev: Floats
    fraction: Floats


@njit
def _allowed(energy_mev: Floats, endpoint_mev: float, z: float, radius_me: float) -> Floats:
    shape = np.empty(energy_mev.size)
    endpoint_me = 1.0 + endpoint_mev / ELECTRON_MASS_MEV
    for i in range(energy_mev.size):
        positron_me = endpoint_me - energy_mev[i] / ELECTRON_MASS_MEV
        shape[i] = allowed_shape(-z, positron_me, endpoint_me, radius_me)
    return shape


def _graded(endpoint_mev: float, n: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes on (0, endpoint), denser towards the endpoint, where spectra fall as a root."""
    t, weight = np.polynomial.legendre.leggauss(n)
    t = 0.5 * (1.0 - t)
    return endpoint_mev * (1.0 - t * t), endpoint_mev * t * weight


@cache
def _norm(component: str) -> float:
    decay = ALLOWED[component]
    energy, weight = _graded(decay.endpoint_mev, _NORM_NODES)
    radius = nuclear_radius_me(decay.mass_number)
    return float(np.sum(weight * _allowed(energy, decay.endpoint_mev, float(decay.z_daughter), radius)))


def _boron(energy_mev: Floats, shift: float) -> Floats:
    from scipy.interpolate import CubicSpline

    table = load_table("spectra_8B")
    grid = table.numbers("energy_mev")
    value = table.numbers("density_per_mev") + shift * table.numbers("shift_per_mev")
    inside = (energy_mev > grid[0]) & (energy_mev < grid[-1])
    return np.asarray(np.where(inside, np.maximum(CubicSpline(grid, value)(energy_mev), 0.0), 0.0))


def _check(component: str) -> None:
    if component not in SOLAR_COMPONENTS:
        msg = f"unknown solar component {component!r}; components: {', '.join(SOLAR_COMPONENTS)}"
        raise PhysicsError(msg)


def is_continuous(component: str) -> bool:
    """Return True for the beta spectra, False for the lines (7Be, pep, electron captures)."""
    _check(component)
    return component in ALLOWED or component == "8B"


def endpoint(component: str) -> float:
    """Return the greatest neutrino energy of a component in MeV."""
    _check(component)
    if component in ALLOWED:
        return ALLOWED[component].endpoint_mev
    return float(cumulative(component).energy_mev[-1])


def density(component: str, energy_mev: Floats, shift: float = 0.0) -> Floats:
    """Return the density per MeV of a beta spectrum at given energies (any shape), zero outside.

    Parameters
    ----------
    component : one of pp, hep, 8B, 13N, 15O, 17F; PhysicsError for a line.
    energy_mev : neutrino energies, any shape.
    shift : 8B only, the correlated uncertainty in units of one sigma.
    """
    if not is_continuous(component):
        msg = f"{component} is a line, it has no density; use quadrature or cumulative"
        raise PhysicsError(msg)
    energy = np.asarray(energy_mev, dtype=np.float64)
    if component == "8B":
        return _boron(energy, shift)
    decay = ALLOWED[component]
    radius = nuclear_radius_me(decay.mass_number)
    shape = _allowed(energy.ravel(), decay.endpoint_mev, float(decay.z_daughter), radius)
    return shape.reshape(energy.shape) / _norm(component)


def _line_profiles() -> list[tuple[float, Spectrum]]:
    """Return fraction and profile of the two 7Be lines, the lower energy first."""
    lines, profile = load_table("solar_lines"), load_table("spectra_7Be")
    found = []
    for name in ("7Be_384", "7Be_862"):
        row = int(np.flatnonzero(lines.text("line") == name)[0])
        rows = profile.text("line") == name
        energy = lines.numbers("energy_lab_mev")[row] + 1e-3 * profile.numbers("offset_kev")[rows]
        per_mev = 1e3 * profile.numbers("density_per_kev")[rows]
        found.append((float(lines.numbers("fraction")[row]), Spectrum(energy, per_mev)))
    return found


def line_energy(component: str) -> float:
    """Return the mean energy in the Sun, in MeV, of a single line (pep, electron captures)."""
    lines = load_table("solar_lines")
    rows = np.flatnonzero(lines.text("component") == component)
    if len(rows) != 1:
        msg = f"{component} is not a single line"
        raise PhysicsError(msg)
    return float(lines.numbers("energy_sun_mev")[rows[0]])


def spectrum(component: str, shift: float = 0.0) -> Spectrum:
    """Return a component's spectrum on a grid; 7Be with both lines; PhysicsError for sharp lines.

    ``shift`` as in :func:`density`.
    """
    if component == "7Be":
        lower, upper = _line_profiles()
        return Spectrum(
            np.concatenate([lower[1].energy_mev, upper[1].energy_mev]),
            np.concatenate([f * s.density_per_mev for f, s in (lower, upper)]),
        )
    top = load_table("spectra_8B").numbers("energy_mev")[-1] if component == "8B" else None
    if top is None and component in ALLOWED:
        top = ALLOWED[component].endpoint_mev
    ramp = np.linspace(1.0, 0.0, _GRID)
    energy = (top if top is not None else 0.0) * (1.0 - ramp * ramp)
    value = density(component, energy, shift)
    return Spectrum(energy, value / np.trapezoid(value, energy))


def cumulative(component: str, shift: float = 0.0) -> Cumulative:
    """Return the cumulative distribution of a component's energy, for sampling; lines included."""
    _check(component)
    if not is_continuous(component) and component != "7Be":
        return Cumulative(np.full(2, line_energy(component)), np.array([0.0, 1.0]))
    energy, value = spectrum(component, shift)
    step = 0.5 * np.diff(energy) * (value[1:] + value[:-1])
    fraction = np.concatenate([[0.0], np.cumsum(step)])
    return Cumulative(energy, fraction / fraction[-1])


def quadrature(component: str, n: int = 200, shift: float = 0.0) -> Rule:
    """Return energies (MeV) and weights for averages over a component's spectrum; weights sum to 1.

    Parameters
    ----------
    component : any solar component.
    n : number of energies of a beta spectrum (Gauss-Legendre, denser towards the endpoint); lines need few:
        7Be gives five for each of its two, a sharp line one.
    shift : as in :func:`density`.
    """
    _check(component)
    if component == "7Be":
        rules = [
            (fraction, gauss_rule(masses(*profile), _LINE_NODES)) for fraction, profile in _line_profiles()
        ]
        return Rule(
            np.concatenate([rule.node for _, rule in rules]),
            np.concatenate([fraction * rule.weight for fraction, rule in rules]),
        )
    if not is_continuous(component):
        return Rule(np.array([line_energy(component)]), np.ones(1))
    energy, weight = _graded(endpoint(component), n)
    weight = weight * density(component, energy, shift)
    order = np.argsort(energy)
    return Rule(energy[order], weight[order] / weight.sum())
