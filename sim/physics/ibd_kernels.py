"""Inverse beta decay, the compiled part: matrix element, radiative factor, two-body kinematics.

``dsigma/dt = G_F^2 V_ud^2 / (2 pi (s - m_p^2)^2) [A(t) - (s - u) B(t) + (s - u)^2 C(t)]`` [SV03]; the proton
is at rest, ``t`` runs with the positron's total energy. All energies in MeV, cross sections in cm^2.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import (
    ALPHA_EM,
    ELECTRON_MASS_MEV,
    FERMI_MEV2,
    HBARC_MEV_CM,
    NEUTRON_MASS_MEV,
    PROTON_MASS_MEV,
)
from sim.core.jit import njit, njit_inline

Floats = NDArray[np.float64]

THRESHOLD = ((NEUTRON_MASS_MEV + ELECTRON_MASS_MEV) ** 2 - PROTON_MASS_MEV**2) / (2.0 * PROTON_MASS_MEV)

_MEAN_MASS = 0.5 * (NEUTRON_MASS_MEV + PROTON_MASS_MEV)
_DELTA = NEUTRON_MASS_MEV - PROTON_MASS_MEV
_ELECTRON2 = ELECTRON_MASS_MEV**2
_OFFSET = (NEUTRON_MASS_MEV**2 - PROTON_MASS_MEV**2 - _ELECTRON2) / (2.0 * PROTON_MASS_MEV)
_XI = 3.706  # anomalous moments, proton minus neutron [SV03]
_VECTOR_MASS2 = 0.71e6  # [SV03]
_PION_MASS2 = 139.57039**2  # charged pion [PDG22]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)  # total good to 1e-12 below 50 MeV, 4e-10 at 100 MeV


@njit_inline
def _matrix_element(t: float, s_u: float, g_axial: float, axial_mass: float) -> float:
    """Return ``A - (s - u) B + (s - u)^2 C`` with all form factors but second-class ones [SV03], MeV^4."""
    m2 = _MEAN_MASS * _MEAN_MASS
    dipole = (1.0 - t / (4.0 * m2)) * (1.0 - t / _VECTOR_MASS2) ** 2
    f1 = (1.0 - (1.0 + _XI) * t / (4.0 * m2)) / dipole
    f2 = _XI / dipole
    g1 = -g_axial / (1.0 - t / axial_mass**2) ** 2
    g2 = 2.0 * m2 * g1 / (_PION_MASS2 - t)
    a = (t - _ELECTRON2) * (
        4.0 * f1 * f1 * (4.0 * m2 + t + _ELECTRON2)
        + 4.0 * g1 * g1 * (-4.0 * m2 + t + _ELECTRON2)
        + f2 * f2 * (t * t / m2 + 4.0 * t + 4.0 * _ELECTRON2)
        + 4.0 * _ELECTRON2 * t * g2 * g2 / m2
        + 8.0 * f1 * f2 * (2.0 * t + _ELECTRON2)
        + 16.0 * _ELECTRON2 * g1 * g2
    )
    a -= _DELTA**2 * (
        (4.0 * f1 * f1 + t * f2 * f2 / m2) * (4.0 * m2 + t - _ELECTRON2)
        + 4.0 * g1 * g1 * (4.0 * m2 - t + _ELECTRON2)
        + 4.0 * _ELECTRON2 * g2 * g2 * (t - _ELECTRON2) / m2
        + 8.0 * f1 * f2 * (2.0 * t - _ELECTRON2)
        + 16.0 * _ELECTRON2 * g1 * g2
    )
    a -= 32.0 * _ELECTRON2 * _MEAN_MASS * _DELTA * g1 * (f1 + f2)
    b = 16.0 * t * g1 * (f1 + f2)
    b += 4.0 * _ELECTRON2 * _DELTA * (f2 * f2 + f1 * f2 + 2.0 * g1 * g2) / _MEAN_MASS
    c = 4.0 * (f1 * f1 + g1 * g1) - t * f2 * f2 / m2
    return (a - s_u * b + s_u * s_u * c) / 16.0


@njit_inline
def _radiative(positron: float) -> float:
    """Return the radiative factor, photons included in the positron's energy [SV03]."""
    ratio = ELECTRON_MASS_MEV / positron
    return 1.0 + ALPHA_EM / math.pi * (
        6.00352 + 1.5 * math.log(PROTON_MASS_MEV / (2.0 * positron)) + 1.2 * ratio * math.sqrt(ratio)
    )


