"""Gammas of 40K, 214Bi and 208Tl from the photomultipliers and the steel sphere."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.core.primaries import BETA_LIKE, Block, Deposits, Primaries, empty_primaries
from sim.core.rng import Stage, stream
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.config import BackgroundsConfig
from sim.physics.external_gammas import FIDUCIAL, ISOTOPES, external_rates, fiducial_chance, load_lines
from sim.physics.gamma_importance import solve_importance
from sim.physics.gamma_media import load_media
from sim.physics.quenching import quenching
from sim.sources.gamma_guide import Guide
from sim.sources.gamma_trees import Kept, Starts, grow_trees, plan_starts
from sim.sources.source import Birks, rate_per_s

FLOOR_MEV = 0.1  # visible; events with less are below the threshold of every analysis and are not made
MOST_WEIGHT = 12.0  # of an arrival: to a sphere of 3.5 m, half a per cent of the events share their beginning
_SMALLEST_TARGET_M = 1.0  # to resolve directions to it
_BUFFER_LIGHT_MEV = 0.06  # of companions at most; so much must not be missing when a path is given up


@lru_cache(maxsize=8)
def guide_to(sphere_radius_m: float) -> Guide:
    """Return the guide to events in a centred sphere."""
    target_m = max(sphere_radius_m, _SMALLEST_TARGET_M)
    return Guide(solve_importance(load_media(), target_m), FLOOR_MEV - _BUFFER_LIGHT_MEV)


@lru_cache(maxsize=8)
def _starts(isotope: str, sphere_radius_m: float) -> Starts:
    return plan_starts(load_lines(isotope), guide_to(sphere_radius_m))


@dataclass(frozen=True, slots=True)
class ExternalSource:
    """Gammas of one isotope whose light has its centroid in a centred sphere.

    ``decays_per_s`` is the activity around the detector, of which next to nothing comes in.
    """

    isotope: str
    decays_per_s: float
    sphere_radius_m: float
    birks: Birks

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the events of a block, with all deposits that make light, in the buffer, too.

        Vertex, direction and energy of a primary are those of the gamma at its birth.
        """
        code = SPECIES[f"external-{self.isotope}"]
        rng = stream(block.seed, Stage.BACKGROUND, block.index, code)
        kept = self.events(rng, self.decays_per_s * block.live_s)
        n = kept.start.shape[1]
        primaries = empty_primaries(n)._replace(
            time_ns=np.asarray(rng.random(n) * (block.live_s * 1e9)),
            energy_mev=kept.start[6],
            **dict(zip(("x_m", "y_m", "z_m", "dir_x", "dir_y", "dir_z"), kept.start[:6], strict=True)),
        )
        primaries.species[:] = code
        primaries.process[:] = PROCESSES["decay"]
        owner = np.repeat(np.arange(n), np.diff(kept.first))
        return primaries, Deposits(owner, np.full(owner.size, BETA_LIKE, np.uint8), *kept.sites)

    def events(self, rng: np.random.Generator, decays: float) -> Kept:
        """Return the events of a number of decays (its expectation), without times."""
        starts = _starts(self.isotope, self.sphere_radius_m)
        return grow_trees(
            rng,
            int(rng.poisson(decays * starts.unit * MOST_WEIGHT)),
            starts,
            load_media(),
            quenching("electron", self.birks.electron_cm_mev),
            guide_to(self.sphere_radius_m),
            sphere_m=self.sphere_radius_m,
            least_mev=FLOOR_MEV,
            most_weight=MOST_WEIGHT,
        )


def build_external(
    backgrounds: BackgroundsConfig, sphere_radius_m: float, birks: Birks
) -> list[ExternalSource]:
    """Prepare the gammas from outside of a card; a rate of zero makes no source."""
    rates = external_rates(backgrounds)
    return [
        ExternalSource(
            isotope,
            rate_per_s(rates[isotope], FIDUCIAL.mass_t()) / fiducial_chance(isotope),
            sphere_radius_m,
            birks,
        )
        for isotope in ISOTOPES
        if rates[isotope] > 0.0
    ]
