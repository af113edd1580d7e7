"""11C from muons, spread evenly: a positron with its annihilation gammas."""

from dataclasses import dataclass

from sim.core.geometry import sphere_mass_t
from sim.core.primaries import Block, Deposits, Primaries
from sim.core.rng import Stage, stream
from sim.core.schema import SPECIES
from sim.physics.config import BackgroundsConfig
from sim.physics.quantile import Quantiles
from sim.sources.internal import beta_sampler, decays_at_rest
from sim.sources.positron import positron_deposits
from sim.sources.sampling import sample
from sim.sources.source import Birks, rate_per_s


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
        return primaries, positron_deposits(rng, primaries, self.birks)


def build_carbon(backgrounds: BackgroundsConfig, sphere_radius_m: float, birks: Birks) -> CarbonSource:
    """Prepare the 11C source of a card, spread over a centred sphere."""
    rate = rate_per_s(backgrounds.c11_cpd_100t, sphere_mass_t(sphere_radius_m))
    return CarbonSource(rate, sphere_radius_m, birks, beta_sampler("11C", backgrounds))
