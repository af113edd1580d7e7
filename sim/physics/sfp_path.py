"""What a neutrino meets on its way out, on nodes made for the field: potentials, field, birth weights.

All in radians per solar radius, so that a product with a length in solar radii is a phase. Densities are
splines of their logarithm: a kink in a density would radiate into the fast channels.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import BOHR_MAGNETON_EV_G, HBARC_EV_KM, MATTER_POTENTIAL_EV, SOLAR_RADIUS_KM
from sim.core.errors import PhysicsError
from sim.physics.gauss import Rule
from sim.physics.solar_field import SolarField
from sim.physics.solar_model import SolarModel

Floats = NDArray[np.float64]

RAD_PER_EV = SOLAR_RADIUS_KM / HBARC_EV_KM
RAD_PER_EV2_MEV = RAD_PER_EV / 2e6  # squared mass in eV2 over energy in MeV to radians per solar radius
_V_E = MATTER_POTENTIAL_EV * RAD_PER_EV  # per mol/cm3 of electrons; neutrons: minus half
_COUPLING = 1e3 * BOHR_MAGNETON_EV_G * RAD_PER_EV  # per Bohr magneton and kG

_FINE = 8000  # cells on which the shape of a field is looked at
_CORE = 0.35  # solar radii: almost all neutrinos are born inside
_BASE, _IN_CORE, _IN_FIELD, _BEND = 150.0, 270.0, 250.0, 24.0  # nodes per solar radius; per root of b''
_FLOOR = 1e-12  # of the greatest density, where a table says zero
_WINDOW = 4.0  # standard deviations kept of a Gaussian of birth radii
_WINDOW_POINTS = 161


class Path(NamedTuple):
    """The way from the centre to the surface, each float64 (n,); potentials and their slopes in rad/R_sun.

    ``coupling`` is mu B for a moment of one Bohr magneton; ``twist`` the turning of the field, rad/R_sun.
    """

    x: Floats
    v_e: Floats
    v_n: Floats
    slope_e: Floats
    slope_n: Floats
    coupling: Floats
    twist: float


class BirthWindow(NamedTuple):
    """Gaussian of birth radii (solar radii), cut at four standard deviations and at the centre."""

    radius: float
    sigma: float


def node_count(field: SolarField) -> int:
    """Return how many nodes the structure of a field asks for at fineness 1."""
    return int(_node_sum(field)[1][-1])


def _node_sum(field: SolarField) -> tuple[Floats, Floats]:
    x = np.linspace(0.0, 1.0, _FINE + 1)
    b = np.asarray(field.shape(x), dtype=np.float64)
    bend = np.zeros_like(b)
    bend[1:-1] = np.abs(b[2:] - 2.0 * b[1:-1] + b[:-2]) * _FINE**2
    for kink in field.kinks:  # nodes stand there anyway
        bend[np.abs(x - kink) < 1.5 / _FINE] = 0.0
    density = _BASE + _IN_CORE * (x < _CORE) + _IN_FIELD * ((x >= _CORE) & (b > 1e-2)) + _BEND * np.sqrt(bend)
    total = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(x) * (density[1:] + density[:-1]))])
    return x, total


def _nodes(field: SolarField, fineness: float) -> Floats:
    """Spread nodes as the structure asks, with the kinks of the field among them."""
    x, total = _node_sum(field)
    edges = np.unique([0.0, *field.kinks, 1.0])
    parts = []
    for low, high in pairwise(edges):
        ends = np.interp([low, high], x, total)
        cells = max(4, int(np.ceil(fineness * (ends[1] - ends[0]))))
        inside = np.interp(np.linspace(ends[0], ends[1], cells + 1), total, x)
        inside[0], inside[-1] = low, high
        parts.append(inside[:-1])
    return np.concatenate([*parts, [1.0]])


def _log_density(sun: SolarModel, density: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return a density and its slope at x: cubic spline of the logarithm, level beyond the last radius."""
    from scipy.interpolate import CubicSpline

    if not np.any(density > 0.0):
        return np.zeros_like(x), np.zeros_like(x)
    spline = CubicSpline(sun.radius, np.log(np.maximum(density, _FLOOR * density.max())), bc_type="natural")
    inside = np.clip(x, sun.radius[0], sun.radius[-1])
    value = np.exp(spline(inside))
    return value, np.where(x == inside, value * spline(inside, 1), 0.0)


