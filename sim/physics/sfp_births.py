"""Spin-flavour precession to first order in mu B, apart for every birth place: one pass serves all of them.

Interference between the admixture at birth and the conversion further out is left out: over the surroundings
of a birth place (a fast phase turns in 1e-3 solar radii) it averages to zero.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.physics.mixing import Mixing
from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path
from sim.physics.sfp_quadrature import Births, empty_births, sweep

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


class ByBirth(NamedTuple):
    """First order by birth place: mass states without a moment, what they lose, what antineutrinos gain.

    Each float (n_energies, n_nodes, 3); ``least`` float (n_energies, n_nodes): smallest splitting, rad/R_sun.
    """

    mass: Floats
    gain: Floats
    loss: Floats
    least: Floats


@njit
def _contract(
    births: Births, born: NDArray[np.bool_], moments: Complexes, gain: Floats, loss: Floats
) -> None:
    """Write what antineutrino states gain and neutrino states lose, (n, 3) each, for given moments."""
    for n in range(born.size):
        if not born[n]:
            continue
        gain[n] = 0.0
        loss[n] = 0.0
        core = 0.0
        for j in range(3):
            amplitude = 0j
            for c in range(3):
                amplitude += moments[c] * births.local[n, j, c]
            square = amplitude.real**2 + amplitude.imag**2
            gain[n, j] += square
            core += square
            for i in range(3):
                amplitude = 0j
                for c in range(3):
                    amplitude += moments[c] * births.tail[n, i, j, c]
                square = amplitude.real**2 + amplitude.imag**2
                gain[n, j] += square
                loss[n, i] += square
        for i in range(3):
            loss[n, i] += births.mass[n, i] * core


@njit
def _birth_energies(
    energy_mev: Floats,
    path: Path,
    mass2_ev2: Floats,
    inner: Floats,
    moments: Complexes,
    born: NDArray[np.bool_],
    mass: Floats,
    gain: Floats,
    loss: Floats,
    least: Floats,
) -> None:
    births = empty_births(path.x.size)
    for k in range(energy_mev.size):
        sweep(path, mass2_ev2 * (RAD_PER_EV2_MEV / energy_mev[k]), inner, born, births)
        _contract(births, born, moments, gain[k], loss[k])
        mass[k] = births.mass
        least[k] = births.least


def response_by_birth(
    energy_mev: Floats, path: Path, mix: Mixing, moments: Complexes, born: NDArray[np.bool_]
) -> ByBirth:
    """Return first-order populations for every birth place, phases averaged over its surroundings.

    Parameters
    ----------
    energy_mev : (n,), positive.
    path : nodes from the centre to the surface.
    mix : mixing.
    moments : L', complex (3,), of ``inner_moments``.
    born : bool (n_nodes,), where to answer; zero elsewhere.
    """
    energy = np.ascontiguousarray(energy_mev, dtype=np.float64)
    shape = (energy.size, path.x.size)
    found = ByBirth(np.zeros((*shape, 3)), np.zeros((*shape, 3)), np.zeros((*shape, 3)), np.zeros(shape))
    inner = np.ascontiguousarray(mix.inner)
    _birth_energies(
        energy, path, mix.mass2_ev2, inner, moments, born, found.mass, found.gain, found.loss, found.least
    )
    found.mass[:, ~born] = 0.0
    found.least[:, ~born] = 0.0
    return found
