"""The parts of the six-state Hamiltonian: vacuum, moments, and what the lower three states feel of matter."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.physics.mixing import Mixing

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


class Six(NamedTuple):
    """The Hamiltonian's parts, between the 23 rotation and the rest.

    ``mass2_ev2`` (3,); ``inner`` (3, 3), mass states to this basis; ``moment`` complex (3, 3), Bohr
    magnetons; ``right_matter``: -1 where the lower three feel minus the potentials (antineutrinos), 0 for
    sterile ones.
    """

    mass2_ev2: Floats
    inner: Floats
    moment: Complexes
    right_matter: float


def six_parts(mix: Mixing, matrix_bohr: Complexes, nature: str) -> Six:
    """Return the parts for a mass-basis matrix of moments; ``nature`` is majorana or dirac."""
    phase = np.diag([1.0, 1.0, mix.phase])
    before = phase.conj() if nature == "dirac" else phase
    moment = mix.inner @ before @ matrix_bohr @ phase @ mix.inner.T
    right = 0.0 if nature == "dirac" else -1.0
    return Six(mix.mass2_ev2, np.ascontiguousarray(mix.inner), np.ascontiguousarray(moment), right)


def inner_moments(matrix: Complexes, mix: Mixing) -> Complexes:
    """Return L', complex (3,), of a Majorana mass-basis matrix: moments between 23 rotation and rest."""
    lam = np.array([matrix[1, 2] * mix.phase, -matrix[0, 2] * mix.phase, matrix[0, 1]])
    return np.asarray(mix.inner @ lam)
