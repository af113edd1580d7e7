"""Antineutrinos that interact by inverse beta decay: a prompt positron and a delayed neutron capture.

Energies come from the spectrum of interacting antineutrinos, the rest from the cross section at that energy.
Solar antineutrinos come from the Sun and follow 1/d^2; all others are isotropic and constant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.core.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.core.geometry import sphere_mass_t
from sim.core.jit import njit
from sim.core.primaries import Block, Deposits, Floats, Primaries, empty_primaries
from sim.core.rng import Stage, stream
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.antineutrino_spectra import (
    BACKGROUNDS,
    SOLAR,
    interacting_spectrum,
    interactions_per_100t_y,
    solar_interactions_per_100t_y,
)
from sim.physics.config import SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.ibd import THRESHOLD_MEV, Constants
from sim.physics.quantile import Quantiles
from sim.sources.inverse_beta import interact
from sim.sources.neutron import INVERSE_BETA, with_neutrons
from sim.sources.positron import positron_deposits
from sim.sources.sampling import RowQuantiles, linear_quantiles, row_quantiles, sample, sample_rows
from sim.sources.sky import Sky, block_sky, sun_at
from sim.sources.source import REFERENCE_MASS_T, Birks
from sim.sources.vertices import sample_directions, sample_sphere

PDG_NUE, PDG_ANUE = 12, -12

_HIGHEST_SOLAR_MEV = 20.0
_PROBABILITY_KNOTS = 96  # linear between: error below 1e-3


class SolarBirth(NamedTuple):
    """What only solar antineutrinos have: birth radii, and the site that sees the Sun."""

    radius: RowQuantiles  # by energy
    site: SiteConfig


@njit
def _from_the_sun(rng: np.random.Generator, live_s: float, sky: Sky, time_s: Floats, axis: Floats) -> None:
    """Draw times that follow 1/d^2, and the direction of flight (3, n) at each."""
    for i in range(time_s.size):
        while True:
            time_s[i] = live_s * rng.random()
            x, y, z, factor = sun_at(sky, time_s[i])
            if rng.random() * sky.top_factor < factor:
                break
        axis[0, i], axis[1, i], axis[2, i] = -x, -y, -z


@dataclass(frozen=True, slots=True)
class AntineutrinoSource:
    """Inverse beta decay of the antineutrinos of one origin in a centred sphere.

    Attributes
    ----------
    species : key of ``SPECIES``.
    rate_per_s : interactions in the sphere, at 1 au for solar ones, before ``boost``.
    boost : pairs generated for each expected one; their weight is its inverse.
    energy : of the antineutrinos that interact.
    solar : None for all others.
    """

    species: str
    rate_per_s: float
    boost: float
    energy: Quantiles
    solar: SolarBirth | None
    constants: Constants
    capture_time_us: float
    sphere_radius_m: float
    birks: Birks

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the pairs of a block: all positrons, then all neutron captures."""
        code = SPECIES[self.species]
        rng = stream(block.seed, Stage.ANTINEUTRINO, block.index, code)
        time_s, axis = self._arrive(rng, block)
        n = time_s.size
        energy = sample(rng, self.energy, n)
        radius = np.zeros(n) if self.solar is None else sample_rows(rng, self.solar.radius, energy)
        out = interact(rng, energy, axis, self.constants)
        x, y, z = sample_sphere(rng, self.sphere_radius_m, n)
        prompt = empty_primaries(n)._replace(
            time_ns=time_s * 1e9,
            neutrino_energy_mev=energy,
            birth_radius_rsun=radius,
            energy_mev=out.kinetic_mev,
            x_m=x,
            y_m=y,
            z_m=z,
            dir_x=out.positron[0],
            dir_y=out.positron[1],
            dir_z=out.positron[2],
        )
        prompt.species[:] = code
        prompt.process[:] = PROCESSES["inverse_beta_decay"]
        prompt.pdg_birth[:] = PDG_ANUE if self.solar is None else PDG_NUE
        prompt.pdg_detector[:] = PDG_ANUE
        prompt.weight[:] = 1.0 / self.boost
        deposits = positron_deposits(rng, prompt, self.birks)
        return with_neutrons(
            rng, prompt, deposits, INVERSE_BETA, self.capture_time_us, self.birks, out.neutron
        )

    def _arrive(self, rng: np.random.Generator, block: Block) -> tuple[Floats, Floats]:
        """Return times in s and directions of flight (3, n)."""
        expected = self.rate_per_s * self.boost * block.live_s
        if self.solar is None:
            n = int(rng.poisson(expected))
            return rng.random(n) * block.live_s, sample_directions(rng, n)
        sky = block_sky(block, self.solar.site)
        season = float(np.trapezoid(sky.flux_factor)) / (sky.flux_factor.size - 1)
        n = int(rng.poisson(expected * season))
        time_s, axis = np.empty(n), np.empty((3, n))
        _from_the_sun(rng, block.live_s, sky, time_s, axis)
        return time_s, axis


