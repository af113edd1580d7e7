"""From nu_e in the Sun to six states at the detector: the one place that answers with probabilities."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.earth import EarthTable, earth_table, earth_transition, night_transition
from sim.physics.exposure import NadirExposure, nadir_exposure
from sim.physics.gauss import Rule
from sim.physics.mixing import Mixing, mixing
from sim.physics.msw import mass_state_probabilities
from sim.physics.precession import precession
from sim.physics.sfp_path import BirthWindow, window_rule
from sim.physics.solar_model import SolarModel

if TYPE_CHECKING:
    from sim.physics.sfp import SpinFlavour
    from sim.physics.state_table import StateTable

Floats = NDArray[np.float64]
Schemes = NDArray[np.str_]

_BIRTHS = 16  # densities that stand for a production region: good to 1e-9 for large mixing angles
_SMALL_SIN2_2THETA12 = 0.1  # below, conversion is a step in density: all birth places are kept


class Probabilities(NamedTuple):
    """Probabilities of a nu_e born in the Sun, each float64 of the shape of the energies.

    The six flavours and ``sterile`` sum to 1. ``e1, e2, e3`` are the populations of the mass states on
    arrival at the Earth; ``a1, a2, a3`` those of the antineutrino (Majorana) or right-handed (Dirac) mass
    states, the latter invisible: ``sterile`` is their sum, zero for Majorana. ``scheme`` str (n,), what
    computed the precession, or None without it.
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
    a1: Floats
    a2: Floats
    a3: Floats
    sterile: Floats
    scheme: Schemes | None = None


# Column names of probability tables, in the order of ``Probabilities``; the others only with precession.
COLUMNS = ("P_nue", "P_numu", "P_nutau", "P_anue", "P_anumu", "P_anutau", "P_e1", "P_e2", "P_e3")
PRECESSION_COLUMNS = ("P_a1", "P_a2", "P_a3", "P_sterile", "scheme")


