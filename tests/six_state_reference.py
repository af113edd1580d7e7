"""A plain integrator of the six-state equation, all phases resolved: what the schemes are checked against.

Flavour basis, explicit twist phase, fourth-order Magnus pairs with Taylor exponentials; it shares nothing with the
schemes but the constants. The amplitudes <j|U(surface, r)|nu_e> of chosen final states are carried inwards, which
gives the conversion for every birth radius in one pass.
"""

import math

import numpy as np

from sim.core.constants import BOHR_MAGNETON_EV_G, HBARC_EV_KM, MATTER_POTENTIAL_EV, SOLAR_RADIUS_KM
from sim.core.jit import njit

_RAD = SOLAR_RADIUS_KM / HBARC_EV_KM
_EARLY, _LATE = 0.5 - math.sqrt(3.0) / 6.0, 0.5 + math.sqrt(3.0) / 6.0
_MIX = math.sqrt(3.0) / 6.0


@njit
def _inwards(vacuum, moment, v_e, v_n, field, twist, radius, right, length, rows, conversion):
    steps = conversion.shape[0]
    h = np.empty((6, 6), np.complex128)
    term, following = np.empty((3, 6), np.complex128), np.empty((3, 6), np.complex128)
    for n in range(steps - 1, -1, -1):
        for half in range(2):
            # outermost exponential first: weights of the early and the late point
            early, late = (0.25 - _MIX, 0.25 + _MIX) if half == 0 else (0.25 + _MIX, 0.25 - _MIX)
            for a in range(6):
                for b in range(6):
                    h[a, b] = 0.5 * vacuum[a, b]
            for k in range(2):
                weight = early if k == 0 else late
                at = 2 * n + k
                angle = twist * radius[at]
                turn = weight * field[at] * complex(math.cos(angle), math.sin(angle))
                for a in range(3):
                    matter = weight * (v_n[at] + (v_e[at] if a == 0 else 0.0))
                    h[a, a] += matter
                    h[a + 3, a + 3] += right * matter
                    for b in range(3):
                        h[a + 3, b] += turn * moment[a, b]
                        h[b, a + 3] += (turn * moment[a, b]).conjugate()
            term[:] = rows
            for order in range(1, 60):
                size = 0.0
                for i in range(3):
                    for b in range(6):
                        total = 0j
                        for a in range(6):
                            total += term[i, a] * h[a, b]
                        following[i, b] = -1j * length / order * total
                        size += abs(following[i, b])
                term[:] = following
                rows += term
                if size < 1e-19:
                    break
        for i in range(3):
            conversion[n, i] = abs(rows[i, 0]) ** 2


def conversion_by_birth(sun, mix, matrix_bohr, dirac, field, energy_mev, steps, lower=True):
    """Return radii (n,) and P(nu_e -> mass state 1, 2, 3 of the lower three), (n, 3); ``lower=False``: neutrinos."""
    from scipy.interpolate import CubicSpline

    left = (np.arange(steps) / steps)[:, None]
    radius = (left + np.array([_EARLY, _LATE]) / steps).ravel()
    n_e = np.exp(CubicSpline(sun.radius, np.log(sun.n_e_mol_cm3), bc_type="natural")(radius))
    n_n = np.exp(CubicSpline(sun.radius, np.log(sun.n_n_mol_cm3), bc_type="natural")(radius))
    u = mix.pmns
    kinetic = np.diag(mix.mass2_ev2) * _RAD / (2e6 * energy_mev)
    vacuum, moment = np.zeros((6, 6), complex), np.asarray(matrix_bohr, dtype=complex)
    vacuum[:3, :3] = u @ kinetic @ u.conj().T
    final = u if dirac else u.conj()
    vacuum[3:, 3:] = final @ kinetic @ final.conj().T
    moment = final @ moment @ u.conj().T
    rows = np.zeros((3, 6), complex)
    if lower:
        rows[:, 3:] = final.conj().T
    else:
        rows[:, :3] = u.conj().T
    strength = field.at(radius) * 1e3 * BOHR_MAGNETON_EV_G * _RAD
    potential = MATTER_POTENTIAL_EV * _RAD
    conversion = np.empty((steps, 3))
    _inwards(
        vacuum,
        moment,
        potential * n_e,
        -0.5 * potential * n_n,
        strength,
        float(field.twist_rad_per_rsun),
        radius,
        0.0 if dirac else -1.0,
        1.0 / steps,
        rows,
        conversion,
    )
    return left[:, 0], conversion


def window_average(radius, conversion, centre, sigma):
    """Average over a Gaussian of birth radii cut at four standard deviations."""
    weight = np.exp(-0.5 * ((radius - centre) / sigma) ** 2) * (np.abs(radius - centre) < 4.0 * sigma)
    return weight @ conversion / weight.sum()
