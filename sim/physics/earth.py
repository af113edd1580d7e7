"""Earth regeneration: P(nu_k -> nu_a) after a chord through the Earth, three flavours, PREM density.

The chord is cut into slabs of constant density, each passed exactly: the Hamiltonian is real and
symmetric between the 23 rotation with its phase and the rest, its eigenvalues are roots of the same cubic as
in the Sun. The far half of a chord mirrors the near half, so only one half is multiplied out.
Antineutrinos meet the opposite potential with the conjugate mixing.
The detector is taken at the surface (1.4 km of rock above it change nothing at the level of 1e-5).
"""

import math
from functools import cache
from pathlib import Path as FilePath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.cache import Arrays, digest, remembered
from sim.core.constants import HBARC_EV_KM, MATTER_POTENTIAL_EV
from sim.core.errors import PhysicsError
from sim.core.jit import njit, njit_fast, njit_inline
from sim.core.tables import load_table
from sim.physics.mixing import Mixing
from sim.physics.msw import cubic_roots

Floats = NDArray[np.float64]

HORIZON_DEG = 90.0  # nadir angle of the Sun at the horizon; above it, it is day

_LEAST_SLAB_KM, _GREATEST_SLAB_KM = 40.0, 150.0
_SLAB_IN_LENGTHS = 0.3  # of the 1-2 oscillation length: slabs in step with it would add up their errors
_GAUSS = math.sqrt(3.0) / 6.0  # two-point Gauss nodes, from the middle, in steps
_TABLE_ENERGIES = np.geomspace(0.3, 20.0, 48)
_NODES_A_BIN = 8


class Shells(NamedTuple):
    """The Earth: outer radii in km (n,), electron density polynomials in r/R, mol/cm3 (n, 4)."""

    outer_km: Floats
    n_e: Floats


class EarthTable(NamedTuple):
    """P(nu_k -> nu_a) averaged over nadir bins.

    ``energy_mev`` (n_e,) rising; ``edges_deg`` (n_b + 1,), nadir angle; ``transition`` (n_e, n_b, 3, 3),
    last axes mass state and flavour.
    """

    energy_mev: Floats
    edges_deg: Floats
    transition: Floats


@cache
def earth_shells() -> Shells:
    """Return the packaged PREM shells."""
    table = load_table("earth_prem")
    rho = np.column_stack([table.numbers(f"c{i}") for i in range(4)])
    return Shells(table.numbers("r_outer_km"), rho * table.numbers("y_e")[:, None])


@njit_inline
def _density(s_km: float, closest_km: float, planet_km: float, c: Floats) -> float:
    x = math.sqrt(s_km * s_km + closest_km * closest_km) / planet_km
    return float(c[0] + x * (c[1] + x * (c[2] + x * c[3])))


@njit
def _slabs(nadir_deg: float, slab_km: float, outer_km: Floats, n_e: Floats) -> tuple[Floats, Floats]:
    """Length (km) and electron density of the slabs of half a chord, from the surface inwards.

    Slabs come in pairs: with densities mixed from two Gauss points, two constant halves reproduce a varying
    density to fourth order (commutator-free Magnus scheme [BM06]).
    """
    planet = outer_km[-1]
    closest = planet * math.sin(math.radians(nadir_deg))
    total = 2 * outer_km.size + 2 * int(planet / slab_km) + 2
    length, density = np.empty(total), np.empty(total)
    count = 0
    for back in range(outer_km.size):
        shell = outer_km.size - 1 - back
        if outer_km[shell] <= closest:
            break
        far = math.sqrt(outer_km[shell] ** 2 - closest**2)
        inner = outer_km[shell - 1] if shell > 0 else 0.0
        near = math.sqrt(inner**2 - closest**2) if inner > closest else 0.0
        pieces = max(1, math.ceil((far - near) / slab_km))
        step = (far - near) / pieces
        for piece in range(pieces):
            middle = far - (piece + 0.5) * step
            first = _density(middle + step * _GAUSS, closest, planet, n_e[shell])
            second = _density(middle - step * _GAUSS, closest, planet, n_e[shell])
            mean, lean = 0.5 * (first + second), 2.0 * _GAUSS * (first - second)
            length[count] = length[count + 1] = 0.5 * step
            density[count], density[count + 1] = mean + lean, mean - lean
            count += 2
    return length[:count], density[:count]


