"""Where a neutrino state crosses its own partner on the other side: dressed states would jump there."""

import numpy as np
from numpy.typing import NDArray

from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path
from sim.physics.sfp_six import Six

Floats = NDArray[np.float64]

_FIELD = 1e-3  # of the greatest field: a crossing where there is less does nothing


def crosses(energy_mev: Floats, six: Six, path: Path) -> NDArray[np.bool_]:
    """Say for which energies a state crosses its partner where there is a field, bool (n,).

    A Dirac nu_1 does so in the core above some 11 MeV; Majorana states only in strongly twisted fields.

    Parameters
    ----------
    energy_mev : (n,), positive.
    six : the Hamiltonian's parts.
    path : nodes from the centre to the surface.
    """
    vacuum = six.inner @ np.diag(six.mass2_ev2) @ six.inner.T
    matter = np.zeros((len(path.x), 3, 3))
    matter[:, 0, 0] = path.v_e
    field = path.coupling > _FIELD * path.coupling.max()
    somewhere = (field[1:] | field[:-1])[:, None]
    found = np.zeros(len(energy_mev), dtype=np.bool_)
    for k, mev in enumerate(energy_mev):
        kinetic = vacuum * (RAD_PER_EV2_MEV / mev)
        left = np.linalg.eigvalsh(kinetic + matter) + path.v_n[:, None]
        right = np.linalg.eigvalsh(kinetic + six.right_matter * matter)
        gap = left - right - six.right_matter * path.v_n[:, None] - path.twist
        found[k] = bool(np.any((gap[1:] * gap[:-1] < 0.0) & somewhere))
    return found
