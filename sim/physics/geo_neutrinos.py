"""Antineutrinos of the Earth's 238U and 232Th that can make inverse beta decay.

Only the beta decays of the two chains whose endpoint is above the threshold; chains in secular equilibrium
[FIORENTINI10]. Endpoints and intensities from memory of that work: unverified.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.physics.beta_branches import Branch, antineutrino_density

Floats = NDArray[np.float64]
Chain = Literal["238U", "232Th"]

# endpoint, decays per decay of the chain's head; all unverified [FIORENTINI10]
BRANCHES: dict[Chain, tuple[Branch, ...]] = {
    "238U": (
        Branch(2.268, 0.9984 * 0.9836, 92, 234),  # 234mPa -> 234U
        Branch(3.272, 0.9998 * 0.182, 84, 214),  # 214Bi -> 214Po
        Branch(2.662, 0.9998 * 0.017, 84, 214),
        Branch(1.894, 0.9998 * 0.0743, 84, 214),
        Branch(1.856, 0.9998 * 0.0081, 84, 214),
    ),
    "232Th": (
        Branch(2.254, 0.6406 * 0.8658, 84, 212),  # 212Bi -> 212Po
        Branch(2.069, 0.08, 90, 228),  # 228Ac -> 228Th
        Branch(1.940, 0.008, 90, 228),
    ),
}


def endpoint(chain: Chain) -> float:
    """Return the greatest antineutrino energy of a chain in MeV."""
    return max(branch.endpoint_mev for branch in BRANCHES[chain])


def geo_density(chain: Chain, energy_mev: ArrayLike) -> Floats:
    """Antineutrinos per MeV and decay of the chain's head.

    Parameters
    ----------
    chain : ``238U`` or ``232Th``.
    energy_mev : antineutrino energies, any shape; complete above 1.806 MeV only.

    Returns
    -------
    float array of the same shape, per MeV.
    """
    return antineutrino_density(BRANCHES[chain], energy_mev)