def path(sun: SolarModel, field: SolarField, fineness: float = 1.0, uniform: int | None = None) -> Path:
    """Lay the nodes and fill them.

    Parameters
    ----------
    sun : solar model; its densities must reach the surface.
    field : magnetic field.
    fineness : factor on the number of nodes.
    uniform : that many equal slabs instead, quantities at their centres.

    Raises
    ------
    PhysicsError
        The solar model ends before 0.99 solar radii.
    """
    if sun.radius[-1] < 0.99:
        msg = f"solar model {sun.name} ends at {sun.radius[-1]:g} solar radii: precession needs the surface"
        raise PhysicsError(msg)
    x = _nodes(field, fineness) if uniform is None else (np.arange(uniform) + 0.5) / uniform
    n_e, slope_e = _log_density(sun, sun.n_e_mol_cm3, x)
    n_n, slope_n = _log_density(sun, sun.n_n_mol_cm3, x)
    return Path(
        x,
        _V_E * n_e,
        -0.5 * _V_E * n_n,
        _V_E * slope_e,
        -0.5 * _V_E * slope_n,
        _COUPLING * field.at(x),
        field.twist_rad_per_rsun,
    )


def window_rule(window: BirthWindow) -> Rule:
    """Return radii and masses of a Gaussian of birth radii; PhysicsError outside the Sun."""
    radius, sigma = window
    if not (0.0 <= radius < 1.0 and 0.0 <= sigma <= 0.5):
        msg = (
            f"birth at radius {radius:g} with sigma {sigma:g}, expected 0 <= radius < 1 and 0 <= sigma <= 0.5"
        )
        raise PhysicsError(msg)
    if sigma == 0.0:
        return Rule(np.array([radius]), np.ones(1))
    u = np.linspace(-_WINDOW, _WINDOW, _WINDOW_POINTS)
    x, weight = radius + sigma * u, np.exp(-0.5 * u * u)
    kept = (x >= 0.0) & (x <= 1.0)
    return Rule(x[kept], weight[kept] / weight[kept].sum())


def birth_weights(x: Floats, births: Rule) -> Floats:
    """Carry birth masses to nodes, (n,), by cubic interpolation: averages are good to fourth order.

    Weights sum to 1; a few may be slightly negative.
    """
    n = len(x)
    first = np.clip(np.searchsorted(x, births.node) - 2, 0, n - 4)
    weight = np.zeros(n)
    for k in range(4):
        share = births.weight.copy()
        for other in range(4):
            if other != k:
                share *= (births.node - x[first + other]) / (x[first + k] - x[first + other])
        np.add.at(weight, first + k, share)
    return weight


def slab_weights(centre: Floats, births: Rule) -> Floats:
    """Share birth masses over equal slabs, (n,), each spread to the middle between its neighbours."""
    if len(births.node) == 1:
        slab = np.minimum((births.node * len(centre)).astype(np.int64), len(centre) - 1)
        return np.bincount(slab, births.weight, len(centre)).astype(np.float64)
    middle = 0.5 * (births.node[1:] + births.node[:-1])
    edges = np.concatenate([[births.node[0]], middle, [births.node[-1]]])
    share = np.concatenate([[0.0], np.cumsum(births.weight)])
    walls = np.linspace(0.0, 1.0, len(centre) + 1)
    return np.asarray(np.diff(np.interp(walls, edges, share)), dtype=np.float64)
