"""11C from muons: a positron, then two annihilation gammas that scatter through the scintillator.

Its visible energy is the sum over all electrons, each quenched on its own; no effective factor goes in.
Part of the positrons form ortho-positronium and annihilate some ns late [FRANCO11].
"""

from dataclasses import dataclass

import numpy as np

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.geometry import sphere_mass_t
from sim.core.primaries import BETA_LIKE, Block, Deposits, Primaries, point_deposits
from sim.core.rng import Stage, stream
from sim.core.schema import SPECIES
from sim.physics.config import BackgroundsConfig
from sim.physics.quantile import Quantiles
from sim.physics.quenching import quenching, visible_energies
from sim.sources.cascade import gamma_deposits, merge_deposits
from sim.sources.internal import beta_sampler, decays_at_rest
from sim.sources.sampling import sample
from sim.sources.source import Birks, rate_per_s
from sim.sources.vertices import sample_directions

POSITRONIUM_CHANCE = 0.485  # pseudocumene [FRANCO11], unverified
POSITRONIUM_LIFETIME_NS = 3.12  # ortho-positronium in pseudocumene [FRANCO11], unverified


@dataclass(frozen=True, slots=True)
class CarbonSource:
    """11C decays spread uniformly over a centred sphere."""

    rate_per_s: float
    sphere_radius_m: float
    birks: Birks
    spectrum: Quantiles

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the decays of a block; deposits of the positron and along both gammas."""
        code = SPECIES["11C"]
        rng = stream(block.seed, Stage.BACKGROUND, block.index, code)
        n = int(rng.poisson(self.rate_per_s * block.live_s))
        primaries = decays_at_rest(rng, code, n, self.sphere_radius_m)
        primaries.time_ns[:] = rng.random(n) * (block.live_s * 1e9)
        primaries.energy_mev[:] = sample(rng, self.spectrum, n)
        kb = self.birks.electron_cm_mev
        positrons = point_deposits(
            primaries, BETA_LIKE, visible_energies("positron", primaries.energy_mev, kb)
        )
        late = rng.random(n) < POSITRONIUM_CHANCE
        delay = np.where(late, rng.exponential(POSITRONIUM_LIFETIME_NS, n), 0.0)
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
        return primaries, merge_deposits([positrons, gammas])


def build_carbon(backgrounds: BackgroundsConfig, sphere_radius_m: float, birks: Birks) -> CarbonSource:
    """Prepare the 11C source of a card, spread over a centred sphere."""
    rate = rate_per_s(backgrounds.c11_cpd_100t, sphere_mass_t(sphere_radius_m))
    return CarbonSource(rate, sphere_radius_m, birks, beta_sampler("11C", backgrounds))
