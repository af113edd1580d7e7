"""Spin-flavour precession to first order in mu B: oscillating integrals in the adiabatic basis.

Neutrinos and antineutrinos follow their own matter eigenstates nu_i and anu_j; the moment couples them by
``H_ji = mu B L'.(anu_j x nu_i)``, linear in the three Majorana moments L'. The integrals of ``H_ji exp(i
phase)`` are exact in the phase and linear in the amplitude within a cell [FILON29], summed from the surface
inwards, so that one pass serves every birth place, and the result, quadratic in L', every moment. Averaged
over birth places the admixture at birth and the conversion further out do not interfere [AMM22].
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit, njit_inline
from sim.physics.mixing import Mixing
from sim.physics.sfp_eigen import follow_three
from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_SLOW = 1.0  # radians per cell below which the phase is sampled, not integrated by parts
_GAUSS_NODE = (0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15))
_GAUSS_WEIGHT = (5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0)


class Response(NamedTuple):
    """Quadratic forms ``sum_cd L'_c conj(L'_d) form[..., c, d]`` in the moments (Bohr magnetons).

    ``mass`` float (n, 3): mass states without a moment. ``core`` (n, 3, 3, 3): antineutrino mass state j,
    made of the admixture at birth; ``outer`` (n, 3, 3, 3, 3): from neutrino i to antineutrino j further out.
    ``slowest`` float (n,): least splitting weighed by births, rad/R_sun: the split needs it large.
    """

    mass: Floats
    core: Complexes
    outer: Complexes
    slowest: Floats


@njit_inline
def _cell(
    phase: float,
    step: float,
    length: float,
    h0: float,
    h1: float,
    w0: float,
    w1: float,
    e0: complex,
    e1: complex,
) -> complex:
    """Integrate h exp(i phase) over a cell; 1: outer end, where ``phase`` holds, 0: inner, ``step`` later."""
    if abs(step) < _SLOW or w0 * w1 <= 0.0:
        bend = w1 * length - step
        total = 0j
        for k in range(3):
            s = _GAUSS_NODE[k]
            angle = phase + s * step + s * (1.0 - s) * bend
            total += _GAUSS_WEIGHT[k] * (h1 + s * (h0 - h1)) * complex(math.cos(angle), math.sin(angle))
        return total * length
    g0, g1 = h0 / w0, h1 / w1
    return -1j * (g0 * e0 - g1 * e1) + (g0 - g1) / step * (e0 - e1)


class Births(NamedTuple):
    """What a nu_e born at each node comes to, one energy; moments apart, to be contracted with L'_c.

    ``mass`` float (n, 3): matter eigenstates at birth; ``local`` float (n, 3, 3): amplitude of antineutrino
    state j at birth, [j, c]; ``tail`` complex (n, 3, 3, 3): amplitude made further out, [i, j, c];
    ``least`` float (n,): smallest splitting, rad/R_sun. Rows where nothing is born stay as they were.
    """

    mass: Floats
    local: Floats
    tail: Complexes
    least: Floats


@njit
def sweep(path: Path, squared: Floats, inner: Floats, born: NDArray[np.bool_], out: Births) -> None:
    """Fill the births of one energy from the surface inwards; ``squared``: mass2/2E in rad/R_sun."""
    left, right = inner.copy(), inner.copy()
    e_left, e_right = squared.copy(), squared.copy()
    work = np.empty((3, 3))
    phase, w_out, slope_out = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))
    turn_out = np.ones((3, 3), np.complex128)
    h_out, h = np.zeros((3, 3, 3)), np.zeros((3, 3, 3))
    total = np.zeros((3, 3, 3), np.complex128)
    before = 0.0
    last = path.x.size - 1
    for n in range(last, -1, -1):
        follow_three(e_left, left, path.v_e[n] - before, work)
        follow_three(e_right, right, before - path.v_e[n], work)
        before = path.v_e[n]
        strength = path.coupling[n]
        length = path.x[n + 1] - path.x[n] if n < last else 0.0
        if born[n]:
            out.local[n] = 0.0
            out.least[n] = math.inf
            for i in range(3):
                out.mass[n, i] = left[0, i] ** 2
        for i in range(3):
            for j in range(3):
                w = e_left[i] - e_right[j] + 2.0 * path.v_n[n] - path.twist
                share = left[0, i] ** 2 + right[0, j] ** 2
                slope = share * path.slope_e[n] + 2.0 * path.slope_n[n]
                step = 0.5 * length * (w + w_out[i, j]) + length * length / 12.0 * (slope - slope_out[i, j])
                now = phase[i, j] + step
                # the real vector anu_j x nu_i times mu B: one component a moment
                h[i, j, 0] = strength * (right[1, j] * left[2, i] - right[2, j] * left[1, i])
                h[i, j, 1] = strength * (right[2, j] * left[0, i] - right[0, j] * left[2, i])
                h[i, j, 2] = strength * (right[0, j] * left[1, i] - right[1, j] * left[0, i])
                turn = complex(math.cos(now), math.sin(now))
                if n < last and (strength != 0.0 or path.coupling[n + 1] != 0.0):
                    for c in range(3):
                        total[i, j, c] += _cell(
                            phase[i, j],
                            step,
                            length,
                            h[i, j, c],
                            h_out[i, j, c],
                            w,
                            w_out[i, j],
                            turn,
                            turn_out[i, j],
                        )
                phase[i, j], w_out[i, j], slope_out[i, j], turn_out[i, j] = now, w, slope, turn
                if not born[n]:
                    continue
                out.least[n] = min(out.least[n], abs(w))
                part = left[0, i]
                for c in range(3):
                    boundary = h[i, j, c] / w
                    out.local[n, j, c] += part * boundary
                    out.tail[n, i, j, c] = part * (total[i, j, c] + 1j * boundary * turn)
        h_out[:] = h


@njit
def _average(births: Births, weight: Floats, mass: Floats, core: Complexes, outer: Complexes) -> float:
    """Fill the forms of one energy, averaged over births; return the mean of the least splitting."""
    mass[:] = 0.0
    core[:] = 0.0
    outer[:] = 0.0
    slowest = 0.0
    for n in range(weight.size):
        if weight[n] == 0.0:
            continue
        slowest += weight[n] * births.least[n]
        local, tail = births.local[n], births.tail[n]
        for j in range(3):
            mass[j] += weight[n] * births.mass[n, j]
            for c in range(3):
                for d in range(3):
                    core[j, c, d] += weight[n] * local[j, c] * local[j, d]
                    for i in range(3):
                        outer[i, j, c, d] += weight[n] * tail[i, j, c] * tail[i, j, d].conjugate()
    return slowest


@njit
def empty_births(nodes: int) -> Births:
    """Return room for the births of one energy."""
    return Births(
        np.empty((nodes, 3)),
        np.empty((nodes, 3, 3)),
        np.empty((nodes, 3, 3, 3), np.complex128),
        np.empty(nodes),
    )


@njit
def _energies(
    energy_mev: Floats,
    path: Path,
    mass2_ev2: Floats,
    inner: Floats,
    weight: Floats,
    mass: Floats,
    core: Complexes,
    outer: Complexes,
    slowest: Floats,
) -> None:
    births = empty_births(path.x.size)
    born = weight != 0.0
    for k in range(energy_mev.size):
        sweep(path, mass2_ev2 * (RAD_PER_EV2_MEV / energy_mev[k]), inner, born, births)
        slowest[k] = _average(births, weight, mass[k], core[k], outer[k])


def response(energy_mev: Floats, path: Path, mix: Mixing, weight: Floats) -> Response:
    """Return the probabilities of antineutrinos as quadratic forms in the Majorana moments.

    Parameters
    ----------
    energy_mev : (n,), positive.
    path : nodes from the centre to the surface.
    mix : mixing; mass states keep their names for either ordering.
    weight : (n_nodes,), birth weights on the nodes, sum 1.
    """
    energy = np.ascontiguousarray(energy_mev, dtype=np.float64)
    n = energy.size
    found = Response(
        np.empty((n, 3)), np.empty((n, 3, 3, 3), complex), np.empty((n, 3, 3, 3, 3), complex), np.empty(n)
    )
    inner = np.ascontiguousarray(mix.inner)
    _energies(energy, path, mix.mass2_ev2, inner, weight, *found)
    return found