@njit_fast
def _transition(
    energy_mev: float,
    length_km: Floats,
    density: Floats,
    vacuum: Floats,
    inner: Floats,
    outer: NDArray[np.complex128],
    out: Floats,
) -> None:
    """P(nu_k -> nu_a), (3, 3) into out, for one energy and one half chord."""
    per_ev2 = 1.0 / (2e6 * energy_mev * HBARC_EV_KM)  # eV2 to 1/km
    amplitude = np.zeros((3, 3), dtype=np.complex128)
    following = np.zeros((3, 3), dtype=np.complex128)
    for i in range(3):
        amplitude[i, i] = 1.0
    h01, h02, h12, h11, h22 = vacuum[0, 1], vacuum[0, 2], vacuum[1, 2], vacuum[1, 1], vacuum[2, 2]
    minor12 = h11 * h22 - h12 * h12
    for slab in range(length_km.size):
        h00 = vacuum[0, 0] + 2e6 * energy_mev * MATTER_POTENTIAL_EV * density[slab]
        c1 = h00 * h11 - h01 * h01 + h00 * h22 - h02 * h02 + minor12
        c0 = h00 * minor12 - h01 * (h01 * h22 - h02 * h12) + h02 * (h01 * h12 - h02 * h11)
        x, y, z = cubic_roots(h00 + h11 + h22, c1, c0)
        # exp(-i H L) = f0 + f1 H + f2 H^2
        turn = length_km[slab] * per_ev2
        ex = complex(math.cos(x * turn), -math.sin(x * turn)) / ((x - y) * (x - z))
        ey = complex(math.cos(y * turn), -math.sin(y * turn)) / ((y - x) * (y - z))
        ez = complex(math.cos(z * turn), -math.sin(z * turn)) / ((z - x) * (z - y))
        f2 = ex + ey + ez
        f1 = -(ex * (y + z) + ey * (x + z) + ez * (x + y))
        f0 = ex * y * z + ey * x * z + ez * x * y
        s00 = f0 + f1 * h00 + f2 * (h00 * h00 + h01 * h01 + h02 * h02)
        s11 = f0 + f1 * h11 + f2 * (h01 * h01 + h11 * h11 + h12 * h12)
        s22 = f0 + f1 * h22 + f2 * (h02 * h02 + h12 * h12 + h22 * h22)
        s01 = f1 * h01 + f2 * (h00 * h01 + h01 * h11 + h02 * h12)
        s02 = f1 * h02 + f2 * (h00 * h02 + h01 * h12 + h02 * h22)
        s12 = f1 * h12 + f2 * (h01 * h02 + h11 * h12 + h12 * h22)
        for j in range(3):
            u, v, w = amplitude[0, j], amplitude[1, j], amplitude[2, j]
            amplitude[0, j] = s00 * u + s01 * v + s02 * w
            amplitude[1, j] = s01 * u + s11 * v + s12 * w
            amplitude[2, j] = s02 * u + s12 * v + s22 * w
    for i in range(3):  # the near half is the transpose of the far half
        for j in range(3):
            following[i, j] = (
                amplitude[0, i] * amplitude[0, j]
                + amplitude[1, i] * amplitude[1, j]
                + amplitude[2, i] * amplitude[2, j]
            )
    for k in range(3):
        for a in range(3):
            value = 0.0 + 0.0j
            for b in range(3):
                arrived = (
                    following[b, 0] * inner[0, k]
                    + following[b, 1] * inner[1, k]
                    + following[b, 2] * inner[2, k]
                )
                value += outer[a, b] * arrived
            out[k, a] = value.real**2 + value.imag**2


@njit
def _transitions(
    energy_mev: Floats,
    nadir_deg: Floats,
    fineness: float,
    splitting_ev2: float,
    outer_km: Floats,
    n_e: Floats,
    vacuum: Floats,
    inner: Floats,
    outer: NDArray[np.complex128],
) -> Floats:
    """Transitions of pairs of energy and nadir that share an index, (n, 3, 3)."""
    out = np.empty((energy_mev.size, 3, 3))
    for i in range(energy_mev.size):
        oscillation_km = 4e6 * math.pi * energy_mev[i] * HBARC_EV_KM / splitting_ev2
        slab_km = min(max(_SLAB_IN_LENGTHS * oscillation_km, _LEAST_SLAB_KM), _GREATEST_SLAB_KM)
        length, density = _slabs(nadir_deg[i], slab_km / fineness, outer_km, n_e)
        _transition(energy_mev[i], length, density, vacuum, inner, outer, out[i])
    return out


