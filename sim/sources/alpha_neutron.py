"""(alpha, n) on 13C: alphas of 210Po set neutrons free; recoil protons or gammas make the prompt light."""

from dataclasses import dataclass

import numpy as np

from sim.core.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.core.geometry import sphere_mass_t
from sim.core.primaries import ALPHA_LIKE, BETA_LIKE, Block, Deposits, Primaries, point_deposits
from sim.core.rng import Stage, stream
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.correlated import prompt_spectrum
from sim.physics.quantile import Quantiles
from sim.sources.internal import decays_at_rest
from sim.sources.neutron import ALPHA_NEUTRON, with_neutrons
from sim.sources.sampling import linear_quantiles, sample
from sim.sources.source import REFERENCE_MASS_T, Birks

SPECIES_NAME = "alpha-n"
GAMMAS_ABOVE_MEV = 3.5  # visible: above, gammas of 12C* (4.44 MeV) and 16O* (6.1 MeV); below, recoil protons


@dataclass(frozen=True, slots=True)
class AlphaNeutronSource:
    """Reactions spread uniformly over a centred sphere; ``spectrum`` is that of the visible prompt energy."""

    rate_per_s: float
    spectrum: Quantiles
    capture_time_us: float
    sphere_radius_m: float
    birks: Birks

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the pairs of a block: all prompts, whose energy is the visible one, then all captures."""
        code = SPECIES[SPECIES_NAME]
        rng = stream(block.seed, Stage.ANTINEUTRINO, block.index, code)
        n = int(rng.poisson(self.rate_per_s * block.live_s))
        prompt = decays_at_rest(rng, code, n, self.sphere_radius_m)
        prompt.process[:] = PROCESSES["alpha_neutron"]
        prompt.time_ns[:] = rng.random(n) * (block.live_s * 1e9)
        prompt.energy_mev[:] = sample(rng, self.spectrum, n)
        deposits = point_deposits(prompt, BETA_LIKE, prompt.energy_mev)
        deposits.kind[:] = np.where(prompt.energy_mev > GAMMAS_ABOVE_MEV, BETA_LIKE, ALPHA_LIKE)
        return with_neutrons(rng, prompt, deposits, ALPHA_NEUTRON, self.capture_time_us, self.birks)


def build_alpha_neutron(
    channel: AntineutrinoConfig, sphere_radius_m: float, birks: Birks
) -> list[AlphaNeutronSource]:
    """Prepare the (alpha, n) reactions of a card; a rate of zero makes no source."""
    rate = channel.alpha_neutron_per_100t_y * sphere_mass_t(sphere_radius_m) / REFERENCE_MASS_T
    if rate <= 0.0:
        return []
    spectrum = linear_quantiles(*prompt_spectrum(SPECIES_NAME))
    return [
        AlphaNeutronSource(
            rate / (DAYS_PER_YEAR * SECONDS_PER_DAY),
            spectrum,
            channel.capture_time_us,
            sphere_radius_m,
            birks,
        )
    ]
