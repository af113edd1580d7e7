"""The lepton mixing matrix and the mass splittings."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.physics.config import NeutrinoConfig


class Mixing(NamedTuple):
    """Three-flavour mixing.

    ``pmns`` complex (3, 3), rows e, mu, tau, columns the mass states; ``inner`` float (3, 3), its real part
    in the 13 and 12 planes; ``outer`` complex (3, 3), the 23 rotation with the phase:
    ``pmns = outer @ inner`` up to a phase of the third mass state. Matter acts between the two.
    ``mass2_ev2`` float (3,), squared masses over that of state 1.
    """

    pmns: NDArray[np.complex128]
    inner: NDArray[np.float64]
    outer: NDArray[np.complex128]
    mass2_ev2: NDArray[np.float64]

    @property
    def flavour(self) -> NDArray[np.float64]:
        """|U_ak|^2, float (3, 3), rows e, mu, tau; rows and columns sum to 1."""
        return np.asarray(np.abs(self.pmns) ** 2)

    @property
    def phase(self) -> complex:
        """The CP phase factor exp(i delta): the determinant of the 23 rotation with the phase."""
        return complex(np.linalg.det(self.outer))


def mixing(neutrino: NeutrinoConfig) -> Mixing:
    """Return the mixing in the standard parametrisation ``R23 (phase R13 phase*) R12`` [PDG22]."""
    s12, s13, s23 = (
        float(np.sqrt(v)) for v in (neutrino.sin2_theta12, neutrino.sin2_theta13, neutrino.sin2_theta23)
    )
    c12, c13, c23 = (float(np.sqrt(1.0 - s * s)) for s in (s12, s13, s23))
    phase = np.exp(1j * np.deg2rad(neutrino.delta_cp_deg))
    r12 = np.array([[c12, s12, 0.0], [-s12, c12, 0.0], [0.0, 0.0, 1.0]])
    r13 = np.array([[c13, 0.0, s13], [0.0, 1.0, 0.0], [-s13, 0.0, c13]])
    r23 = np.array([[1.0, 0.0, 0.0], [0.0, c23, s23], [0.0, -s23, c23]], dtype=np.complex128)
    inner = r13 @ r12
    outer = r23 @ np.diag([1.0, 1.0, phase])
    pmns = outer @ inner @ np.diag([1.0, 1.0, np.conj(phase)])
    mass2 = np.array([0.0, neutrino.delta_m2_21_ev2, neutrino.delta_m2_31_ev2])
    return Mixing(pmns, inner, outer, mass2)
