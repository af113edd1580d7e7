"""From nu_e in the Sun to six states at the detector: the one place that answers with probabilities."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.earth import EarthTable, earth_table, earth_transition, night_transition
from sim.physics.exposure import NadirExposure, nadir_exposure
from sim.physics.gauss import Rule
from sim.physics.mixing import Mixing, mixing
from sim.physics.msw import mass_state_probabilities
from sim.physics.solar_model import SolarModel

Floats = NDArray[np.float64]

_BIRTHS = 16  # densities that stand for a production region: good to 1e-9 for large mixing angles
_SMALL_SIN2_2THETA12 = 0.1  # below, conversion is a step in density: all birth places are kept


class Probabilities(NamedTuple):
    """Probabilities of a nu_e born in the Sun, each float64 of the shape of the energies.

    The six flavours sum to 1 (Majorana; less where a Dirac neutrino turns sterile). ``e1, e2, e3`` are the
    populations of the mass states on arrival at the Earth, neutrinos only.
    """

    nue: Floats
    numu: Floats
    nutau: Floats
    anue: Floats
    anumu: Floats
    anutau: Floats
    e1: Floats
    e2: Floats
    e3: Floats


# Column names of probability tables, in the order of ``Probabilities``.
COLUMNS = ("P_nue", "P_numu", "P_nutau", "P_anue", "P_anumu", "P_anutau", "P_e1", "P_e2", "P_e3")


@dataclass(frozen=True)
class Conversion:
    """Flavour conversion for one Sun, one mixing, one site; build it with :meth:`build`."""

    sun: SolarModel
    neutrino: NeutrinoConfig
    site: SiteConfig
    mix: Mixing
    exposure: NadirExposure
    _births: dict[str, Rule] = field(default_factory=dict, repr=False)

    @classmethod
    def build(
        cls,
        sun: SolarModel,
        neutrino: NeutrinoConfig,
        site: SiteConfig,
        exposure: NadirExposure | None = None,
    ) -> "Conversion":
        """Prepare the averages over production regions.

        Parameters
        ----------
        sun, neutrino, site : what the names say.
        exposure : how the live time is shared between day and night; a mean year at the site if None.
        """
        mix = mixing(neutrino)
        small = 4.0 * neutrino.sin2_theta12 * (1.0 - neutrino.sin2_theta12) < _SMALL_SIN2_2THETA12
        births = {
            name: sun.birth_densities(name) if small else sun.birth_density_rule(name, _BIRTHS)
            for name in sun.components
        }
        return cls(sun, neutrino, site, mix, exposure or _mean_year(site), births)

    @cached_property
    def earth(self) -> EarthTable:
        """Regeneration over energy and nadir bin, made on first use."""
        return earth_table(self.mix, self.exposure.edges_deg)

    def mass_states(self, component: str, energy_mev: Floats) -> Floats:
        """Return P_e1, P_e2, P_e3 on arrival, averaged over the production region, float (n, 3)."""
        self.sun.index(component)
        energy = np.asarray(energy_mev, dtype=np.float64)
        if energy.ndim != 1 or np.any(~(energy > 0.0)):
            msg = "neutrino energies must be positive and one-dimensional"
            raise PhysicsError(msg)
        return mass_state_probabilities(energy, self._births[component], self.mix)

    def probabilities(
        self, component: str, energy_mev: Floats, nadir_deg: Floats | float | None = None
    ) -> Probabilities:
        """Return the probabilities by day, or after the chord of a given nadir angle.

        Parameters
        ----------
        component : solar component, for its production region.
        energy_mev : (n,) neutrino energies.
        nadir_deg : None for day; else one angle or (n,), exact for each; above 90 degrees it is day.
        """
        states = self.mass_states(component, energy_mev)
        if nadir_deg is None:
            return _six(states, states @ self.mix.flavour.T)
        transition = earth_transition(energy_mev, nadir_deg, self.mix)
        return _six(states, np.einsum("nk,nka->na", states, transition))

    def averaged(
        self, component: str, energy_mev: Floats, exposure: NadirExposure | None = None
    ) -> Probabilities:
        """Return the probabilities over day and night as ``neutrino.day_night`` asks.

        Parameters
        ----------
        component, energy_mev : as in :meth:`probabilities`.
        exposure : another live time than the one given to :meth:`build` (same nadir bins), say of one block.
        """
        states = self.mass_states(component, energy_mev)
        shares = exposure or self.exposure
        night = 1.0 - shares.day
        if self.neutrino.day_night == "day" or (self.neutrino.day_night == "average" and night <= 0.0):
            return _six(states, states @ self.mix.flavour.T)
        transition = night_transition(self.earth, shares.night, np.asarray(energy_mev, dtype=np.float64))
        dark = np.einsum("nk,nka->na", states, transition)
        if self.neutrino.day_night == "night":
            return _six(states, dark)
        return _six(states, shares.day * (states @ self.mix.flavour.T) + night * dark)


@cache
def _mean_year(site: SiteConfig) -> NadirExposure:
    return nadir_exposure(site)


def _six(states: Floats, flavours: Floats) -> Probabilities:
    """Join flavours (n, 3) and mass states (n, 3); no antineutrinos without a magnetic moment."""
    nue, numu, nutau = flavours.T.copy()
    anue, anumu, anutau = np.zeros((3, len(states)))
    e1, e2, e3 = states.T.copy()
    return Probabilities(nue, numu, nutau, anue, anumu, anutau, e1, e2, e3)