@dataclass(frozen=True)
class Conversion:
    """Flavour conversion for one Sun, one mixing, one site; build it with :meth:`build`.

    ``precession`` is None unless a Majorana or Dirac moment meets a magnetic field.
    """

    sun: SolarModel
    neutrino: NeutrinoConfig
    site: SiteConfig
    mix: Mixing
    exposure: NadirExposure
    _births: dict[str, Rule] = field(default_factory=dict, repr=False)
    precession: "SpinFlavour | None" = None

    @classmethod
    def build(
        cls,
        sun: SolarModel,
        neutrino: NeutrinoConfig,
        site: SiteConfig,
        exposure: NadirExposure | None = None,
        *,
        field: FieldConfig | None = None,
        moment: MomentConfig | None = None,
    ) -> "Conversion":
        """Prepare the averages over production regions.

        Parameters
        ----------
        sun, neutrino, site : what the names say.
        exposure : how the live time is shared between day and night; a mean year at the site if None.
        field, moment : with a strength of the field and a Majorana or Dirac moment, neutrinos precess into
            antineutrinos or right-handed states; else nothing changes.

        Raises
        ------
        PhysicsError, TableError
            A field or a moment that cannot be used.
        """
        mix = mixing(neutrino)
        small = 4.0 * neutrino.sin2_theta12 * (1.0 - neutrino.sin2_theta12) < _SMALL_SIN2_2THETA12
        births = {
            name: sun.birth_densities(name) if small else sun.birth_density_rule(name, _BIRTHS)
            for name in sun.components
        }
        turning = precession(sun, neutrino, field, moment)
        return cls(sun, neutrino, site, mix, exposure or _mean_year(site), births, turning)

    @property
    def nature(self) -> str | None:
        """What neutrinos precess into: majorana (antineutrinos), dirac (right-handed), None for nothing."""
        return None if self.precession is None else self.precession.nature

    @cached_property
    def earth(self) -> EarthTable:
        """Regeneration over energy and nadir bin, made on first use."""
        return earth_table(self.mix, self.exposure.edges_deg)

    @cached_property
    def anti_earth(self) -> EarthTable:
        """Regeneration of antineutrinos, P(anu_k -> anu_a), made on first use."""
        return earth_table(self.mix, self.exposure.edges_deg, anti=True)

    @cached_property
    def _state_table(self) -> "StateTable | None":
        if self.precession is None:
            return None
        from sim.physics.state_table import state_table

        return state_table(self.precession)

    def state_table(self) -> "StateTable | None":
        """Return the populations by energy and birth radius, for kernels; None without precession."""
        return self._state_table

    def mass_states(self, component: str, energy_mev: Floats, birth: BirthWindow | None = None) -> Floats:
        """Return P_e1, P_e2, P_e3 on arrival, averaged over the production region, float (n, 3).

        ``birth``: a Gaussian of birth radii instead of the production region.
        """
        return self._states(component, energy_mev, birth)[0][:, :3]

    def _states(
        self, component: str, energy_mev: Floats, birth: BirthWindow | None = None
    ) -> tuple[Floats, Schemes | None]:
        """Return the populations of three mass states, or of six with precession, and the schemes."""
        self.sun.index(component)
        energy = np.asarray(energy_mev, dtype=np.float64)
        if energy.ndim != 1 or np.any(~(energy > 0.0)):
            msg = "neutrino energies must be positive and one-dimensional"
            raise PhysicsError(msg)
        if self.precession is not None:
            found = self.precession.probabilities(component, energy, birth)
            return np.column_stack([found.e1, found.e2, found.e3, found.a1, found.a2, found.a3]), found.scheme
        births = self._births[component] if birth is None else self._window(birth)
        return mass_state_probabilities(energy, births, self.mix), None

    def _window(self, birth: BirthWindow) -> Rule:
        radius, weight = window_rule(birth)
        return Rule(np.interp(radius, self.sun.radius, self.sun.n_e_mol_cm3), weight)

    def probabilities(
        self,
        component: str,
        energy_mev: Floats,
        nadir_deg: Floats | float | None = None,
        birth: BirthWindow | None = None,
    ) -> Probabilities:
        """Return the probabilities by day, or after the chord of a given nadir angle.

        Parameters
        ----------
        component : solar component, for its production region.
        energy_mev : (n,) neutrino energies.
        nadir_deg : None for day; else one angle or (n,), exact for each; above 90 degrees it is day.
        birth : a Gaussian of birth radii instead of the production region.
        """
        states, scheme = self._states(component, energy_mev, birth)
        if nadir_deg is None:
            return _assemble(states, self._by_day(states), scheme)
        flavours = _carried(states[:, :3], earth_transition(energy_mev, nadir_deg, self.mix))
        if self.nature == "majorana":
            transition = earth_transition(energy_mev, nadir_deg, self.mix, anti=True)
            flavours = np.hstack([flavours, _carried(states[:, 3:], transition)])
        return _assemble(states, flavours, scheme)

    def averaged(
        self, component: str, energy_mev: Floats, exposure: NadirExposure | None = None
    ) -> Probabilities:
        """Return the probabilities over day and night as ``neutrino.day_night`` asks.

        Parameters
        ----------
        component, energy_mev : as in :meth:`probabilities`.
        exposure : another live time than the one given to :meth:`build` (same nadir bins), say of one block.
        """
        states, scheme = self._states(component, energy_mev)
        shares = exposure or self.exposure
        night = 1.0 - shares.day
        light = self._by_day(states)
        if self.neutrino.day_night == "day" or (self.neutrino.day_night == "average" and night <= 0.0):
            return _assemble(states, light, scheme)
        energy = np.asarray(energy_mev, dtype=np.float64)
        dark = _carried(states[:, :3], night_transition(self.earth, shares.night, energy))
        if self.nature == "majorana":
            transition = night_transition(self.anti_earth, shares.night, energy)
            dark = np.hstack([dark, _carried(states[:, 3:], transition)])
        if self.neutrino.day_night == "night":
            return _assemble(states, dark, scheme)
        return _assemble(states, shares.day * light + night * dark, scheme)

    def _by_day(self, states: Floats) -> Floats:
        """Return the flavours that arrive by day, (n, 3), or (n, 6) where there are antineutrinos."""
        left = _carried(states[:, :3], self.mix.flavour.T)
        if self.nature != "majorana":
            return left
        return np.hstack([left, _carried(states[:, 3:], self.mix.flavour.T)])


@cache
def _mean_year(site: SiteConfig) -> NadirExposure:
    return nadir_exposure(site)


def _carried(states: Floats, transition: Floats) -> Floats:
    """Flavours (n, 3) of mass states (n, 3); transition (3, 3), or (n, 3, 3) one a neutrino."""
    if transition.ndim == 2:
        return states @ transition
    return np.asarray(np.einsum("nk,nka->na", states, transition))


def _assemble(states: Floats, flavours: Floats, scheme: Schemes | None) -> Probabilities:
    """Join populations (n, 3 or 6) and flavours (n, 3 or 6); without antineutrinos the rest is sterile."""
    left = flavours[:, :3].T.copy()
    right = flavours[:, 3:].T.copy() if flavours.shape[1] == 6 else np.zeros((3, len(states)))
    populations = np.zeros((6, len(states)))
    populations[: states.shape[1]] = states.T
    sterile = populations[3:].sum(axis=0) if flavours.shape[1] == 3 else np.zeros(len(states))
    return Probabilities._make([*left, *right, *populations, sterile, scheme])
