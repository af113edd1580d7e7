"""Probabilities of solar neutrinos as rows of a CSV."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.physics.conversion import COLUMNS, PRECESSION_COLUMNS, Conversion, Probabilities
from sim.physics.sfp_forms import CORE_RADIUS, is_core_field, short_forms
from sim.physics.sfp_path import BirthWindow
from sim.physics.spectra import endpoint, is_continuous, quadrature

if TYPE_CHECKING:
    from sim.physics.sfp import SpinFlavour

Floats = NDArray[np.float64]

_LOWEST_MEV = 0.05
_FORMS_MEV = 10.0  # where the published short forms are compared
_FORMS_END = 0.1  # probability above which the forms, first order, mean nothing
_COMPARED_RADII, _NARROW = (0.01, 0.05), 0.003  # solar radii


class ProbabilityTable(NamedTuple):
    """CSV text, and how many energies each scheme computed (none without precession)."""

    text: str
    schemes: Counter[str]


def component_energies(component: str, n: int = 200) -> Floats:
    """Return energies that cover a component's spectrum: n of a continuous one, the means of its lines."""
    if is_continuous(component):
        return np.linspace(_LOWEST_MEV, endpoint(component), n)
    energy, weight = quadrature(component)
    breaks = np.flatnonzero(np.diff(energy) > 0.1) + 1
    lines = zip(np.split(energy, breaks), np.split(weight, breaks), strict=True)
    return np.array([float(np.average(e, weights=w)) for e, w in lines], dtype=np.float64)


def _cells(found: Probabilities) -> list[list[str]]:
    """Return the columns as text, those of precession only where there is one."""
    *numbers, _ = found
    if found.scheme is None:
        return [[f"{p:.8g}" for p in column] for column in numbers[: len(COLUMNS)]]
    return [*([f"{p:.12g}" for p in column] for column in numbers), [str(name) for name in found.scheme]]


def probability_table(
    conversion: Conversion,
    components: list[str],
    energies_mev: list[float] | None,
    nadirs_deg: list[float],
    birth: BirthWindow | None = None,
) -> ProbabilityTable:
    """Return the probabilities as CSV text; with precession, comment lines say what was computed.

    Parameters
    ----------
    conversion : Sun, mixing and site.
    components : solar components, for their production regions.
    energies_mev : energies; None covers each component's spectrum.
    nadirs_deg : nadir angles in degrees, 0 (through the centre of the Earth) to 180; day comes first, with
        an empty nadir.
    birth : a Gaussian of birth radii instead of the production regions.

    Raises
    ------
    PhysicsError
        Unknown component, energy not positive, nadir outside 0 to 180, birth outside the Sun.
    """
    for nadir in nadirs_deg:
        if not 0.0 <= nadir <= 180.0:
            msg = f"nadir angle {nadir:g} is outside 0 to 180 degrees"
            raise PhysicsError(msg)
    turning = conversion.precession
    names = COLUMNS if turning is None else (*COLUMNS, *PRECESSION_COLUMNS)
    lines = [",".join(("component", "energy_mev", "nadir_deg", *names))]
    schemes: Counter[str] = Counter()
    for component in components:
        conversion.sun.index(component)
        energy = component_energies(component) if energies_mev is None else np.asarray(energies_mev)
        for place in (None, *nadirs_deg):
            found = conversion.probabilities(component, energy, place, birth)
            if place is None and found.scheme is not None:
                schemes.update(str(name) for name in found.scheme)
            label = "" if place is None else f"{place:g}"
            lines += [
                ",".join([component, f"{e:.8g}", label, *row])
                for e, row in zip(energy, zip(*_cells(found), strict=True), strict=True)
            ]
    if turning is not None:
        forms = _forms(conversion, turning, birth) if "8B" in components else []
        lines = [*_comments(conversion, turning, schemes, birth), *forms, *lines]
    return ProbabilityTable("\n".join(lines) + "\n", schemes)


