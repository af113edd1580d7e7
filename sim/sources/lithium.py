"""9Li and 8He: made by muons in the scintillator, they decay within a second, half of 9Li with a neutron.

Only decays with a neutron are generated. Each follows one of the muons that the file lists, so that a veto
after muons removes them as it does in data. Parents in the block before are missing: a second of a block.
"""

from dataclasses import dataclass

from sim.core.errors import CardError
from sim.core.geometry import sphere_mass_t
from sim.core.primaries import BETA_LIKE, Block, Deposits, Primaries, point_deposits
from sim.core.rng import Stage, stream
from sim.core.schema import SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.correlated import MEAN_LIFE_S, NEUTRON_BRANCH, prompt_spectrum
from sim.physics.muon_config import MuonsConfig
from sim.physics.quantile import Quantiles
from sim.physics.quenching import visible_energies
from sim.sources.internal import decays_at_rest
from sim.sources.muons import draw_muons
from sim.sources.neutron import BETA_DELAYED, with_neutrons
from sim.sources.sampling import linear_quantiles, sample
from sim.sources.source import REFERENCE_MASS_T, Birks

MUON_ISOTOPES = ("9Li", "8He")


@dataclass(frozen=True, slots=True)
class LithiumSource:
    """Decays with a neutron of an isotope made by muons, spread evenly over a centred sphere.

    ``per_muon``: mean number of such decays in the sphere after one muon through the inner detector.
    """

    species: str
    per_muon: float
    mean_life_s: float
    spectrum: Quantiles
    channel: AntineutrinoConfig
    muons: MuonsConfig
    sphere_radius_m: float
    birks: Birks

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the pairs of a block: an electron each, then all neutron captures."""
        code = SPECIES[self.species]
        rng = stream(block.seed, Stage.ANTINEUTRINO, block.index, code)
        muons = draw_muons(block, self.muons)
        parent_ns = muons.time_ns[muons.inner]
        made = int(rng.poisson(self.per_muon * parent_ns.size))
        time_ns = parent_ns[rng.integers(0, max(parent_ns.size, 1), made)]
        time_ns = time_ns + rng.exponential(self.mean_life_s * 1e9, made)
        time_ns = time_ns[time_ns < block.live_s * 1e9]
        prompt = decays_at_rest(rng, code, time_ns.size, self.sphere_radius_m)
        prompt.time_ns[:] = time_ns
        prompt.energy_mev[:] = sample(rng, self.spectrum, time_ns.size)
        visible = visible_energies("electron", prompt.energy_mev, self.birks.electron_cm_mev)
        deposits = point_deposits(prompt, BETA_LIKE, visible)
        return with_neutrons(rng, prompt, deposits, BETA_DELAYED, self.channel.capture_time_us, self.birks)


def build_lithium(
    channel: AntineutrinoConfig, muons: MuonsConfig, sphere_radius_m: float, birks: Birks
) -> list[LithiumSource]:
    """Prepare 9Li and 8He of a card; a rate of zero makes no source.

    Raises
    ------
    CardError
        A rate without muons through the inner detector.
    """
    per_muon = sphere_mass_t(sphere_radius_m) / REFERENCE_MASS_T
    decays = {"9Li": channel.li9_cpd_100t, "8He": channel.he8_cpd_100t}
    if any(decays.values()) and muons.inner_per_day <= 0.0:
        msg = "muons.inner_per_day = 0: 9Li, 8He come from these muons, set their rates to 0 too"
        raise CardError(msg)
    return [
        LithiumSource(
            species,
            NEUTRON_BRANCH[species] * decays[species] * per_muon / muons.inner_per_day,
            MEAN_LIFE_S[species],
            linear_quantiles(*prompt_spectrum(species)),
            channel,
            muons,
            sphere_radius_m,
            birks,
        )
        for species in MUON_ISOTOPES
        if decays[species] > 0.0
    ]