def build_antineutrinos(
    conversion: Conversion, channel: AntineutrinoConfig, sphere_radius_m: float, birks: Birks
) -> list[AntineutrinoSource]:
    """Prepare the antineutrinos of a card, solar ones first; a rate of zero makes no source.

    Parameters
    ----------
    conversion : the Sun, and the chance of nu_e to arrive as anti-nu_e unless the channel gives it.
    channel : rates, constants, boost.
    sphere_radius_m : antineutrinos interact with the protons of this sphere.
    birks : for the visible energies.
    """
    per_s = sphere_mass_t(sphere_radius_m) / (REFERENCE_MASS_T * DAYS_PER_YEAR * SECONDS_PER_DAY)
    sources = []

    def add(
        species: str,
        per_100t_y: float,
        boost: float,
        energy: Floats,
        density: Floats,
        solar: SolarBirth | None,
    ) -> None:
        if per_100t_y > 0.0:
            table = linear_quantiles(energy, density)
            sources.append(
                AntineutrinoSource(
                    species, per_100t_y * per_s, boost, table, solar, channel.cross_section,
                    channel.capture_time_us, sphere_radius_m, birks,
                )
            )  # fmt: skip

    sun = conversion.sun
    for component in SOLAR:
        if component not in sun.components or (
            channel.conversion is None and conversion.nature != "majorana"
        ):
            continue
        chance = _appearance(conversion, component) if channel.conversion is None else channel.conversion
        energy, density = solar_interactions_per_100t_y(component, sun.flux(component), chance, channel)
        birth = SolarBirth(_births(conversion, component, channel), conversion.site)
        add(component, float(np.trapezoid(density, energy)), channel.boost, energy, density, birth)
    for source in BACKGROUNDS:
        energy, density = interacting_spectrum(source, conversion.neutrino, channel)
        add(source, interactions_per_100t_y(source, channel), 1.0, energy, density, None)
    return sources


def _appearance(conversion: Conversion, component: str) -> Callable[[Floats], Floats]:
    """Return P(nu_e -> anti-nu_e) of a component as a function of energy, averaged over the live time."""
    knots = np.geomspace(THRESHOLD_MEV, _HIGHEST_SOLAR_MEV, _PROBABILITY_KNOTS)
    chance = conversion.averaged(component, knots).anue
    return lambda energy_mev: np.interp(energy_mev, knots, chance)


def _births(conversion: Conversion, component: str, channel: AntineutrinoConfig) -> RowQuantiles:
    """Tabulate birth radii of those that arrive as antineutrinos, by energy."""
    sun = conversion.sun
    born = sun.production[sun.index(component)]
    inside = np.flatnonzero(born > 0.0)
    region = slice(max(inside[0] - 1, 0), inside[-1] + 2)
    radius, born = sun.radius[region], born[region]
    states = conversion.state_table()
    if states is None or channel.conversion is not None:
        return row_quantiles([THRESHOLD_MEV], radius, born[None, :])
    energy = np.exp(states.log_energy)
    rows = np.flatnonzero(energy > 0.9 * THRESHOLD_MEV)
    turned = states.states[rows, :, 3:] @ conversion.mix.flavour[0]  # by day; the night changes it by 1e-2
    density = np.array([np.interp(radius, states.radius, row) for row in turned]) * born
    density[density.sum(axis=1) <= 0.0] = born
    return row_quantiles(energy[rows], radius, density)
