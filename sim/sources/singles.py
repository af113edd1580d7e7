"""Single events whose accidental coincidences look like an antineutrino, thinned exactly.

Two populations: positrons like those of 11C spread evenly, and 2.61 MeV gammas of 208Tl that come in through
the vessel's surface (those that scattered in the buffer, hence softer, are left out). Thousands happen a day
and nearly all are alone. Times and places of all are drawn; which of them are followed, and which are kept,
is explained in ``thinning.py``.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.core.constants import SCINTILLATOR_DENSITY_G_CM3, SECONDS_PER_DAY
from sim.core.geometry import PMT_RADIUS_M, VESSEL_RADIUS_M, sphere_mass_t
from sim.core.jit import njit
from sim.core.primaries import Block, Deposits, Floats, Primaries, empty_primaries
from sim.core.rng import Stage, stream
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.compton import compton_attenuation
from sim.physics.config import BackgroundsConfig
from sim.physics.quantile import Quantiles
from sim.physics.quenching import quenching
from sim.sources.cascade import gamma_deposits, merge_deposits
from sim.sources.internal import beta_sampler
from sim.sources.positron import positron_deposits
from sim.sources.sampling import linear_quantiles, sample
from sim.sources.source import Birks, rate_per_s
from sim.sources.thinning import APART_M, Mask, in_pairs, light_of, near
from sim.sources.vertices import rotate, sample_directions, sample_sphere

THALLIUM_GAMMA_MEV = 2.6145  # 208Tl [DDEP]


@lru_cache(maxsize=1)
def entry_cosines() -> Quantiles:
    """Return the sampler of the cosine to the inward normal of gammas that cross the vessel unscattered.

    Photomultipliers at their radius shine evenly and isotropically, the buffer attenuates:
    density ~ cosine exp(-path / length) / cosine at the tubes.
    """
    cosine = np.linspace(0.0, 1.0, 401)
    sine2 = 1.0 - cosine**2
    root = np.sqrt(PMT_RADIUS_M**2 - VESSEL_RADIUS_M**2 * sine2)
    length_m = 0.01 / (compton_attenuation(THALLIUM_GAMMA_MEV) * SCINTILLATOR_DENSITY_G_CM3)
    path_m = root - VESSEL_RADIUS_M * cosine
    return linear_quantiles(cosine, cosine * np.exp(-(path_m - path_m.min()) / length_m) / root)


@njit
def _inwards(rng: np.random.Generator, place: Floats, cosine: Floats, out: Floats) -> None:
    """Write unit vectors, (3, n), at angles (their cosines) to the inward normal of places on a sphere."""
    for i in range(cosine.size):
        scale = -1.0 / math.sqrt(place[0, i] ** 2 + place[1, i] ** 2 + place[2, i] ** 2)
        out[0, i], out[1, i], out[2, i] = rotate(
            scale * place[0, i],
            scale * place[1, i],
            scale * place[2, i],
            cosine[i],
            2.0 * math.pi * rng.random(),
        )


@dataclass(frozen=True, slots=True)
class SinglesSource:
    """Singles of a centred sphere (those spread evenly) and through the vessel (gammas).

    ``reach_s``: longest time between two singles that are of interest to each other.
    """

    internal_per_s: float
    surface_per_s: float
    reach_s: float
    spectrum: Quantiles
    sphere_radius_m: float
    birks: Birks

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the singles of a block that can be paired, in time order of each population."""
        rng = stream(block.seed, Stage.ANTINEUTRINO, block.index, SPECIES["single"])
        time_s, place, outer = self._starts(rng, block.live_s)
        close = near(time_s, place, self.reach_s, APART_M)
        primaries, deposits = self._follow(
            rng, time_s[close], np.ascontiguousarray(place[:, close]), outer[close]
        )
        n = len(primaries.time_ns)
        visible, centroid = light_of(deposits, n)
        kept = in_pairs(primaries.time_ns * 1e-9, centroid, visible, self.reach_s)
        row = np.cumsum(kept) - 1
        some = kept[deposits.primary]
        chosen = Deposits._make(column[some] for column in deposits)
        return Primaries._make(column[kept] for column in primaries), chosen._replace(
            primary=row[chosen.primary]
        )

    def _starts(self, rng: np.random.Generator, live_s: float) -> tuple[Floats, Floats, Mask]:
        """Return times in order, places (3, n), and which come through the vessel, of all singles."""
        n_inner = int(rng.poisson(self.internal_per_s * live_s))
        n_outer = int(rng.poisson(self.surface_per_s * live_s))
        time_s = rng.random(n_inner + n_outer) * live_s
        inner = sample_sphere(rng, self.sphere_radius_m, n_inner)
        order = np.argsort(time_s)
        place = np.concatenate([inner, VESSEL_RADIUS_M * sample_directions(rng, n_outer)], axis=1)
        return time_s[order], np.ascontiguousarray(place[:, order]), order >= n_inner

    def _follow(
        self, rng: np.random.Generator, time_s: Floats, place: Floats, outer: Mask
    ) -> tuple[Primaries, Deposits]:
        """Give singles their energies and deposits."""
        n = time_s.size
        n_outer = int(outer.sum())
        energy = np.full(n, THALLIUM_GAMMA_MEV)
        energy[~outer] = sample(rng, self.spectrum, n - n_outer)
        direction = sample_directions(rng, n)
        inwards = np.empty((3, n_outer))
        _inwards(rng, np.ascontiguousarray(place[:, outer]), sample(rng, entry_cosines(), n_outer), inwards)
        direction[:, outer] = inwards
        primaries = empty_primaries(n)._replace(
            time_ns=time_s * 1e9,
            energy_mev=energy,
            **dict(zip(("x_m", "y_m", "z_m"), place, strict=True)),
            **dict(zip(("dir_x", "dir_y", "dir_z"), direction, strict=True)),
        )
        primaries.species[:] = SPECIES["single"]
        primaries.process[:] = PROCESSES["single"]
        inner_rows = np.flatnonzero(~outer)
        positrons = positron_deposits(
            rng, Primaries._make(column[~outer] for column in primaries), self.birks
        )
        positrons = positrons._replace(primary=inner_rows[positrons.primary])
        gammas = gamma_deposits(
            rng,
            np.flatnonzero(outer),
            energy[outer],
            np.zeros(n_outer),
            np.ascontiguousarray(place[:, outer]),
            inwards,
            quenching("electron", self.birks.electron_cm_mev),
        )
        return primaries, merge_deposits([positrons, gammas])


def build_singles(channel: AntineutrinoConfig, sphere_radius_m: float, birks: Birks) -> list[SinglesSource]:
    """Prepare the singles of a card; two rates of zero make no source."""
    surface_m2 = 4.0 * np.pi * VESSEL_RADIUS_M**2
    internal = rate_per_s(channel.singles_internal_cpd_100t, sphere_mass_t(sphere_radius_m))
    surface = channel.singles_surface_cpd_m2 * surface_m2 / SECONDS_PER_DAY
    if internal + surface <= 0.0:
        return []
    return [
        SinglesSource(
            internal,
            surface,
            channel.singles_reach_s,
            beta_sampler("11C", BackgroundsConfig()),
            sphere_radius_m,
            birks,
        )
    ]
