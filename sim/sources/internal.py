"""Isotopes dissolved in the scintillator: 14C, 85Kr, 210Bi (electrons) and 210Po (an alpha that dies out)."""

import math
from dataclasses import dataclass

import numpy as np

from sim.core.constants import SECONDS_PER_DAY
from sim.core.errors import PhysicsError
from sim.core.geometry import sphere_mass_t
from sim.core.primaries import (
    ALPHA_LIKE,
    BETA_LIKE,
    Block,
    Deposits,
    Floats,
    Primaries,
    empty_primaries,
    point_deposits,
)
from sim.core.rng import Stage, stream
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.beta import beta_spectrum
from sim.physics.config import BackgroundsConfig
from sim.physics.quantile import Quantiles, spectrum_quantiles
from sim.physics.quenching import visible_energies
from sim.sources.sampling import sample
from sim.sources.source import Birks, rate_per_s
from sim.sources.vertices import sample_directions, sample_sphere

PO210_ALPHA_MEV = 5.30433  # [DDEP] kinetic energy of the main alpha (99.999 %)
PO210_HALF_LIFE_D = 138.376  # [DDEP]


@dataclass(frozen=True, slots=True)
class Decline:
    """A rate that falls exponentially from a moment on; constant for a decay rate of 0."""

    start_ns: int
    decay_per_s: float = 0.0

    def mean_count(self, start_rate_per_s: float, block: Block) -> float:
        """Return the expected number of decays in a block."""
        age_s = (block.start_ns - self.start_ns) * 1e-9
        return start_rate_per_s * math.exp(-self.decay_per_s * age_s) * self._integral_s(block.live_s)

    def start_rate(self, mean_rate_per_s: float, run_live_s: float) -> float:
        """Return the rate at the start of a run of which the mean rate is given."""
        return mean_rate_per_s * run_live_s / self._integral_s(run_live_s)

    def times_s(self, uniform: Floats, live_s: float) -> Floats:
        """Return times in a block for uniform numbers, float (n,)."""
        if self.decay_per_s == 0.0:
            return uniform * live_s
        return np.asarray(
            -np.log1p(uniform * np.expm1(-self.decay_per_s * live_s)) / self.decay_per_s, dtype=np.float64
        )

    def _integral_s(self, live_s: float) -> float:
        return -math.expm1(-self.decay_per_s * live_s) / self.decay_per_s if self.decay_per_s else live_s


@dataclass(frozen=True, slots=True)
class InternalSource:
    """Decays spread uniformly over a centred sphere, one electron or alpha each.

    ``spectrum`` is None for the monoenergetic alpha of 210Po. ``rate_per_s`` is the rate in the sphere at the
    start of the run.
    """

    species: str
    rate_per_s: float
    decline: Decline
    sphere_radius_m: float
    birks: Birks
    spectrum: Quantiles | None

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the decays of a block; a point deposit each."""
        code = SPECIES[self.species]
        rng = stream(block.seed, Stage.BACKGROUND, block.index, code)
        n = int(rng.poisson(self.decline.mean_count(self.rate_per_s, block)))
        primaries = decays_at_rest(rng, code, n, self.sphere_radius_m)
        primaries.time_ns[:] = self.decline.times_s(rng.random(n), block.live_s) * 1e9
        if self.spectrum is None:
            primaries.energy_mev[:] = PO210_ALPHA_MEV
            visible = visible_energies("alpha", primaries.energy_mev, self.birks.alpha_cm_mev)
            return primaries, point_deposits(primaries, ALPHA_LIKE, visible)
        primaries.energy_mev[:] = sample(rng, self.spectrum, n)
        visible = visible_energies("electron", primaries.energy_mev, self.birks.electron_cm_mev)
        return primaries, point_deposits(primaries, BETA_LIKE, visible)


def decays_at_rest(rng: np.random.Generator, code: int, n: int, sphere_radius_m: float) -> Primaries:
    """Return n decays of a species with vertices and directions, times and energies left at 0."""
    primaries = empty_primaries(n)
    primaries.species[:] = code
    primaries.process[:] = PROCESSES["decay"]
    x, y, z = sample_sphere(rng, sphere_radius_m, n)
    dir_x, dir_y, dir_z = sample_directions(rng, n)
    return primaries._replace(x_m=x, y_m=y, z_m=z, dir_x=dir_x, dir_y=dir_y, dir_z=dir_z)


def beta_sampler(isotope: str, backgrounds: BackgroundsConfig) -> Quantiles:
    """Return the sampler of an isotope's electron (positron for 11C) kinetic energies."""
    spectrum = beta_spectrum(isotope, backgrounds)
    return spectrum_quantiles(spectrum)


def c14_rate_per_s(backgrounds: BackgroundsConfig, mass_t: float) -> float:
    """Return the 14C activity of a scintillator mass in Bq."""
    return rate_per_s(backgrounds.c14_bq_100t * SECONDS_PER_DAY, mass_t)


def build_internal(
    isotope: str,
    backgrounds: BackgroundsConfig,
    sphere_radius_m: float,
    birks: Birks,
    run_start_ns: int,
    run_live_s: float,
) -> InternalSource:
    """Prepare the source of one dissolved isotope.

    Parameters
    ----------
    isotope : 14C, 85Kr, 210Bi or 210Po.
    backgrounds : rates and shapes of the card.
    sphere_radius_m : radius of the sphere it is spread over.
    birks : for the visible energy of each decay.
    run_start_ns, run_live_s : the run of which ``po210_cpd_100t`` is the mean.

    Raises
    ------
    PhysicsError
        Not a dissolved isotope.
    """
    mass_t = sphere_mass_t(sphere_radius_m)
    steady = {
        "14C": c14_rate_per_s(backgrounds, mass_t),
        "85Kr": rate_per_s(backgrounds.kr85_cpd_100t, mass_t),
        "210Bi": rate_per_s(backgrounds.bi210_cpd_100t, mass_t),
    }
    if isotope in steady:
        spectrum = beta_sampler(isotope, backgrounds)
        return InternalSource(
            isotope, steady[isotope], Decline(run_start_ns), sphere_radius_m, birks, spectrum
        )
    if isotope != "210Po":
        msg = f"{isotope!r} is no dissolved isotope, those are {', '.join(steady)}, 210Po"
        raise PhysicsError(msg)
    decay = math.log(2.0) / (PO210_HALF_LIFE_D * SECONDS_PER_DAY) if backgrounds.po210_decaying else 0.0
    decline = Decline(run_start_ns, decay)
    rate = decline.start_rate(rate_per_s(backgrounds.po210_cpd_100t, mass_t), run_live_s)
    return InternalSource(isotope, rate, decline, sphere_radius_m, birks, None)
