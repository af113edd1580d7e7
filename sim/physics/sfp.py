"""Spin-flavour precession: what a magnetic moment makes of a nu_e in the field of the Sun.

A Majorana moment turns nu_e into antineutrinos, a Dirac moment into sterile right-handed states. Antineutrino
probabilities are sums of squared amplitudes, never one minus the rest. The scheme is chosen for every energy
and reported: ``quadrature`` (first order in mu B) for small Majorana conversion, ``dressed`` (all orders)
else, ``midpoint`` (slab by slab) for irregular fields, level crossings and tiny mixing; ``random`` (rates)
for a random field.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SOLAR_RADIUS_KM
from sim.core.errors import PhysicsError
from sim.physics.config import MomentConfig, NeutrinoConfig
from sim.physics.gauss import Rule
from sim.physics.mixing import Mixing, mixing
from sim.physics.moments import moment_matrix
from sim.physics.sfp_crossing import crosses
from sim.physics.sfp_dressed import Six, dressed_populations
from sim.physics.sfp_midpoint import midpoint_populations
from sim.physics.sfp_path import (
    RAD_PER_EV2_MEV,
    BirthWindow,
    Path,
    birth_weights,
    node_count,
    path,
    slab_weights,
    window_rule,
)
from sim.physics.sfp_quadrature import Response, inner_moments, response
from sim.physics.sfp_random import random_populations
from sim.physics.solar_field import SolarField
from sim.physics.solar_model import SolarModel

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Scheme = Literal["auto", "quadrature", "dressed", "midpoint"]

_FIRST_ORDER = 1e-3  # conversion above which first order in mu B is not enough
_FIRST_ORDER_END = 0.05  # above it a forced first order is refused
_FAST_AT_BIRTH = 300.0  # rad/R_sun: slower splittings at birth interfere with what happens later
_MANY_NODES = 3000  # a field that asks for more is irregular
_SMALL_SIN2_2THETA12 = 0.1  # below, neutrinos need not follow their matter states
_DRESSED_FINENESS = 2.0
_LEAST_SLABS, _MOST_SLABS = 10_000, 4_000_000
_SLAB_PHASE = 2.0  # radians between states 1 and 2: slabs in step with it would add up their errors
_HIGHEST_MEV = 100.0
# mu B in rad/R_sun below which conversion is computed at this strength and scaled with its square: keeps
# amplitudes away from rounding, and from saturation
_REFERENCE = {"majorana": 0.05, "dirac": 0.005}


class SpinFlavourProbabilities(NamedTuple):
    """What arrives at the solar surface, each float64 (n,) but the last.

    ``e1, e2, e3`` populations of the neutrino mass states; ``a1, a2, a3`` of the antineutrino (Majorana) or
    right-handed (Dirac) ones; the six sum to 1. ``anue, anumu, anutau``: antineutrino flavours by day, zero
    for Dirac; ``sterile``: sum of the right-handed states, zero for Majorana. ``scheme`` str (n,), what
    computed it.
    """

    anue: Floats
    anumu: Floats
    anutau: Floats
    sterile: Floats
    e1: Floats
    e2: Floats
    e3: Floats
    a1: Floats
    a2: Floats
    a3: Floats
    scheme: NDArray[np.str_]


@dataclass(frozen=True)
class SpinFlavour:
    """Spin-flavour precession for one Sun, mixing, field and moment; build it with :meth:`build`.

    Attributes
    ----------
    matrix_bohr : complex (3, 3), mass basis, Bohr magnetons.
    nature : majorana or dirac.
    scheme : auto, or the one that is forced.
    path : nodes of the first-order scheme.
    """

    sun: SolarModel
    mix: Mixing
    field: SolarField
    matrix_bohr: Complexes
    nature: str
    scheme: Scheme
    path: Path

    @classmethod
    def build(
        cls,
        sun: SolarModel,
        neutrino: NeutrinoConfig,
        field: SolarField,
        moment: MomentConfig,
        scheme: Scheme = "auto",
    ) -> "SpinFlavour":
        """Lay the nodes for a field.

        Raises
        ------
        PhysicsError
            A moment without nature, an unknown scheme, first order for Dirac, a Sun without its surface.
        """
        if moment.nature == "effective":
            msg = "precession needs moment.nature = 'majorana' or 'dirac': mu_eff alone has no states"
            raise PhysicsError(msg)
        if scheme not in get_args(Scheme):
            msg = f"unknown scheme {scheme!r}; schemes: {', '.join(get_args(Scheme))}"
            raise PhysicsError(msg)
        if scheme == "quadrature" and moment.nature == "dirac":
            msg = "the quadrature is for Majorana moments; for Dirac use 'dressed', 'midpoint' or 'auto'"
            raise PhysicsError(msg)
        if scheme != "auto" and field.correlation_km is not None:
            msg = f"scheme {scheme!r} is for regular fields; a random field has its own, use 'auto'"
            raise PhysicsError(msg)
        nodes = path(sun, field)
        return cls(sun, mixing(neutrino), field, moment_matrix(moment), moment.nature, scheme, nodes)

    @cached_property
    def _fine_path(self) -> Path:
        return path(self.sun, self.field, _DRESSED_FINENESS)

    @cached_property
    def _six(self) -> Six:
        phase = np.diag([1.0, 1.0, self.mix.phase])
        before = phase.conj() if self.nature == "dirac" else phase
        moment = self.mix.inner @ before @ self.matrix_bohr @ phase @ self.mix.inner.T
        right = 0.0 if self.nature == "dirac" else -1.0
        return Six(
            self.mix.mass2_ev2, np.ascontiguousarray(self.mix.inner), np.ascontiguousarray(moment), right
        )

    @cached_property
    def _always_slabs(self) -> bool:
        sin2 = float(self.mix.flavour[0, 1] / (self.mix.flavour[0, 0] + self.mix.flavour[0, 1]))
        return node_count(self.field) > _MANY_NODES or 4.0 * sin2 * (1.0 - sin2) < _SMALL_SIN2_2THETA12

    def births(self, component: str, birth: BirthWindow | None = None) -> Rule:
        """Return radii and masses of the birth places: the component's, or those of a Gaussian window."""
        self.sun.index(component)
        return self.sun.births(component) if birth is None else window_rule(birth)

    def response(self, component: str, energy_mev: Floats, birth: BirthWindow | None = None) -> Response:
        """Return first-order probabilities as quadratic forms in the moments: one pass for every moment."""
        weight = birth_weights(self.path.x, self.births(component, birth))
        return response(_checked(energy_mev), self.path, self.mix, weight)

    def probabilities(
        self, component: str, energy_mev: Floats, birth: BirthWindow | None = None
    ) -> SpinFlavourProbabilities:
        """Return what a nu_e has become at the solar surface.

        Parameters
        ----------
        component : solar component, for its production region.
        energy_mev : (n,), positive, at most 100 MeV.
        birth : a Gaussian of birth radii instead of the production region.

        Raises
        ------
        PhysicsError
            Energies out of range, an unknown component, a forced first order where conversion exceeds 5 %.
        """
        energy = _checked(energy_mev)
        if self.field.correlation_km is not None:
            weight = birth_weights(self.path.x, self.births(component, birth))
            length = self.field.correlation_km / SOLAR_RADIUS_KM
            found = random_populations(energy, self._six, self.path, length, weight)
            return self._assemble(found, np.full(energy.size, "random", dtype="<U10"))
        first = self.response(component, energy, birth)
        left, right = self._first_order(first)
        chosen = self._choose(energy, first, right.sum(axis=1))
        births = self.births(component, birth)
        strength = float(np.abs(self.matrix_bohr).max() * np.abs(self.path.coupling).max())
        if strength == 0.0:
            chosen[:] = "quadrature"
        six, ratio = self._scaled(strength)
        dressed = chosen == "dressed"
        populations = np.hstack([left, right])
        if dressed.any():
            nodes = self._fine_path
            found = dressed_populations(energy[dressed], six, nodes, birth_weights(nodes.x, births))
            populations[dressed] = _rescaled(found, ratio)
        for k in np.flatnonzero(chosen == "midpoint"):
            slabs = path(self.sun, self.field, uniform=self._slabs(float(energy[k])))
            weight = slab_weights(slabs.x, births)
            populations[k] = _rescaled(midpoint_populations(energy[k : k + 1], six, slabs, weight), ratio)[0]
        return self._assemble(populations, chosen)

    def _first_order(self, first: Response) -> tuple[Floats, Floats]:
        """Contract the forms with the moment: populations of neutrinos and antineutrinos, each (n, 3)."""
        if self.nature == "dirac":
            return first.mass, np.zeros_like(first.mass)
        moments = inner_moments(self.matrix_bohr, self.mix)
        core = np.einsum("c,d,njcd->nj", moments, moments.conj(), first.core).real
        outer = np.einsum("c,d,nijcd->nij", moments, moments.conj(), first.outer).real
        left = first.mass * (1.0 - core.sum(axis=1, keepdims=True)) - outer.sum(axis=2)
        return left, core + outer.sum(axis=1)

    def _choose(self, energy: Floats, first: Response, converted: Floats) -> NDArray[np.str_]:
        """Choose the scheme of every energy."""
        if self.scheme != "auto":
            if self.scheme == "quadrature" and np.any(converted > _FIRST_ORDER_END):
                worst = int(np.argmax(converted))
                msg = (
                    f"first order in mu B converts {converted[worst]:.3g} at {energy[worst]:g} MeV: "
                    "too large for the quadrature, use 'dressed' or 'auto'"
                )
                raise PhysicsError(msg)
            return np.full(energy.size, self.scheme, dtype="<U10")
        chosen = np.full(energy.size, "quadrature", dtype="<U10")
        beyond = (converted > _FIRST_ORDER) | (first.slowest < _FAST_AT_BIRTH)
        if self.nature == "dirac":
            beyond[:] = True
        chosen[beyond] = "dressed"
        if self._always_slabs:
            chosen[:] = "midpoint"
        elif beyond.any():
            at = np.flatnonzero(beyond)
            chosen[at[crosses(energy[at], self._six, self.path)]] = "midpoint"
        return chosen

    def _scaled(self, strength: float) -> tuple[Six, float]:
        """Return the Hamiltonian's parts at a strength fit for computing, and the factor on conversion."""
        least = _REFERENCE[self.nature]
        if strength == 0.0 or strength >= least:
            return self._six, 1.0
        return self._six._replace(moment=self._six.moment * (least / strength)), (strength / least) ** 2

    def _slabs(self, mev: float) -> int:
        splitting = RAD_PER_EV2_MEV * self.mix.mass2_ev2[1] / mev + float(self.path.v_e.max())
        wanted = max(_LEAST_SLABS, 4 * node_count(self.field), int(np.ceil(splitting / _SLAB_PHASE)))
        if wanted > _MOST_SLABS:
            msg = (
                f"the midpoint scheme needs {wanted} slabs at {mev:g} MeV, at most {_MOST_SLABS} are allowed"
            )
            raise PhysicsError(msg)
        return wanted

    def _assemble(self, populations: Floats, chosen: NDArray[np.str_]) -> SpinFlavourProbabilities:
        e1, e2, e3, a1, a2, a3 = populations.T.copy()
        right = populations[:, 3:]
        if self.nature == "dirac":
            none = np.zeros_like(a1)
            return SpinFlavourProbabilities(
                none, none.copy(), none.copy(), right.sum(axis=1), e1, e2, e3, a1, a2, a3, chosen
            )
        anue, anumu, anutau = (right @ self.mix.flavour.T).T.copy()
        return SpinFlavourProbabilities(
            anue, anumu, anutau, np.zeros_like(a1), e1, e2, e3, a1, a2, a3, chosen
        )


def _checked(energy_mev: Floats) -> Floats:
    energy = np.asarray(energy_mev, dtype=np.float64)
    if energy.ndim != 1 or np.any(~((energy > 0.0) & (energy <= _HIGHEST_MEV))):
        msg = f"neutrino energies must be one-dimensional, positive and at most {_HIGHEST_MEV:g} MeV"
        raise PhysicsError(msg)
    return energy


def _rescaled(populations: Floats, ratio: float) -> Floats:
    """Scale the conversion, giving what is not converted back to the neutrinos in proportion; (n, 6)."""
    if ratio == 1.0:
        return populations
    left, right = populations[:, :3], populations[:, 3:] * ratio
    kept = (1.0 - right.sum(axis=1, keepdims=True)) / left.sum(axis=1, keepdims=True)
    return np.hstack([left * kept, right])
