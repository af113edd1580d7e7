"""Solar models: fluxes with uncertainties, birth places, and the matter neutrinos pass."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError, TableError
from sim.core.tables import Table, load_table, read_table
from sim.physics.config import SOLAR_COMPONENTS
from sim.physics.gauss import Rule, gauss_rule, masses

Floats = NDArray[np.float64]

_DENSITIES = ("n_e_mol_cm3", "n_n_mol_cm3")
_CAPTURE = "-EC"
_BASE = tuple(name for name in SOLAR_COMPONENTS if not name.endswith(_CAPTURE))
_DEFAULT = "B16-GS98"


def _parent(component: str) -> str:
    return component.removesuffix(_CAPTURE)


@dataclass(frozen=True)
class SolarModel:
    """A solar model on one radial grid.

    Attributes
    ----------
    name : name or path.
    components : the n_comp components, order of ``SOLAR_COMPONENTS``.
    flux_cm2_s : (n_comp,), annual mean at 1 au.
    frac_sigma : (n_comp,), fractional one-sigma uncertainty of the flux.
    correlation : (n_comp, n_comp) of the uncertainties, or None where none is published.
    radius : (n_r,), solar radii, increasing.
    production : (n_comp, n_r), dF/dr, each integrates to 1 (trapezoid).
    n_e_mol_cm3, n_n_mol_cm3 : (n_r,), electron and neutron density.
    """

    name: str
    components: tuple[str, ...]
    flux_cm2_s: Floats
    frac_sigma: Floats
    correlation: Floats | None
    radius: Floats
    production: Floats
    n_e_mol_cm3: Floats
    n_n_mol_cm3: Floats

    def index(self, component: str) -> int:
        """Return the row of a component; PhysicsError naming the known ones otherwise."""
        if component not in self.components:
            msg = f"unknown solar component {component!r}; components: {', '.join(self.components)}"
            raise PhysicsError(msg)
        return self.components.index(component)

    def flux(self, component: str) -> float:
        """Return the flux of a component in cm^-2 s^-1 at 1 au, annual mean."""
        return float(self.flux_cm2_s[self.index(component)])

    def scaled(self, flux_scale: dict[str, float]) -> "SolarModel":
        """Return a copy with the fluxes multiplied by component; others unchanged."""
        flux = self.flux_cm2_s.copy()
        for component, factor in flux_scale.items():
            flux[self.index(component)] *= factor
        return replace(self, flux_cm2_s=flux)

    def births(self, component: str) -> Rule:
        """Return radii (solar radii) and masses of the production region, three a cell of the grid."""
        return masses(self.radius, self.production[self.index(component)])

    def birth_densities(self, component: str) -> Rule:
        """Return electron densities (mol/cm3) and masses of the production region, three a cell."""
        radius, mass = self.births(component)
        return Rule(np.interp(radius, self.radius, self.n_e_mol_cm3), mass)

    def birth_density_rule(self, component: str, n: int) -> Rule:
        """Return the n-point Gauss rule over n_e (mol/cm3) at birth: averages over the production region."""
        return gauss_rule(self.birth_densities(component), n)


def _structure(table: Table) -> tuple[Floats, dict[str, Floats]]:
    """Check and return the radial grid and the columns on it, productions normalised."""
    missing = [name for name in ("r", *_DENSITIES, *_BASE) if name not in table.columns]
    if missing:
        wanted = ", ".join(("r", *_DENSITIES, *_BASE))
        msg = f"{table.name}: missing column {', '.join(missing)}; expected {wanted}"
        raise TableError(msg)
    columns = {name: table.numbers(name) for name in table.numeric()}
    for name in ("r", *_DENSITIES, *_BASE):
        column = table.numbers(name)
        row = int(np.argmax(~(column >= 0.0) | ~np.isfinite(column)))
        if not (column[row] >= 0.0 and np.isfinite(column[row])):
            msg = f"{table.name}: {name} in row {row + 1} is {column[row]:g}, expected a finite value >= 0"
            raise TableError(msg)
    r = columns["r"]
    if len(r) < 5:
        msg = f"{table.name}: {len(r)} radii, expected at least 5"
        raise TableError(msg)
    table.rising("r")
    if r[-1] > 1.0 + 1e-6:
        msg = f"{table.name}: r reaches {r[-1]:g}, expected solar radii between 0 and 1"
        raise TableError(msg)
    for component in SOLAR_COMPONENTS:
        density = columns.get(component, columns[_parent(component)])
        total = float(np.trapezoid(density, r))
        if not total > 0.0:
            msg = f"{table.name}: production of {component} is zero everywhere"
            raise TableError(msg)
        columns[component] = density / total
    return r, columns


def _fluxes(model: str) -> tuple[str, Floats, Floats]:
    """Return structure name, fluxes and fractional uncertainties of a packaged model."""
    table, lines = load_table("solar_fluxes"), load_table("solar_lines")
    rows = table.text("model") == model
    names = list(table.text("component")[rows])
    parent = [names.index(_parent(component)) for component in SOLAR_COMPONENTS]
    over_parent = dict(zip(lines.text("component"), lines.numbers("flux_over_parent"), strict=True))
    ratio = np.array([over_parent[c] if c.endswith(_CAPTURE) else 1.0 for c in SOLAR_COMPONENTS])
    flux = table.numbers("flux_cm2_s")[rows][parent] * ratio
    return str(table.text("structure")[rows][0]), flux, table.numbers("frac_sigma")[rows][parent]


def _correlation(model: str) -> Floats | None:
    table = load_table("solar_correlations")
    rows = table.text("model") == model
    if not rows.any():
        return None
    names = list(table.text("component")[rows])
    matrix = np.column_stack([table.numbers(name)[rows] for name in names])
    parent = [names.index(_parent(component)) for component in SOLAR_COMPONENTS]
    return np.asarray(matrix[np.ix_(parent, parent)], dtype=np.float64)


def model_names() -> tuple[str, ...]:
    """Return the names of the packaged solar models."""
    return tuple(dict.fromkeys(str(name) for name in load_table("solar_fluxes").text("model")))


@cache
def _packaged(name: str) -> SolarModel:
    structure, flux, sigma = _fluxes(name)
    return _assemble(name, load_table(f"solar_{structure}"), flux, sigma, _correlation(name))


def _assemble(name: str, table: Table, flux: Floats, sigma: Floats, correlation: Floats | None) -> SolarModel:
    r, columns = _structure(table)
    production = np.stack([columns[component] for component in SOLAR_COMPONENTS])
    n_e, n_n = columns["n_e_mol_cm3"], columns["n_n_mol_cm3"]
    return SolarModel(name, SOLAR_COMPONENTS, flux, sigma, correlation, r, production, n_e, n_n)


def _from_csv(path: Path) -> SolarModel:
    table = read_table(path, str(path), required=())
    _, flux, sigma = _fluxes(_DEFAULT)
    for index, component in enumerate(SOLAR_COMPONENTS):
        text = table.header.get(f"flux_{component}")
        if text is None:
            continue
        try:
            flux[index] = float(text)
        except ValueError:
            flux[index] = np.nan
        if not (np.isfinite(flux[index]) and flux[index] >= 0.0):
            msg = f"{path}: header flux_{component} = {text!r}, expected a flux >= 0 in cm^-2 s^-1"
            raise TableError(msg)
    return _assemble(str(path), table, flux, sigma, None)


def load_solar_model(name_or_csv: str) -> SolarModel:
    """Open a packaged solar model, or a user's CSV.

    A CSV has the columns ``r`` (solar radii), ``n_e_mol_cm3``, ``n_n_mol_cm3`` and one production density
    dF/dr a component, named as the components; the electron captures (``13N-EC`` and so on) may be left out
    and then follow their parents. Fluxes are those of B16-GS98 unless header lines such as
    ``# flux_pp: 5.98e10`` give them.

    Raises
    ------
    PhysicsError
        No such packaged model.
    TableError
        The CSV cannot be read, a column is missing, negative or not sorted.
    """
    if name_or_csv in model_names():
        return _packaged(name_or_csv)
    path = Path(name_or_csv)
    if path.suffix.lower() == ".csv" or path.is_file():
        return _from_csv(path)
    msg = (
        f"unknown solar model {name_or_csv!r}; models: {', '.join(model_names())}, or the path of a .csv file"
    )
    raise PhysicsError(msg)