def earth_transition(
    energy_mev: Floats | float,
    nadir_deg: Floats | float,
    mix: Mixing,
    fineness: float = 1.0,
    *,
    anti: bool = False,
) -> Floats:
    """P(nu_k -> nu_a) of mass states that cross the Earth, exact for each pair of energy and nadir.

    Parameters
    ----------
    energy_mev, nadir_deg : broadcast together; nadir is the angle of the Sun from straight down, 0 to 180;
        above 90 degrees it is day and the result is |U_ak|^2.
    mix : the mixing.
    fineness : divides the length of the slabs (40 to 150 km, by energy); 1 is good to 3e-4 everywhere.
    anti : for antineutrinos: P(anu_k -> anu_a).

    Returns
    -------
    float (..., 3, 3), last axes mass state k and flavour a; sums over a are 1.
    """
    energy, nadir = np.broadcast_arrays(
        np.asarray(energy_mev, dtype=np.float64), np.asarray(nadir_deg, dtype=np.float64)
    )
    if np.any(~((nadir >= 0.0) & (nadir <= 180.0))):
        msg = "nadir angles must be between 0 (Sun straight down) and 180 degrees"
        raise PhysicsError(msg)
    shells = earth_shells()
    vacuum = mix.inner @ np.diag(mix.mass2_ev2) @ mix.inner.T
    out = np.empty((energy.size, 3, 3))
    out[:] = mix.flavour.T
    night = np.flatnonzero(nadir.ravel() < HORIZON_DEG)
    out[night] = _transitions(
        energy.ravel()[night],
        nadir.ravel()[night],
        fineness,
        mix.mass2_ev2[1],
        shells.outer_km,
        -shells.n_e if anti else shells.n_e,
        vacuum,
        mix.inner,
        mix.outer.conj() if anti else mix.outer,
    )
    return out.reshape(*energy.shape, 3, 3)


def earth_table(mix: Mixing, edges_deg: Floats, *, anti: bool = False) -> EarthTable:
    """Tabulate P(nu_k -> nu_a), or that of antineutrinos, over energy, averaged over each nadir bin.

    Fast phases along single chords average out over a night; what is left is smooth in energy, and
    interpolation linear in log E is good to 3e-4. Kept on disk.
    """

    def make() -> Arrays:
        return {"transition": _binned(mix, edges_deg, anti)}

    mixed = (mix.inner, mix.outer, mix.mass2_ev2)
    key = digest(FilePath(__file__), *earth_shells(), *mixed, edges_deg, anti)
    found = remembered("earth", key, ("transition",), make)
    return EarthTable(_TABLE_ENERGIES, edges_deg, np.asarray(found["transition"], dtype=np.float64))


def _binned(mix: Mixing, edges_deg: Floats, anti: bool) -> Floats:
    """Return the transitions averaged over nadir bins, (n_e, n_b, 3, 3)."""
    width = np.diff(edges_deg)[:, None]
    nodes = (edges_deg[:-1, None] + width * (np.arange(_NODES_A_BIN) + 0.5) / _NODES_A_BIN).ravel()
    fine = earth_transition(_TABLE_ENERGIES[None, :], nodes[:, None], mix, anti=anti)
    binned = fine.reshape(len(edges_deg) - 1, _NODES_A_BIN, len(_TABLE_ENERGIES), 3, 3).mean(axis=1)
    return np.ascontiguousarray(binned.transpose(1, 0, 2, 3))


def night_transition(table: EarthTable, weight: Floats, energy_mev: Floats) -> Floats:
    """Average a table over nadir bins with the given weights (n_b,) and interpolate to energies.

    Returns
    -------
    float (n, 3, 3); outside the table the nearest entry (below 0.3 MeV regeneration is under 2e-4).
    """
    total = float(weight.sum())
    if not total > 0.0:
        msg = "the nadir distribution holds no night"
        raise PhysicsError(msg)
    mean = np.tensordot(table.transition, weight / total, axes=(1, 0))
    x, grid = np.log(np.asarray(energy_mev, dtype=np.float64)), np.log(table.energy_mev)
    place = np.clip(np.searchsorted(grid, x) - 1, 0, len(grid) - 2)
    share = np.clip((x - grid[place]) / (grid[place + 1] - grid[place]), 0.0, 1.0)[..., None, None]
    return np.asarray((1.0 - share) * mean[place] + share * mean[place + 1])