def field_text(turning: "SpinFlavour") -> str:
    """Return the field in words: shape, peak, value at 0.05 solar radii, twist or correlation length."""
    field = turning.field
    core = float(field.at(np.array([CORE_RADIUS]))[0])
    text = f"{field.name}, peak {field.peak_kg:g} kG, {core:.4g} kG at {CORE_RADIUS:g} R_sun"
    if field.twist_rad_per_rsun:
        text += f", twist {field.twist_rad_per_rsun:g} rad/R_sun"
    if field.correlation_km is not None:
        text += f", random with a correlation length of {field.correlation_km:g} km"
    return text


def moments_text(turning: "SpinFlavour") -> str:
    """Return the moments in words, mass basis."""
    matrix = turning.matrix_bohr
    if turning.nature == "majorana":
        values = ", ".join(f"mu{i + 1}{j + 1} = {_number(matrix[i, j])}" for i, j in ((0, 1), (0, 2), (1, 2)))
    else:
        values = "; ".join(", ".join(_number(cell) for cell in row) for row in matrix)
    return f"{turning.nature}, mass basis, in Bohr magnetons: {values}"


def _number(value: complex) -> str:
    if value.imag == 0.0:
        return f"{value.real:.6g}"
    return f"{value.real:.6g}{value.imag:+.6g}i"


def _comments(
    conversion: Conversion, turning: "SpinFlavour", schemes: Counter[str], birth: BirthWindow | None
) -> list[str]:
    births = "production regions"
    if birth is not None:
        births = f"Gaussian at {birth.radius:g} +- {birth.sigma:g} R_sun"
    counts = ", ".join(f"{name} {n}" for name, n in sorted(schemes.items()))
    return [
        f"# sun: {conversion.sun.name}; births: {births}",
        f"# field: {field_text(turning)}",
        f"# moment: {moments_text(turning)}",
        f"# schemes (energies by day): {counts}",
    ]


def _forms(conversion: Conversion, turning: "SpinFlavour", birth: BirthWindow | None) -> list[str]:
    """Return the published short forms beside ours, for a Majorana moment in a core field."""
    mu12 = float(abs(turning.matrix_bohr[0, 1]))
    if turning.nature != "majorana" or mu12 == 0.0 or not is_core_field(turning.field):
        return []
    core = float(turning.field.at(np.array([CORE_RADIUS]))[0])
    published = short_forms(mu12, core, conversion.neutrino.sin2_theta12)
    if not 0.0 < published.akhmedov_pulido < _FORMS_END:
        return []
    ten = np.array([_FORMS_MEV])
    ours = float(conversion.probabilities("8B", ten, None, birth).anue[0])
    inner, outer = (_coefficient(conversion, turning, radius) for radius in _COMPARED_RADII)
    unit = "(mu12/1e-12 mu_B)^2 (B(0.05)/10 kG)^2"
    near, far = _COMPARED_RADII
    return [
        f"# P_anue of 8B at {_FORMS_MEV:g} MeV by day: {ours:.4g}; with the field at birth it is {inner:.3g} "
        f"(mu12/1e-12 mu_B)^2 (B/10 kG)^2 at {near:g} R_sun, {outer:.3g} at {far:g}",
        f"# hep-ph/0209192: 1.8e-10 sin^2(2 theta12) {unit} = {published.akhmedov_pulido:.4g}; differs: one "
        "number for all energies and birth places, while the term goes as n_e^-2 and vanishes with n_n",
        f"# arXiv:2207.04516: 1.1e-10 {unit} = {published.akhmedov_martinez_mirave:.4g}; differs: "
        "flat in energy and for births near the centre, ours is averaged over births",
    ]


def _coefficient(conversion: Conversion, turning: "SpinFlavour", radius: float) -> float:
    """Return P_anue over the squares of moment and field at one birth radius, in the units of the forms."""
    found = conversion.probabilities("8B", np.array([_FORMS_MEV]), None, BirthWindow(radius, _NARROW)).anue[0]
    field = float(turning.field.at(np.array([radius]))[0])
    return float(found / (np.abs(turning.matrix_bohr[0, 1]) * 1e12 * field / 10.0) ** 2)
