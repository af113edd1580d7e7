"""Electromagnetic moments of neutrinos: matrices, bases, and the moment that an arriving state shows.

An ultra-relativistic neutrino in the state psi scatters with ``mu_eff^2 = sum_j |(mu psi)_j|^2``; solar
neutrinos arrive as incoherent mass states with weights P_ek, hence ``mu_eff^2 = sum_k P_ek (mu^+ mu)_kk``
[GRIMUS00, GIUNTI15]. "mu" stands for the combination mu - i d of magnetic and electric dipole moment.

Dirac: any complex matrix, ``mu_f = U mu_m U^+``. Majorana: antisymmetric, ``mu_ab = eps_abc Lambda_c`` with
Lambda = (mu_23, mu_31, mu_12), ``mu_m = U^T mu_f U``; |Lambda|^2 does not depend on the basis.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.errors import PhysicsError
from sim.physics.config import MomentConfig, parse_complex
from sim.physics.mixing import Mixing

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_UNEVEN = 1e-9  # of the greatest moment: more is not antisymmetric


def _square(matrix: ArrayLike) -> Complexes:
    array = np.asarray(matrix, dtype=np.complex128)
    if array.shape != (3, 3):
        msg = f"a matrix of shape {array.shape}, expected (3, 3)"
        raise PhysicsError(msg)
    return array


def majorana_matrix(mu12: complex, mu13: complex, mu23: complex) -> Complexes:
    """Return the antisymmetric matrix of the transition moments, complex (3, 3)."""
    return np.array([[0.0, mu12, mu13], [-mu12, 0.0, mu23], [-mu13, -mu23, 0.0]], dtype=np.complex128)


def _cells(config: MomentConfig) -> Complexes | None:
    """Return the matrix of the card, or that of its three transition moments, or None."""
    keys = (config.mu12_bohr, config.mu13_bohr, config.mu23_bohr)
    mu12, mu13, mu23 = (parse_complex(value) for value in keys)
    if config.matrix_bohr is None:
        return majorana_matrix(mu12, mu13, mu23) if config.nature == "majorana" else None
    matrix = np.array([[parse_complex(cell) for cell in row] for row in config.matrix_bohr])
    if config.nature == "majorana":
        uneven = np.abs(matrix + matrix.T)
        if uneven.max() > _UNEVEN * np.abs(matrix).max():
            i, j = (int(k) for k in np.unravel_index(np.argmax(uneven), uneven.shape))
            msg = (
                f"moment.matrix_bohr: {matrix[i, j]:g} in row {i + 1}, column {j + 1} and {matrix[j, i]:g} "
                "across the diagonal: a Majorana matrix is antisymmetric, its diagonal zero"
            )
            raise PhysicsError(msg)
        if mu12 or mu13 or mu23:
            msg = "give either moment.matrix_bohr or moment.mu12_bohr, mu13_bohr, mu23_bohr, not both"
            raise PhysicsError(msg)
    return matrix


def moment_matrix(config: MomentConfig, mix: Mixing | None = None) -> Complexes:
    """Return the mass-basis matrix of a card's moments in Bohr magnetons, complex (3, 3).

    A plain effective moment is the unit matrix times mu_eff: every state shows the same moment.

    Parameters
    ----------
    config : the card's section.
    mix : the mixing, needed where the moments are given in the flavour basis.

    Raises
    ------
    PhysicsError
        Dirac nature without a matrix, a Majorana matrix that is not antisymmetric or given twice, flavour
        moments without a mixing.
    """
    if config.nature == "effective":
        return config.mu_eff_bohr * np.eye(3, dtype=np.complex128)
    matrix = _cells(config)
    if matrix is None:
        msg = "moment.nature = 'dirac' needs moment.matrix_bohr (three rows of three numbers)"
        raise PhysicsError(msg)
    if config.basis == "mass":
        return matrix
    if mix is None:
        msg = "moments in the flavour basis (moment.basis = 'flavour') need the mixing to be used here"
        raise PhysicsError(msg)
    change = majorana_to_mass if config.nature == "majorana" else dirac_to_mass
    return change(matrix, mix.pmns)


def mass_moments_squared(matrix: ArrayLike) -> Floats:
    """Return (mu^+ mu)_kk of a mass-basis matrix: squared moment of each pure mass state, float (3,)."""
    return np.asarray(np.sum(np.abs(_square(matrix)) ** 2, axis=0), dtype=np.float64)


def effective_moment_squared(matrix: ArrayLike, p_e1: ArrayLike, p_e2: ArrayLike, p_e3: ArrayLike) -> Floats:
    """Squared effective moment of an incoherent mixture of mass states.

    Parameters
    ----------
    matrix : complex (3, 3), mass basis (``moment_matrix``), Bohr magnetons.
    p_e1, p_e2, p_e3 : P(nu_e -> nu_k) at the detector, any common shape.

    Returns
    -------
    float array of that shape, Bohr magnetons squared.
    """
    squared = mass_moments_squared(matrix)
    populations = (np.asarray(p, dtype=np.float64) for p in (p_e1, p_e2, p_e3))
    return np.asarray(sum(s * p for s, p in zip(squared, populations, strict=True)), dtype=np.float64)


def coherent_moment_squared(matrix: ArrayLike, amplitudes: ArrayLike) -> float:
    """Return |mu psi|^2 of a coherent state psi, complex (3,), in the basis of the matrix."""
    return float(np.sum(np.abs(_square(matrix) @ np.asarray(amplitudes, dtype=np.complex128)) ** 2))


def dirac_to_flavour(matrix_mass: ArrayLike, mixing: ArrayLike) -> Complexes:
    """Return U mu_m U^+ for a Dirac matrix; ``mixing`` is U_{alpha k}, complex (3, 3)."""
    u = _square(mixing)
    return u @ _square(matrix_mass) @ u.conj().T


def dirac_to_mass(matrix_flavour: ArrayLike, mixing: ArrayLike) -> Complexes:
    """Return U^+ mu_f U for a Dirac matrix."""
    u = _square(mixing)
    return u.conj().T @ _square(matrix_flavour) @ u


def majorana_to_flavour(matrix_mass: ArrayLike, mixing: ArrayLike) -> Complexes:
    """Return U* mu_m U^+ for a Majorana matrix."""
    u = _square(mixing)
    return u.conj() @ _square(matrix_mass) @ u.conj().T


def majorana_to_mass(matrix_flavour: ArrayLike, mixing: ArrayLike) -> Complexes:
    """Return U^T mu_f U for a Majorana matrix."""
    u = _square(mixing)
    return u.T @ _square(matrix_flavour) @ u
