"""Spin-flavour precession: what a magnetic moment makes of a nu_e in the field of the Sun.

A Majorana moment turns nu_e into antineutrinos, a Dirac moment into sterile right-handed states. Antineutrino
probabilities are sums of squared amplitudes, never one minus the rest. The scheme is chosen for every energy
and reported: ``quadrature`` (first order in mu B) for small Majorana conversion, ``dressed`` (all orders)
else, ``midpoint`` (slab by slab) for irregular fields, level crossings and tiny mixing; ``random`` (rates)
for a random field.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path as FilePath

import numpy as np
from numpy.typing import NDArray

from sim.core.cache import digest, remembered
from sim.core.constants import SOLAR_RADIUS_KM
from sim.core.errors import PhysicsError
from sim.physics import sfp_quadrature
from sim.physics.config import MomentConfig, NeutrinoConfig
from sim.physics.gauss import Rule
from sim.physics.mixing import Mixing, mixing
from sim.physics.moments import moment_matrix
from sim.physics.sfp_choice import (
    SCHEME_TYPE,
    Scheme,
    Schemes,
    at_reference,
    better_slabs,
    check_scheme,
    choose,
    rescaled,
    slab_count,
)
from sim.physics.sfp_outcome import SpinFlavourProbabilities, assemble
from sim.physics.sfp_path import BirthWindow, Path, birth_weights, path, slab_weights, window_rule
from sim.physics.sfp_quadrature import Response, response
from sim.physics.sfp_six import Six, inner_moments, six_parts
from sim.physics.solar_field import SolarField
from sim.physics.solar_model import SolarModel

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_DRESSED_FINENESS = 2.0
_HIGHEST_MEV = 100.0
_WORTH_KEEPING = 16  # energies: results of more are kept on disk
_FIELD_POINTS = 20_001  # at which a field is looked at to know it again


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
        check_scheme(scheme, moment.nature, field)
        mix = mixing(neutrino)
        return cls(sun, mix, field, moment_matrix(moment, mix), moment.nature, scheme, path(sun, field))

    @cached_property
    def unit_path(self) -> Path:
        """Nodes of the first-order scheme in the same field with a peak of 1 kG."""
        return path(self.sun, replace(self.field, peak_kg=1.0))

    @cached_property
    def fine_path(self) -> Path:
        """Nodes of the dressed scheme."""
        return path(self.sun, self.field, _DRESSED_FINENESS)

    @cached_property
    def six(self) -> Six:
        """The parts of the six-state Hamiltonian."""
        return six_parts(self.mix, self.matrix_bohr, self.nature)

    @cached_property
    def six_at_reference(self) -> tuple[Six, float]:
        """The parts at a strength fit for computing, and the factor on conversion."""
        strength = float(np.abs(self.matrix_bohr).max() * np.abs(self.path.coupling).max())
        return at_reference(self.six, self.nature, strength)

    def better_slabs(self, energy_mev: Floats) -> NDArray[np.bool_]:
        """Say for which energies the midpoint scheme is better, bool (n,)."""
        return better_slabs(energy_mev, self.mix, self.field, self.path.v_e)

    @cached_property
    def identity(self) -> str:
        """Hash of Sun, mixing, field, moment and code: results of equal identity are equal."""
        x = np.linspace(0.0, 1.0, _FIELD_POINTS)
        sun = (self.sun.radius, self.sun.n_e_mol_cm3, self.sun.n_n_mol_cm3)
        field = (self.field.at(x), self.field.kinks, self.field.twist_rad_per_rsun, self.field.correlation_km)
        return digest(FilePath(__file__), *sun, *field, *self.six, self.nature, self.scheme)

    def slabs(self, energy_mev: float) -> Path:
        """Return the slabs that the midpoint scheme needs for an energy."""
        count = slab_count(energy_mev, self.mix, self.field, self.path.v_e)
        return path(self.sun, self.field, uniform=count)

    def births(self, component: str, birth: BirthWindow | None = None) -> Rule:
        """Return radii and masses of the birth places: the component's, or those of a Gaussian window."""
        self.sun.index(component)
        return self.sun.births(component) if birth is None else window_rule(birth)

    def response(self, component: str, energy_mev: Floats, birth: BirthWindow | None = None) -> Response:
        """Return first-order probabilities as quadratic forms in the moments: one pass for every moment.

        Forms of many energies are kept on disk for a peak of 1 kG, so that another strength finds them.
        """
        energy, nodes = _checked(energy_mev), self.unit_path
        weight = birth_weights(nodes.x, self.births(component, birth))

        def make() -> dict[str, NDArray[np.generic]]:
            return dict(response(energy, nodes, self.mix, weight)._asdict())

        if energy.size < _WORTH_KEEPING:
            found = make()
        else:
            source = FilePath(sfp_quadrature.__file__)
            key = digest(source, *nodes, self.mix.inner, self.mix.mass2_ev2, weight, energy)
            found = remembered("precession-forms", key, Response._fields, make)
        unit = Response(**found)  # type: ignore[arg-type]
        square = self.field.peak_kg**2
        return unit._replace(core=unit.core * square, outer=unit.outer * square)

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
        births = self.births(component, birth)
        if self.field.correlation_km is not None:
            chosen = np.full(energy.size, "random", SCHEME_TYPE)
            return assemble(self._all_orders(energy, births, chosen), chosen, self.mix, self.nature)
        first = self.response(component, energy, birth)
        populations = self._first_order(first)
        converted = populations[:, 3:].sum(axis=1)
        chosen = choose(
            self.scheme,
            self.nature,
            energy,
            converted,
            first.slowest,
            self.six,
            self.path,
            self.better_slabs(energy),
        )
        beyond = chosen != "quadrature"
        if beyond.any():
            populations[beyond] = self._all_orders(energy[beyond], births, chosen[beyond])
        return assemble(populations, chosen, self.mix, self.nature)

    def _first_order(self, first: Response) -> Floats:
        """Contract the forms with the moment: populations (n, 6)."""
        if self.nature == "dirac":
            return np.hstack([first.mass, np.zeros_like(first.mass)])
        moments = inner_moments(self.matrix_bohr, self.mix)
        core = np.einsum("c,d,njcd->nj", moments, moments.conj(), first.core).real
        outer = np.einsum("c,d,nijcd->nij", moments, moments.conj(), first.outer).real
        left = first.mass * (1.0 - core.sum(axis=1, keepdims=True)) - outer.sum(axis=2)
        return np.hstack([left, core + outer.sum(axis=1)])

    def _all_orders(self, energy: Floats, births: Rule, chosen: Schemes) -> Floats:
        """Return populations (n, 6) by the schemes that are given."""

        def make() -> dict[str, NDArray[np.generic]]:
            six, ratio = self.six_at_reference
            out = np.empty((energy.size, 6))
            if self.field.correlation_km is not None:
                from sim.physics.sfp_random import random_populations

                weight = birth_weights(self.path.x, births)
                length = self.field.correlation_km / SOLAR_RADIUS_KM
                return {"populations": random_populations(energy, self.six, self.path, length, weight)}
            dressed = chosen == "dressed"
            if dressed.any():
                from sim.physics.sfp_dressed import dressed_populations

                weight = birth_weights(self.fine_path.x, births)
                out[dressed] = dressed_populations(energy[dressed], six, self.fine_path, weight)
            for k in np.flatnonzero(~dressed):
                from sim.physics.sfp_midpoint import midpoint_populations

                slabs = self.slabs(float(energy[k]))
                out[k] = midpoint_populations(energy[k : k + 1], six, slabs, slab_weights(slabs.x, births))[0]
            return {"populations": rescaled(out, ratio)}

        if energy.size < _WORTH_KEEPING:
            found = make()
        else:
            key = digest(FilePath(__file__), self.identity, *births, energy, chosen)
            found = remembered("precession-states", key, ("populations",), make)
        return np.asarray(found["populations"], dtype=np.float64)


def _checked(energy_mev: Floats) -> Floats:
    energy = np.asarray(energy_mev, dtype=np.float64)
    if energy.ndim != 1 or np.any(~((energy > 0.0) & (energy <= _HIGHEST_MEV))):
        msg = f"neutrino energies must be one-dimensional, positive and at most {_HIGHEST_MEV:g} MeV"
        raise PhysicsError(msg)
    return energy
