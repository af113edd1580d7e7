"""11C from muons: a positron with its annihilation gammas.

``CarbonSource`` spreads it evenly in space and time; ``ShowerCarbonSource`` lets it decay where and after the
muons of ``sim.sources.showers`` left it, at the same mean rate everywhere.
"""

from dataclasses import dataclass

import numpy as np

from sim.core.geometry import sphere_mass_t
from sim.core.primaries import Block, Deposits, Primaries
from sim.core.rng import Stage, stream
from sim.core.schema import SPECIES
from sim.physics.config import BackgroundsConfig
from sim.physics.quantile import Quantiles
from sim.sources.internal import beta_sampler, decays_at_rest
from sim.sources.muons import earlier_blocks
from sim.sources.neutron_gate import REACH_S
from sim.sources.positron import positron_deposits
from sim.sources.sampling import sample
from sim.sources.showers import ShowerModel, draw_showers
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


@dataclass(frozen=True, slots=True)
class ShowerCarbonSource:
    """11C decays in a centred sphere, after muons of the block and of the hours before it.

    ``block_s`` is the live time of all blocks of the run but the last.
    """

    model: ShowerModel
    block_s: float
    sphere_radius_m: float
    birks: Birks
    spectrum: Quantiles

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the decays of a block; deposits of the positron and along both gammas."""
        code = SPECIES["11C"]
        rng = stream(block.seed, Stage.BACKGROUND, block.index, code)
        time_ns, place_m = [], []
        for parent in (*earlier_blocks(block, self.block_s, REACH_S), block):
            showers = draw_showers(parent, self.model)
            since_ns = showers.carbon_ns - float(block.start_ns - parent.start_ns)
            here = (since_ns >= 0.0) & (since_ns < block.live_s * 1e9)
            here &= (showers.carbon_m**2).sum(axis=0) < self.sphere_radius_m**2
            time_ns.append(since_ns[here])
            place_m.append(showers.carbon_m[:, here])
        x_m, y_m, z_m = np.concatenate(place_m, axis=1)
        primaries = decays_at_rest(rng, code, x_m.size, self.sphere_radius_m)
        primaries = primaries._replace(time_ns=np.concatenate(time_ns), x_m=x_m, y_m=y_m, z_m=z_m)
        primaries.energy_mev[:] = sample(rng, self.spectrum, x_m.size)
        return primaries, positron_deposits(rng, primaries, self.birks)


def build_carbon(backgrounds: BackgroundsConfig, sphere_radius_m: float, birks: Birks) -> CarbonSource:
    """Prepare the 11C source of a card, spread over a centred sphere."""
    rate = rate_per_s(backgrounds.c11_cpd_100t, sphere_mass_t(sphere_radius_m))
    return CarbonSource(rate, sphere_radius_m, birks, beta_sampler("11C", backgrounds))


def build_shower_carbon(
    backgrounds: BackgroundsConfig,
    model: ShowerModel,
    block_s: float,
    sphere_radius_m: float,
    birks: Birks,
) -> ShowerCarbonSource:
    """Prepare 11C that follows muons; ``block_s`` is the live time of all blocks but the last."""
    return ShowerCarbonSource(model, block_s, sphere_radius_m, birks, beta_sampler("11C", backgrounds))
