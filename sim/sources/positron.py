"""A positron: it stops where it was born, then two annihilation gammas scatter through the scintillator.

The visible energy is the sum over all electrons, each quenched on its own; no effective factor goes in. Part
of the positrons form ortho-positronium and annihilate some ns late [FRANCO11]. The track is a point: 10 MeV
stop within 6 cm. Annihilation in flight and bremsstrahlung are left out.
"""

import numpy as np

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.primaries import BETA_LIKE, Deposits, Primaries, point_deposits
from sim.physics.quenching import quenching, visible_energies
from sim.sources.cascade import gamma_deposits, merge_deposits
from sim.sources.source import Birks
from sim.sources.vertices import sample_directions


def positron_deposits(rng: np.random.Generator, primaries: Primaries, birks: Birks) -> Deposits:
    """Return the deposits of positrons at rest after their track, and along both gammas of each.

    Parameters
    ----------
    rng : stream of the source and block.
    primaries : positrons; ``energy_mev`` is their kinetic energy.
    birks : quenching of positrons and of struck electrons, and positronium.
    """
    n = len(primaries.time_ns)
    kb = birks.electron_cm_mev
    tracks = point_deposits(primaries, BETA_LIKE, visible_energies("positron", primaries.energy_mev, kb))
    late = rng.random(n) < birks.positronium.chance
    delay = np.where(late, rng.exponential(birks.positronium.lifetime_ns, n), 0.0)
    axis = sample_directions(rng, n)
    place = np.stack([primaries.x_m, primaries.y_m, primaries.z_m])
    gammas = gamma_deposits(
        rng,
        np.repeat(np.arange(n), 2),
        np.full(2 * n, ELECTRON_MASS_MEV),
        np.repeat(delay, 2),
        np.repeat(place, 2, axis=1),
        np.stack([axis, -axis], axis=2).reshape(3, 2 * n),
        quenching("electron", kb),
    )
    return merge_deposits([tracks, gammas])
