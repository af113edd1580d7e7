"""Make the solar and Earth tables of sim/data from a folder of literature tables.

    python scripts/make_solar_tables.py FOLDER

FOLDER holds the published figures in plain CSV (production.csv, electron_density.csv, fluxes.csv,
flux_correlations.csv, spectra_8B.csv, be7_lines.csv, earth_prem.csv, measured_pee.csv). Everything is put
on our own grids; the checksums in sim/data/README.md are renewed. No physics here: only resampling.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.linalg import solve_banded

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sim.core.tables import Table, data_folder, read_table

Floats = NDArray[np.float64]

MADE_BY = "scripts/make_solar_tables.py"
COMPONENTS = ("pp", "pep", "hep", "7Be", "8B", "13N", "15O", "17F")
B16 = "Vinyoles et al. 2017, ApJ 835, 202, arXiv:1611.09867"
SF3 = "Herrera and Serenelli 2023, B23/SF-III v1.2, doi:10.5281/zenodo.10822316"

# Each model with the structure (profiles) it uses and the model that continues it above r = 0.5.
STRUCTURES = {
    "B16-GS98": "SF3-GS98",
    "B16-AGSS09met": "SF3-AGSS09",
    "SF3-GS98": None,
    "SF3-AGSS09": None,
    "SF3-AAG21": None,
    "SF3-MB22p": None,
}
BORROWED = {"SF3-C11": "SF3-GS98", "SF3-MB22m": "SF3-MB22p"}

RADIUS = np.concatenate(
    [
        np.linspace(0.0, 0.2, 101),
        np.linspace(0.204, 0.32, 30),
        np.linspace(0.33, 0.5, 18),
        np.linspace(0.52, 0.94, 22),
        np.array([0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 1.0]),
    ]
).round(6)


def project(x: Floats, density: Floats, knots: Floats) -> Floats:
    """Best piecewise-linear copy of a density on other knots; keeps the integral and the mean exactly."""
    fine = np.union1d(x, knots)
    fine = fine[(fine >= knots[0]) & (fine <= knots[-1])]
    value = np.interp(fine, x, density, left=0.0, right=0.0)
    load = np.zeros(len(knots))
    for left, right, f0, f1 in zip(fine[:-1], fine[1:], value[:-1], value[1:], strict=True):
        cell = np.searchsorted(knots, 0.5 * (left + right)) - 1
        width = knots[cell + 1] - knots[cell]
        u0, u1 = (left - knots[cell]) / width, (right - knots[cell]) / width
        h = right - left
        rising = h / 6.0 * (2.0 * f0 * u0 + f0 * u1 + f1 * u0 + 2.0 * f1 * u1)
        load[cell + 1] += rising
        load[cell] += 0.5 * h * (f0 + f1) - rising
    step = np.diff(knots)
    band = np.zeros((3, len(knots)))
    band[0, 1:] = band[2, :-1] = step / 6.0
    band[1, :-1] += step / 3.0
    band[1, 1:] += step / 3.0
    return np.asarray(solve_banded((1, 1), band, load))


def rows_of(table: Table, model: str) -> NDArray[np.bool_]:
    """Select the rows of one model."""
    return np.asarray(table.text("model") == model)


def production_on_grid(table: Table, model: str, component: str) -> Floats:
    """Return dF/dr on RADIUS, zero at the centre and beyond 0.5, trapezoid integral 1."""
    pick = rows_of(table, model)
    core = RADIUS[RADIUS <= 0.5]
    density = project(table.numbers("r")[pick], table.numbers(component)[pick], core)
    density = np.concatenate([np.maximum(density, 0.0), np.zeros(len(RADIUS) - len(core))])
    density[0] = 0.0
    return np.asarray(density / trapezoid(density, RADIUS))


def density_on_grid(table: Table, model: str, continued_by: str | None, column: str) -> Floats:
    """Return n_e or n_n on RADIUS: cubic spline in the logarithm, log-linear above the last knot."""
    pick = rows_of(table, model)
    r, log_n = table.numbers("r")[pick], np.log(table.numbers(column)[pick])
    if continued_by is not None:
        other = rows_of(table, continued_by)
        r_other, log_other = table.numbers("r")[other], np.log(table.numbers(column)[other])
        joint = log_n[-1] - np.interp(r[-1], r_other, log_other)
        outside = r_other > r[-1]
        r = np.concatenate([r, r_other[outside]])
        log_n = np.concatenate([log_n, log_other[outside] + joint])
    inside = r < 0.5
    # even in r about the centre: mirror a few knots so that the spline has zero slope there
    mirrored = slice(4, 0, -1)
    spline = CubicSpline(
        np.concatenate([-r[inside][mirrored], r]), np.concatenate([log_n[inside][mirrored], log_n])
    )
    outer = PchipInterpolator(r, log_n)  # no overshoot where n_e drops by orders of magnitude
    slope = (log_n[-1] - log_n[-2]) / (r[-1] - r[-2])
    edge = log_n[-1] + slope * (RADIUS - r[-1])
    value = np.where(RADIUS <= 0.9, spline(RADIUS), np.where(r[-1] >= RADIUS, outer(RADIUS), edge))
    return np.asarray(np.exp(value))


def winter_on_grid(table: Table) -> tuple[Floats, Floats, Floats]:
    """Return energy, spectrum, correlated shift of 8B on our grid; doubtful low rows of the shift mended."""
    energy = table.numbers("E_MeV")
    spectrum, shift = table.numbers("winter2006"), table.numbers("winter2006_shift").copy()
    doubtful = (energy > 0.0) & (energy < 0.25)
    shift[doubtful] = 0.0085 * spectrum[doubtful]
    grid = np.linspace(0.0, 15.6, 196)
    last = energy[spectrum > 0.0][-1]
    new = np.where(grid <= last, CubicSpline(energy, spectrum)(grid), np.interp(grid, energy, spectrum))
    new = np.maximum(new, 0.0)
    moved = np.where(new > 0.0, CubicSpline(energy, shift)(grid), 0.0)
    new /= trapezoid(new, grid)
    moved -= new * trapezoid(moved, grid)
    new[0] = moved[0] = 0.0
    return grid, new, moved


def be7_on_grid(table: Table, line: float) -> tuple[Floats, Floats]:
    """Return offset in keV and density per keV of one 7Be line on our grid."""
    pick = table.numbers("line") == line
    x, density = table.numbers("offset_keV")[pick], table.numbers("density_per_keV")[pick]
    # the high-energy tail is exponential: thin it out where the profile is smooth
    last = x[density > 0.0][-1]
    grid = np.concatenate([np.arange(-1.6, 3.0, 0.08), np.linspace(3.04, last, 40)])
    new = np.maximum(PchipInterpolator(x, density)(grid), 0.0)
    new[0] = new[-1] = 0.0
    new /= trapezoid(new, grid)
    return grid, new


def cell(value: float | str) -> str:
    """Format one cell: text as it is, numbers with six significant digits."""
    return value if isinstance(value, str) else f"{value:.6g}"


def write(name: str, header: dict[str, str], columns: dict[str, list[float] | list[str] | Floats]) -> None:
    """Write one table and renew its checksum in the README."""
    lines = [f"# {key}: {value}" for key, value in header.items()]
    lines.append(",".join(columns))
    lines += [",".join(cell(v) for v in row) for row in zip(*columns.values(), strict=True)]
    path = data_folder() / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    readme = data_folder() / "README.md"
    text = readme.read_text(encoding="utf-8")
    row = re.compile(rf"^(\| `{re.escape(name)}\.csv` \|.*\| )`[0-9a-f]*` \|$", re.M)
    if not row.search(text):
        msg = f"{readme} has no row for {name}.csv"
        raise SystemExit(msg)
    readme.write_text(row.sub(rf"\g<1>`{digest}` |", text), encoding="utf-8")


def make_structures(production: Table, density: Table) -> None:
    """One file a model: densities and production densities on the common grid."""
    for model, continued_by in STRUCTURES.items():
        source = B16 if model.startswith("B16") else SF3
        caveats = "n_e above r = 0.995 is a log-linear extrapolation; nothing is produced above 0.5"
        if continued_by is not None:
            caveats = (
                f"published to r = 0.5; above, n_e and n_n follow {continued_by} [{SF3}], scaled to join; "
                f"n_n below 0.5 is n_e times n_n/n_e of {continued_by}; {caveats}"
            )
        columns: dict[str, list[float] | list[str] | Floats] = {"r": RADIUS}
        for column in ("n_e_mol_cm3", "n_n_mol_cm3"):
            columns[column] = density_on_grid(density, model, continued_by, column)
        for component in COMPONENTS:
            columns[component] = production_on_grid(production, model, component)
        write(
            f"solar_{model}",
            {
                "title": f"solar model {model}: electron and neutron density, production density dF/dr",
                "source": source,
                "units": "r in solar radii; n_e, n_n in mol/cm3; dF/dr per solar radius, each integrates to 1 "
                "(trapezoid)",
                "made_by": f"{MADE_BY}: least-squares piecewise-linear projection onto our radii "
                "(keeps integral and mean); densities by splines of their logarithm",
                "caveats": caveats,
            },
            columns,
        )


def make_fluxes(fluxes: Table, correlations: Table) -> None:
    """All fluxes with uncertainties; correlations where published."""
    models = [*STRUCTURES, *BORROWED]
    columns: dict[str, list[float] | list[str] | Floats] = {
        key: [] for key in ("model", "structure", "component", "flux_cm2_s", "frac_sigma")
    }
    names, parts = fluxes.text("model"), fluxes.text("component")
    for model in models:
        for component in COMPONENTS:
            index = int(np.flatnonzero((names == model) & (parts == component))[0])
            entry = (
                model,
                BORROWED.get(model, model),
                component,
                float(fluxes.numbers(fluxes.numeric()[0])[index]),
                float(fluxes.numbers("frac_sigma")[index]),
            )
            for key, value in zip(columns, entry, strict=True):
                columns[key].append(value)  # type: ignore[union-attr, arg-type]
    write(
        "solar_fluxes",
        {
            "title": "total solar neutrino fluxes at 1 au and their fractional uncertainties",
            "source": f"B16-*: {B16}; SF3-*: {SF3}",
            "units": "flux in cm^-2 s^-1, annual mean at 1 au; frac_sigma is one sigma over the flux",
            "made_by": MADE_BY,
            "caveats": "structure names the model whose profiles are used (those of SF3-C11 and SF3-MB22m "
            "were not at hand: nearest composition); 7Be is the sum of both lines; the 17F flux of B16-GS98 "
            "is printed as 5.28e6 and 5.29e6",
        },
        columns,
    )
    matrix: dict[str, list[float] | list[str] | Floats] = {
        "model": [str(v) for v in correlations.text("model")],
        "component": [str(v) for v in correlations.text("component")],
    }
    for component in COMPONENTS:
        matrix[component] = correlations.numbers(component)
    write(
        "solar_correlations",
        {
            "title": "correlation of the solar-model flux uncertainties",
            "source": SF3,
            "units": "dimensionless; one symmetric matrix a model",
            "made_by": MADE_BY,
            "caveats": "not published in this form for the B16 models",
        },
        matrix,
    )


def make_spectra(b8: Table, be7: Table) -> None:
    """8B spectrum and 7Be line profiles."""
    energy, spectrum, shift = winter_on_grid(b8)
    write(
        "spectra_8B",
        {
            "title": "energy spectrum of 8B neutrinos as produced, with its fully correlated one-sigma shift",
            "source": "Winter et al. 2006, PRC 73, 025503, nucl-ex/0406019",
            "units": "energy in MeV; density and shift per MeV; density integrates to 1, shift to 0 (trapezoid)",
            "made_by": f"{MADE_BY}: cubic spline of the 0.1 MeV table at 0.08 MeV steps",
            "caveats": "good to 2e-4 of the peak with cubic interpolation; use density + k shift with one k "
            "for all energies; the printed shift at 0.1 and 0.2 MeV is off the trend and was replaced by "
            "0.0085 of the density",
        },
        {"energy_mev": energy, "density_per_mev": spectrum, "shift_per_mev": shift},
    )
    columns: dict[str, list[float] | list[str] | Floats] = {
        "line": [], "offset_kev": [], "density_per_kev": []
    }  # fmt: skip
    for line, label in ((862.0, "7Be_862"), (384.0, "7Be_384")):
        offset, density = be7_on_grid(be7, line)
        for x, y in zip(offset, density, strict=True):
            columns["line"].append(label)  # type: ignore[union-attr, arg-type]
            columns["offset_kev"].append(float(x))  # type: ignore[union-attr, arg-type]
            columns["density_per_kev"].append(float(y))  # type: ignore[union-attr, arg-type]
    write(
        "spectra_7Be",
        {
            "title": "thermal profile of the two 7Be electron-capture lines in the Sun",
            "source": "Bahcall 1994, PRD 49, 3923, astro-ph/9401024, figures 2 and 3 in tabulated form",
            "units": "offset from the laboratory energy (solar_lines.csv) in keV; density per keV, integral 1 "
            "(trapezoid)",
            "made_by": f"{MADE_BY}: monotone cubic at 0.08 keV steps, coarser in the tail",
            "caveats": "widespread copies give 861.3 keV as the reference of the upper line; 861.8 is right",
        },
        columns,
    )


def make_lines() -> None:
    """All lines: 7Be, pep and the CNO electron captures."""
    rows = [
        # line, component, fraction of the component, laboratory energy, mean energy in the Sun, flux/parent
        ("7Be_862", "7Be", 0.897, 0.8618, 0.8631, 1.0),
        ("7Be_384", "7Be", 0.103, 0.3843, 0.3855, 1.0),
        ("pep", "pep", 1.0, 1.442, 1.445, 1.0),
        ("13N-EC", "13N-EC", 1.0, 2.220, 2.220, 7.9e-4),
        ("15O-EC", "15O-EC", 1.0, 2.754, 2.754, 4.0e-4),
        ("17F-EC", "17F-EC", 1.0, 2.758, 2.758, 5.9e-4),
    ]
    keys = ("line", "component", "fraction", "energy_lab_mev", "energy_sun_mev", "flux_over_parent")
    write(
        "solar_lines",
        {
            "title": "monoenergetic solar neutrino lines",
            "source": "7Be: Bahcall 1994, PRD 49, 3923; pep: Bahcall 1997, PRC 56, 3391; CNO captures: "
            "Stonehill et al. 2004, PRC 69, 015801, and Villante 2015, PLB 742, 279",
            "units": "energies in MeV (laboratory; mean in the Sun); fraction of the component's flux in the line; "
            "flux_over_parent is the flux over that of the beta decay of the same nucleus (1: a component of its own)",
            "made_by": MADE_BY,
            "caveats": "the three flux_over_parent values of the CNO captures are from memory, unverified",
        },
        {key: [row[i] for row in rows] for i, key in enumerate(keys)},  # type: ignore[misc]
    )


def make_earth(prem: Table) -> None:
    """PREM polynomials, with the ocean replaced by crust."""
    columns: dict[str, list[float] | list[str] | Floats] = {}
    names = {"r_in_km": "r_inner_km", "r_out_km": "r_outer_km", "Ye": "y_e"}
    keep = slice(0, len(prem.numbers("c0")) - 1)
    for key in ("r_in_km", "r_out_km", "c0", "c1", "c2", "c3", "Ye"):
        columns[names.get(key, key)] = prem.numbers(key)[keep]
    columns["r_outer_km"] = np.append(columns["r_inner_km"][1:], 6371.0)
    write(
        "earth_prem",
        {
            "title": "density of the Earth, one polynomial a shell: rho = c0 + c1 x + c2 x^2 + c3 x^3, x = r/6371 km",
            "source": "Dziewonski and Anderson 1981, Phys. Earth Planet. Inter. 25, 297 (PREM)",
            "units": "radii in km; c0 to c3 in g/cm3; y_e in electrons per nucleon (n_e = rho y_e in mol/cm3)",
            "made_by": f"{MADE_BY}: ocean layer replaced by crust (a detector on land)",
            "caveats": "y_e is the usual choice in oscillation work, the literature spans 0.466-0.468 (core) and "
            "0.494-0.497 (mantle)",
        },
        columns,
    )


def make_measured(points: Table) -> None:
    """Measured survival probabilities."""
    write(
        "measured_pee",
        {
            "title": "measured survival probability of solar electron neutrinos",
            "source": "Borexino Collaboration 2018, Nature 562, 505, figure 3",
            "units": "effective energy of the component in MeV; probability and one-sigma error dimensionless",
            "made_by": MADE_BY,
            "caveats": "errors hold experiment and B16-GS98 flux; the three 8B points overlap in energy",
        },
        {
            "component": [str(v) for v in points.text("component")],
            "energy_mev": points.numbers("E_MeV"),
            "p_ee": points.numbers("Pee"),
            "sigma": points.numbers("sigma"),
        },
    )


def main() -> None:
    """Make all tables."""
    parser = argparse.ArgumentParser(description="make the solar and Earth tables of sim/data")
    parser.add_argument("folder", type=Path, help="folder of the literature tables")
    folder: Path = parser.parse_args().folder
    tables = {
        name: read_table(folder / f"{name}.csv", name, required=())
        for name in (
            "production", "electron_density", "fluxes", "flux_correlations",
            "spectra_8B", "be7_lines", "earth_prem", "measured_pee",
        )
    }  # fmt: skip
    make_structures(tables["production"], tables["electron_density"])
    make_fluxes(tables["fluxes"], tables["flux_correlations"])
    make_spectra(tables["spectra_8B"], tables["be7_lines"])
    make_lines()
    make_earth(tables["earth_prem"])
    make_measured(tables["measured_pee"])


if __name__ == "__main__":
    main()