@njit_inline
def _per_positron(energy: float, positron: float, v_ud: float, g_axial: float, axial_mass: float) -> float:
    """Return dsigma/dE_e in cm^2/MeV at an allowed total energy of the positron."""
    t = NEUTRON_MASS_MEV**2 - PROTON_MASS_MEV**2 - 2.0 * PROTON_MASS_MEV * (energy - positron)
    s_u = 2.0 * PROTON_MASS_MEV * (energy + positron) - _ELECTRON2
    flux = 2.0 * PROTON_MASS_MEV * energy  # s - m_p^2
    scale = (FERMI_MEV2 * v_ud * HBARC_MEV_CM) ** 2 / (2.0 * math.pi * flux * flux)
    element = _matrix_element(t, s_u, g_axial, axial_mass)
    return 2.0 * PROTON_MASS_MEV * scale * element * _radiative(positron)


@njit_inline
def _positron_range(energy: float) -> tuple[float, float]:
    """Return centre and half width of the positron's total energy; for energies above the threshold."""
    above = 2.0 * PROTON_MASS_MEV * (energy - THRESHOLD)  # s - (m_n + m_e)^2
    s = PROTON_MASS_MEV**2 + 2.0 * PROTON_MASS_MEV * energy
    root = math.sqrt(s)
    boost = energy / root  # the neutrino's energy in the centre of mass over m_p
    positron_cm = (s - NEUTRON_MASS_MEV**2 + _ELECTRON2) / (2.0 * root)
    momentum_cm = math.sqrt(above * (above + 4.0 * NEUTRON_MASS_MEV * ELECTRON_MASS_MEV)) / (2.0 * root)
    return energy - _OFFSET - boost * positron_cm, boost * momentum_cm


@njit_inline
def _positron(energy: float, cosine: float) -> float:
    """Return the positron's total energy at an angle, m_e or more; the greater one where there are two."""
    epsilon = energy / PROTON_MASS_MEV
    kappa = (1.0 + epsilon) ** 2 - (epsilon * cosine) ** 2
    left = energy - _OFFSET
    root = math.sqrt(max(left * left - _ELECTRON2 * kappa, 0.0))
    return max((left * (1.0 + epsilon) + epsilon * cosine * root) / kappa, ELECTRON_MASS_MEV)


@njit
def moments(energy: Floats, v_ud: float, g_axial: float, axial_mass: float, out: Floats) -> None:
    """Fill ``out`` (n, 3): integrals of dsigma/dE_e times 1, E_e and the cosine of the positron's angle."""
    for i in range(energy.size):
        out[i] = 0.0
        if not energy[i] > THRESHOLD:
            continue
        centre, half = _positron_range(energy[i])
        for k in range(_NODES.size):
            positron = centre + half * _NODES[k]
            value = half * _WEIGHTS[k] * _per_positron(energy[i], positron, v_ud, g_axial, axial_mass)
            momentum = math.sqrt(positron * positron - _ELECTRON2)
            transfer = 2.0 * PROTON_MASS_MEV * (_OFFSET - energy[i] + positron)  # t - m_e^2
            out[i, 0] += value
            out[i, 1] += value * positron
            out[i, 2] += value * (transfer + 2.0 * energy[i] * positron) / (2.0 * energy[i] * momentum)


@njit
def positrons(energy: Floats, cosine: Floats, out: Floats) -> None:
    """Fill ``out`` (n,) with the positron's total energy at each energy and angle."""
    for i in range(out.size):
        out[i] = _positron(energy[i], cosine[i])


@njit
def per_cosine(
    energy: Floats, cosine: Floats, v_ud: float, g_axial: float, axial_mass: float, out: Floats
) -> None:
    """Fill ``out`` (n,) with dsigma/dcos, cm^2; 0 below the threshold and at angles out of reach."""
    for i in range(out.size):
        out[i] = 0.0
        if not energy[i] > THRESHOLD:
            continue
        positron = _positron(energy[i], cosine[i])
        momentum = math.sqrt(positron * positron - _ELECTRON2)
        epsilon = energy[i] / PROTON_MASS_MEV
        # dE_e/dcos; the denominator passes through 0 only where an angle begins to have two energies
        slope = momentum * momentum * epsilon / ((1.0 + epsilon) * momentum - epsilon * cosine[i] * positron)
        if slope > 0.0:
            out[i] = slope * _per_positron(energy[i], positron, v_ud, g_axial, axial_mass)
