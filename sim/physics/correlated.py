"""Prompt spectra of the backgrounds that make a neutron themselves: 9Li, 8He, (alpha, n) on 13C.

9Li and 8He: only decays that emit a neutron, beta branches of allowed shape to the unbound levels [TILLEY04].
Left out: the widths of the levels, and the light of what a level decays into. For 9Li that is a neutron and
two alphas that share 1 MeV in nine decays of ten and 10 MeV in one of thirteen; alphas give a tenth of it as
light, the neutron a third. (alpha, n): mixture of [KAMLAND08]. Shares, levels, energies: from memory,
unverified.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.physics.beta_branches import Branch, electron_density
from sim.physics.neutron_light import neutron_light
from sim.physics.spectra import Spectrum

Floats = NDArray[np.float64]

NEUTRON_BRANCH = {"9Li": 0.508, "8He": 0.16}  # unverified [TILLEY04]
MEAN_LIFE_S = {"9Li": 0.2572, "8He": 0.1717}  # half-lives 178.3 and 119.0 ms, unverified [TILLEY04]

# endpoint = decay energy less the level; decays through it; all unverified [TILLEY04]
BRANCHES: dict[str, tuple[Branch, ...]] = {
    "9Li": tuple(
        Branch(13.606 - level, share, 4, 9)
        for level, share in ((2.429, 0.297), (2.78, 0.158), (7.94, 0.015), (11.283, 0.011), (11.81, 0.027))
    ),
    "8He": tuple(
        Branch(10.651 - level, share, 3, 8) for level, share in ((3.21, 0.08), (5.4, 0.071), (9.67, 0.009))
    ),
}

# (alpha, n) of 210Po on 13C: share, fixed visible energy, least and greatest energy of the neutron, in MeV.
# To the ground state of 16O; to it, then 12C excited to 4.44 MeV; 16O* that emits a pair; 16O* that emits a
# gamma. Shares unverified [KAMLAND08]; neutron energies of alphas of 3 to 5.3 MeV, taken as evenly spread.
ALPHA_NEUTRON = (
    (0.864, 0.0, 3.5, 7.2),
    (0.034, 4.44, 0.0, 2.4),
    (0.083, 6.05, 0.0, 0.4),
    (0.019, 6.13, 0.0, 0.4),
)

_GRID = 1201


def _alpha_neutron() -> Spectrum:
    energy = np.linspace(0.0, 7.0, _GRID)
    density = np.zeros(_GRID)
    for share, fixed, least, greatest in ALPHA_NEUTRON:
        light, chance = neutron_light(least, greatest)
        part = np.interp(energy - fixed, light, chance, left=0.0, right=0.0)
        density += share * part / np.trapezoid(part, energy)
    return Spectrum(energy, density / np.trapezoid(density, energy))


@cache
def prompt_spectrum(species: str) -> Spectrum:
    """Energy of the prompt event of a background that also makes a neutron.

    Parameters
    ----------
    species : ``9Li``, ``8He``: kinetic energy of the electron; ``alpha-n``: visible energy of all that is
        prompt (an electron of that visible energy gives the same light).

    Returns
    -------
    ``(energy_mev, density_per_mev)``, float (n,) each, trapezoid integral 1.

    Raises
    ------
    PhysicsError
        Unknown species.
    """
    if species == "alpha-n":
        return _alpha_neutron()
    if species not in BRANCHES:
        msg = f"no prompt spectrum of {species!r}, species are {', '.join(BRANCHES)}, alpha-n"
        raise PhysicsError(msg)
    branches = BRANCHES[species]
    energy = np.linspace(0.0, max(branch.endpoint_mev for branch in branches), _GRID)
    density = electron_density(branches, energy)
    density[0] = electron_density(branches, np.array([1e-4 * energy[1]]))[0]  # p F(W) tends to a constant
    return Spectrum(energy, density / np.trapezoid(density, energy))
