"""Adiabatic flavour conversion in the Sun, three flavours, in closed form.

A nu_e born at electron density n_e is a mixture of the matter eigenstates with weights |U_ek^m(n_e)|^2; each
arrives as the vacuum mass state of the same rank. Eigenvalues are the roots of the characteristic cubic, the
weights follow from them alone (eigenvector from eigenvalues of the minor), theta23 and delta drop out.
Where the 1-2 mixing is so small that the resonance is crossed too fast, the jump probability of an
exponential density joins in [PETCOV88]; it is zero to rounding for large mixing angles.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import HBARC_EV_KM, MATTER_POTENTIAL_EV, SOLAR_RADIUS_KM
from sim.core.jit import njit, njit_inline
from sim.physics.gauss import Rule
from sim.physics.mixing import Mixing

Floats = NDArray[np.float64]

_SCALE_HEIGHT = 1.0 / 10.54  # solar radii; only for the jump probability
_NO_JUMP = 40.0  # exponent above which a jump is below 1e-17


class Levels(NamedTuple):
    """What the kernels need: squared masses in rising order, |U_ek|^2 likewise, and who is who."""

    m0: float
    m1: float
    m2: float
    trace_minor: float
    det_minor: float
    i0: int
    i1: int
    i2: int
    jump_ev2: float
    sin2_theta12: float
    resonance_ev2: float
    cos2_theta13: float


def levels(mix: Mixing) -> Levels:
    """Order the mass states and collect the invariants of the mixing."""
    order = np.argsort(mix.mass2_ev2, kind="stable")
    mass = mix.mass2_ev2[order]
    weight = mix.flavour[0][order]
    minor = float(np.sum(mass * (1.0 - weight)))
    det = float(weight[0] * mass[1] * mass[2] + weight[1] * mass[0] * mass[2] + weight[2] * mass[0] * mass[1])
    cos2_theta13 = float(1.0 - mix.flavour[0, 2])
    sin2_theta12 = float(mix.flavour[0, 1] / cos2_theta13)
    jump = math.pi * mix.mass2_ev2[1] * _SCALE_HEIGHT * SOLAR_RADIUS_KM / HBARC_EV_KM
    return Levels(
        float(mass[0]),
        float(mass[1]),
        float(mass[2]),
        minor,
        det,
        int(order[0]),
        int(order[1]),
        int(order[2]),
        float(jump),
        sin2_theta12,
        float(mix.mass2_ev2[1] * (1.0 - 2.0 * sin2_theta12)),
        cos2_theta13,
    )


@njit_inline
def cubic_roots(c2: float, c1: float, c0: float) -> tuple[float, float, float]:
    """Real roots of x^3 - c2 x^2 + c1 x - c0, rising; all three real (hermitian matrix)."""
    spread = math.sqrt(max(c2 * c2 - 3.0 * c1, 1e-300))
    cosine = (2.0 * c2 * c2 * c2 - 9.0 * c1 * c2 + 27.0 * c0) / (2.0 * spread * spread * spread)
    angle = math.acos(min(1.0, max(-1.0, cosine))) / 3.0
    # the isolated root first, polished; the other two from their sum and product
    if cosine > 0.0:
        lone = (c2 + 2.0 * spread * math.cos(angle)) / 3.0
    else:
        lone = (c2 - 2.0 * spread * math.cos(math.pi / 3.0 - angle)) / 3.0
    lone -= (((lone - c2) * lone + c1) * lone - c0) / ((3.0 * lone - 2.0 * c2) * lone + c1)
    total = c2 - lone
    root = math.sqrt(max(total * total - 4.0 * (c1 - lone * total), 0.0))
    low, high = 0.5 * (total - root), 0.5 * (total + root)
    if lone > high:
        return low, high, lone
    return lone, low, high


@njit_inline
def _electron_weights(matter_ev2: float, s: Levels) -> tuple[float, float, float]:
    """|U_ek^m|^2 of the three matter eigenstates, rising order; matter_ev2 = 2 E V_e."""
    c2 = s.m0 + s.m1 + s.m2 + matter_ev2
    c1 = s.m0 * s.m1 + s.m0 * s.m2 + s.m1 * s.m2 + matter_ev2 * s.trace_minor
    c0 = s.m0 * s.m1 * s.m2 + matter_ev2 * s.det_minor
    a, b, c = cubic_roots(c2, c1, c0)
    tiny = 1e-14 * (c - a)
    ab, ac, bc = max(b - a, tiny), c - a, max(c - b, tiny)
    wa = ((a - s.trace_minor) * a + s.det_minor) / (ab * ac)
    wb = -((b - s.trace_minor) * b + s.det_minor) / (ab * bc)
    wc = ((c - s.trace_minor) * c + s.det_minor) / (ac * bc)
    wa, wb, wc = max(wa, 0.0), max(wb, 0.0), max(wc, 0.0)
    total = wa + wb + wc
    return wa / total, wb / total, wc / total


@njit
def _jump(energy_mev: float, s: Levels) -> float:
    """Probability to cross the 1-2 resonance without conversion, exponential density [PETCOV88]."""
    gamma = s.jump_ev2 / (energy_mev * 1e6)
    if gamma * s.sin2_theta12 > _NO_JUMP:
        return 0.0
    if gamma > 700.0:
        return math.exp(-gamma * s.sin2_theta12)
    return (math.exp(-gamma * s.sin2_theta12) - math.exp(-gamma)) / (1.0 - math.exp(-gamma))


@njit
def arrival_weights(energy_mev: float, n_e: float, s: Levels) -> tuple[float, float, float]:
    """P(nu_e -> mass state 1, 2, 3) at the solar surface for one energy and one density at birth, mol/cm3."""
    matter = 2e6 * energy_mev * MATTER_POTENTIAL_EV * n_e
    w0, w1, w2 = _electron_weights(matter, s)
    if s.cos2_theta13 * matter > s.resonance_ev2:
        jump = _jump(energy_mev, s)
        if jump > 0.0:
            if s.i2 == 2:  # normal ordering: states 1 and 2 are the two lowest
                w0, w1 = w0 + jump * (w1 - w0), w1 + jump * (w0 - w1)
            else:
                w1, w2 = w1 + jump * (w2 - w1), w2 + jump * (w1 - w2)
    one = w0 if s.i0 == 0 else (w1 if s.i1 == 0 else w2)
    two = w0 if s.i0 == 1 else (w1 if s.i1 == 1 else w2)
    three = w0 if s.i0 == 2 else (w1 if s.i1 == 2 else w2)
    return one, two, three


@njit
def _mass_states(energy_mev: Floats, n_e: Floats, weight: Floats, s: Levels, out: Floats) -> None:
    for i in range(energy_mev.size):
        p0 = p1 = p2 = 0.0
        for k in range(n_e.size):
            w0, w1, w2 = arrival_weights(energy_mev[i], n_e[k], s)
            p0 += weight[k] * w0
            p1 += weight[k] * w1
            p2 += weight[k] * w2
        out[i, 0], out[i, 1], out[i, 2] = p0, p1, p2


def mass_state_probabilities(energy_mev: Floats, births: Rule, mix: Mixing) -> Floats:
    """Probabilities that a nu_e arrives at the solar surface as mass state 1, 2, 3.

    Parameters
    ----------
    energy_mev : (n,), neutrino energies, positive.
    births : electron densities at birth in mol/cm3 and their weights (sum 1); one density gives the value
        for a fixed birth place, a rule of ``SolarModel.birth_density_rule`` the average over production.
    mix : the mixing.

    Returns
    -------
    float (n, 3); rows sum to 1.
    """
    energy = np.ascontiguousarray(energy_mev, dtype=np.float64)
    out = np.empty((energy.size, 3))
    _mass_states(energy, births.node, births.weight, levels(mix), out)
    return out
