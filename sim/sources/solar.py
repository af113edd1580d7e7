"""Recoil electrons of solar neutrinos, event by event.

Candidates come from an envelope, the greatest flux of the block times the greatest cross section (nu_e, or
the largest mass-state moment); each is then kept with the chance that its own distance, birth place, energy
and nadir angle give it. The kept events are exactly a Poisson process with the seasonal and day-night
variation of the rates, and their states have the joint distribution of the physics. A neutrino arrives as an
incoherent mixture: to draw a flavour with its share of the rate is the same thing event by event. (The
magnetic term does not ask for the flavour; there it is what the mixture would have shown.) Right-handed
neutrinos of a Dirac moment scatter by it alone.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRONS_PER_100T
from sim.core.geometry import sphere_mass_t
from sim.core.jit import njit, njit_inline
from sim.core.primaries import (
    ALONE,
    BETA_LIKE,
    Block,
    Deposits,
    Floats,
    Primaries,
    empty_primaries,
    join,
    point_deposits,
)
from sim.core.rng import Stage, stream
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.config import MomentConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.moments import mass_moments_squared, moment_matrix
from sim.physics.quantile import Quantiles, quantile
from sim.physics.quenching import visible_energies
from sim.sources.arriving import Passage, build_passage, flavours_at, masses_at
from sim.sources.envelope import Envelope, magnetic_envelope, weak_envelope
from sim.sources.recoil import (
    WeakRecoil,
    cross_section_ratios,
    magnetic_recoil_energy,
    recoil_cosine,
    weak_recoil,
    weak_recoil_energy,
)
from sim.sources.sampling import linear_quantiles
from sim.sources.sky import Sky, block_sky, sun_at
from sim.sources.source import REFERENCE_MASS_T, Birks
from sim.sources.vertices import rotate, sample_sphere

PDG_NUE, PDG_NUMU, PDG_NUTAU = 12, 14, 16
PDG_RIGHT_HANDED = 9900012  # nu_eR; stands for any right-handed state


@dataclass(frozen=True, slots=True)
class SolarComponent:
    """One solar component: birth places and envelopes; ``magnetic`` is None without a moment."""

    name: str
    births: Quantiles
    weak: Envelope
    magnetic: Envelope | None


class Interactions(NamedTuple):
    """What the kernel fills from the start, (n,) each, for n candidates."""

    pdg: NDArray[np.int32]
    energy_mev: Floats
    radius: Floats
    recoil_mev: Floats
    time_s: Floats
    dir_x: Floats
    dir_y: Floats
    dir_z: Floats


@njit_inline
def _arriving(u: float, e: float, mu: float, tau: float, ae: float, amu: float, atau: float) -> int:
    """Return the PDG code that a uniform number picks; a right-handed neutrino beyond the six shares."""
    if u < e:
        return PDG_NUE
    u -= e
    if u < mu:
        return PDG_NUMU
    u -= mu
    if u < tau:
        return PDG_NUTAU
    u -= tau
    if u < ae:
        return -PDG_NUE
    u -= ae
    if u < amu:
        return -PDG_NUMU
    return -PDG_NUTAU if u - amu < atau else PDG_RIGHT_HANDED


@njit
def _interact(
    rng: np.random.Generator, magnetic: bool, live_s: float, energies: Quantiles, births: Quantiles, sky: Sky,
    passage: Passage, weak: WeakRecoil, moments: Floats, out: Interactions,
) -> int:  # fmt: skip
    """Try every candidate; return how many were kept."""
    top_moment = moments.max()
    kept = 0
    for _ in range(out.pdg.size):
        time_s = live_s * rng.random()
        sun_x, sun_y, sun_z, factor = sun_at(sky, time_s)
        if rng.random() * sky.top_factor >= factor:
            continue
        energy = quantile(energies, rng.random())
        radius = quantile(births, rng.random())
        states = masses_at(passage, energy, radius)
        p = flavours_at(passage, energy, states, sun_z)
        u = rng.random()
        if magnetic:
            accepted = states.e1 * moments[0] + states.e2 * moments[1] + states.e3 * moments[2]
            accepted += states.a1 * moments[3] + states.a2 * moments[4] + states.a3 * moments[5]
            accepted /= top_moment
            if u >= accepted:
                continue
            pdg = _arriving(u / accepted, p.nue, p.numu, p.nutau, p.anue, p.anumu, p.anutau)
            recoil = magnetic_recoil_energy(rng, energy)
        else:
            x, ae, ax = cross_section_ratios(weak, energy)
            pdg = _arriving(u, p.nue, p.numu * x, p.nutau * x, p.anue * ae, p.anumu * ax, p.anutau * ax)
            if pdg == PDG_RIGHT_HANDED:
                continue  # also those that the envelope had too much of
            u_row = rng.random()
            if pdg == PDG_NUE:
                recoil = weak_recoil_energy(weak.nue, energy, u_row, rng.random())
            elif pdg > 0:
                recoil = weak_recoil_energy(weak.nux, energy, u_row, rng.random())
            elif pdg == -PDG_NUE:
                recoil = weak_recoil_energy(weak.anue, energy, u_row, rng.random())
            else:
                recoil = weak_recoil_energy(weak.anux, energy, u_row, rng.random())
        cosine = recoil_cosine(recoil, energy)
        x, y, z = rotate(-sun_x, -sun_y, -sun_z, cosine, 2.0 * math.pi * rng.random())
        out.pdg[kept] = pdg
        out.energy_mev[kept], out.radius[kept] = energy, radius
        out.recoil_mev[kept], out.time_s[kept] = recoil, time_s
        out.dir_x[kept], out.dir_y[kept], out.dir_z[kept] = x, y, z
        kept += 1
    return kept


@dataclass(frozen=True, slots=True)
class SolarSource:
    """Solar neutrinos that scatter in a centred sphere; build it with :meth:`build`."""

    components: tuple[SolarComponent, ...]
    site: SiteConfig
    passage: Passage
    moments: Floats  # (6,), squared moments of the mass states in mu_B^2; antineutrinos or right-handed last
    sphere_radius_m: float
    birks: Birks

    @classmethod
    def build(
        cls, conversion: Conversion, moment: MomentConfig, sphere_radius_m: float, birks: Birks
    ) -> "SolarSource":
        """Prepare the tables of every component with a flux.

        Parameters
        ----------
        conversion : the Sun, the mixing, the site.
        moment : moments of the magnetic term.
        sphere_radius_m : neutrinos scatter on the electrons of this sphere.
        birks : for the visible energies.
        """
        matrix = moment_matrix(moment, conversion.mix)
        moments = np.concatenate([mass_moments_squared(matrix), mass_moments_squared(matrix.conj().T)])
        electrons = ELECTRONS_PER_100T * sphere_mass_t(sphere_radius_m) / REFERENCE_MASS_T
        sun = conversion.sun
        components = tuple(
            SolarComponent(
                name,
                linear_quantiles(sun.radius, sun.production[sun.index(name)]),
                weak_envelope(name, electrons * sun.flux(name)),
                magnetic_envelope(name, electrons * sun.flux(name), float(moments.max())),
            )
            for name in sun.components
            if sun.flux(name) > 0.0
        )
        return cls(components, conversion.site, build_passage(conversion), moments, sphere_radius_m, birks)

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the recoils of a block, component by component, weak first; a point deposit each."""
        sky = block_sky(block, self.site)
        empty = empty_primaries(0)
        parts = [(empty, point_deposits(empty, BETA_LIKE, empty.energy_mev))]
        for component in self.components:
            for magnetic, envelope in ((False, component.weak), (True, component.magnetic)):
                if envelope is None:
                    continue
                process = PROCESSES["elastic_magnetic" if magnetic else "elastic_weak"]
                rng = stream(block.seed, Stage.SOLAR, block.index, SPECIES[component.name], process)
                n = int(rng.poisson(envelope.rate_per_s * sky.top_factor * block.live_s))
                if n == 0:
                    continue
                found = Interactions(np.empty(n, np.int32), *np.empty((7, n)))
                kept = _interact(
                    rng, magnetic, block.live_s, envelope.energy, component.births, sky, self.passage,
                    weak_recoil(), self.moments, found,
                )  # fmt: skip
                found = Interactions._make(column[:kept] for column in found)
                parts.append(self._recoils(rng, SPECIES[component.name], process, found))
        return join(parts)

    def _recoils(
        self, rng: np.random.Generator, species: int, process: int, found: Interactions
    ) -> tuple[Primaries, Deposits]:
        n = found.pdg.size
        x, y, z = sample_sphere(rng, self.sphere_radius_m, n)
        primaries = Primaries(
            time_ns=found.time_s * 1e9,
            family=np.full(n, ALONE, np.int32),
            species=np.full(n, species, np.uint8),
            process=np.full(n, process, np.uint8),
            pdg_birth=np.full(n, PDG_NUE, np.int32),
            pdg_detector=found.pdg,
            neutrino_energy_mev=found.energy_mev,
            birth_radius_rsun=found.radius,
            energy_mev=found.recoil_mev,
            x_m=x,
            y_m=y,
            z_m=z,
            dir_x=found.dir_x,
            dir_y=found.dir_y,
            dir_z=found.dir_z,
            weight=np.ones(n),
        )
        visible = visible_energies("electron", primaries.energy_mev, self.birks.electron_cm_mev)
        return primaries, point_deposits(primaries, BETA_LIKE, visible)
