"""Spin-flavour precession in a random field: rates between six populations.

A field whose direction and strength wander over a correlation length L0, exponentially, turns nu_i into its
partner at the rate ``2 |H_ji|^2 L0 / (1 + w^2 L0^2)``, H_ji from the root mean square field across the ray, w
the splitting [MIRANDA04]. The rates run both ways, so that the six populations sum to 1; they hold while a
turn within one correlation length is small.
"""

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.sfp_eigen import follow_three
from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path
from sim.physics.sfp_six import Six
from sim.physics.sfp_states import solve

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_LARGEST_TURN = 0.3  # radians (mu B L0): above it more than one kick a length matters


@njit
def rates(squared: Floats, six: Six, path: Path, length: float, rate: Floats, birth: Floats) -> None:
    """Write the rates between i and j, (n, 3, 3), per solar radius, and what a nu_e is made of, (n, 3)."""
    left, right = six.inner.copy(), six.inner.copy()
    e_left, e_right = squared.copy(), squared.copy()
    work = np.empty((3, 3))
    before = 0.0
    for n in range(path.x.size - 1, -1, -1):
        change = path.v_e[n] - before
        follow_three(e_left, left, change, work)
        follow_three(e_right, right, six.right_matter * change, work)
        before = path.v_e[n]
        for i in range(3):
            birth[n, i] = left[0, i] ** 2
            for j in range(3):
                w = e_left[i] - e_right[j] + (1.0 - six.right_matter) * path.v_n[n] - path.twist
                amplitude = 0j
                for a in range(3):
                    for b in range(3):
                        amplitude += right[a, j] * six.moment[a, b] * left[b, i]
                square = (amplitude.real**2 + amplitude.imag**2) * path.coupling[n] ** 2
                rate[n, i, j] = 2.0 * square * length / (1.0 + (w * length) ** 2)


@njit
def transfer(length: float, here: Floats, before: Floats, plus: Complexes, step: Complexes) -> None:
    """Write what a cell does to six populations, (6, 6): a Cayley transform, which keeps their sum.

    ``here``, ``before`` (3, 3): rates at its two ends; ``plus`` (6, 6) is work space.
    """
    plus[:] = 0.0
    step[:] = 0.0
    for a in range(6):
        plus[a, a] = step[a, a] = 1.0
    for i in range(3):
        for j in range(3):
            flow = 0.25 * length * (here[i, j] + before[i, j])
            for a, b in ((i, j + 3), (j + 3, i)):
                plus[a, a] += flow
                plus[a, b] -= flow
                step[a, a] -= flow
                step[a, b] += flow
    solve(plus, step)


@njit
def _populations(x: Floats, rate: Floats, birth: Floats, weight: Floats, out: Floats) -> None:
    """Carry the populations (6,) outwards."""
    plus, step = np.empty((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    state = np.zeros(6)
    out[:] = 0.0
    for n in range(x.size):
        if n > 0:
            transfer(x[n] - x[n - 1], rate[n], rate[n - 1], plus, step)
            for a in range(6):
                state[a] = 0.0
                for b in range(6):
                    state[a] += step[a, b].real * out[b]
            out[:] = state
        for i in range(3):
            out[i] += weight[n] * birth[n, i]


def random_populations(
    energy_mev: Floats, six: Six, path: Path, length_rsun: float, weight: Floats
) -> Floats:
    """Return the populations of three and three mass states at the surface, float (n, 6); rows sum to 1.

    Parameters
    ----------
    energy_mev : (n,), positive.
    six : the Hamiltonian's parts.
    path : nodes from the centre to the surface; its coupling holds the root mean square field across the ray.
    length_rsun : correlation length in solar radii.
    weight : (n_nodes,), birth weights on the nodes, sum 1.

    Raises
    ------
    PhysicsError
        Moment times field so large that a state turns by more than 0.3 within a correlation length.
    """
    turn = float(np.abs(six.moment).max() * path.coupling.max() * length_rsun)
    if turn > _LARGEST_TURN:
        msg = (
            f"in the random field a state turns by {turn:.3g} rad within one correlation length: "
            f"rates hold up to {_LARGEST_TURN:g}; lower the moment, the field or the length"
        )
        raise PhysicsError(msg)
    n = len(path.x)
    rate, birth = np.empty((n, 3, 3)), np.empty((n, 3))
    out = np.empty((len(energy_mev), 6))
    for k, mev in enumerate(energy_mev):
        rates(six.mass2_ev2 * (RAD_PER_EV2_MEV / float(mev)), six, path, length_rsun, rate, birth)
        _populations(path.x, rate, birth, weight, out[k])
    return out
