"""Published and brute-force numbers of precession, through the command that a user types.

The tables are those of ``test_spin_flavour_precession.py`` (there: sources and reasons of the tolerances), with the
exponential Sun as a user's CSV: Table 4 to 1 %, Table 3 (8B-averaged, B16 densities) to 1 % above 8 MeV.
"""

import csv
import io

import numpy as np
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from sim.physics.config import SOLAR_COMPONENTS
from sim.physics.solar_model import load_solar_model
from sim.physics.spectra import density

runner = CliRunner()

MIXING = {
    "sin2_theta12": 0.308,
    "sin2_theta13": 0.0222,
    "sin2_theta23": 0.5,
    "delta_m2_21_ev2": 7.49e-5,
    "delta_m2_31_ev2": 2.513e-3,
}
FLAVOURS = ("nue", "numu", "nutau", "anue", "anumu", "anutau")
BIRTH = ("--at-radius", "0.05", "--radius-sigma", "0.005")


def settings(section, **values):
    return [part for key, value in values.items() for part in ("--set", f"{section}.{key}={value}")]


def probabilities(*arguments, neutrino=MIXING):
    """Return the columns as arrays, the comment lines, and what went to standard error."""
    done = runner.invoke(app, ["probability", *settings("neutrino", **neutrino), *arguments])
    assert done.exit_code == 0, done.output
    comments = [line for line in done.stdout.splitlines() if line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO(done.stdout[sum(len(line) + 1 for line in comments) :])))
    columns = {}
    for key in rows[0]:
        values = [row[key] for row in rows]
        columns[key] = np.array(values, dtype=float if key.startswith("P_") else str)
    return columns, comments, done.stderr


@pytest.fixture(scope="module")
def exponential(tmp_path_factory):
    """A user's Sun: 245 exp(-10.54 x) mol/cm3 and the fitted ratio of neutrons, births of B16-AGSS09met."""
    births = load_solar_model("B16-AGSS09met")
    x = np.linspace(0.0, 1.0, 1001)
    n_e = 245.0 * np.exp(-10.54 * x)
    columns = {
        "r": x,
        "n_e_mol_cm3": n_e,
        "n_n_mol_cm3": n_e * (0.166 + 0.326 * np.exp(-((x / 0.106) ** 1.83))),
    }
    for name in SOLAR_COMPONENTS:
        columns[name] = np.interp(x, births.radius, births.production[births.index(name)])
    lines = [",".join(columns)]
    lines += [",".join(f"{value:.9g}" for value in row) for row in zip(*columns.values(), strict=True)]
    path = tmp_path_factory.mktemp("sun") / "exponential.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def majorana(**moments):
    return settings("moment", nature="majorana", **{f"{name}_bohr": value for name, value in moments.items()})


def at_ten(sun, field, moment, neutrino=MIXING, energy="10"):
    arguments = ["--model", sun, "-e", energy, *BIRTH, *settings("field", **field), *moment]
    return probabilities(*arguments, neutrino=neutrino)[0]


@pytest.mark.parametrize(
    ("profile", "twist", "expected"),
    [
        ("cosh9", 0, 2.769e-11),
        ("ring", 0, 3.287e-11),
        ("wood-saxon", 0, 3.381e-11),
        ("tachocline", 0, 3.007e-10),
        ("cz-triangle", 0, 1.234e-10),
        ("tachocline", -30, 1.07e-10),
        ("tachocline", 30, 3.27e-10),
        ("cz-triangle", -10, 0.573e-10),
        ("cz-triangle", 30, 0.249e-10),
    ],
)
def test_table_4_fields_and_twists(exponential, profile, twist, expected):
    field = {"profile": profile, "peak_kg": 10, "twist_rad_per_rsun": twist}
    found = at_ten(exponential, field, majorana(mu12="1e-12i"))
    assert found["P_anue"][0] == pytest.approx(expected, rel=0.01)


def test_table_4_a_users_field(exponential, tmp_path):
    x = np.linspace(0.0, 1.0, 501)
    rows = "\n".join(
        f"{a:.6g},{b:.9g}" for a, b in zip(x, np.exp(-0.5 * ((x - 0.25) / 0.08) ** 2), strict=True)
    )
    (tmp_path / "gauss.csv").write_text("r,b\n" + rows + "\n")
    found = at_ten(exponential, {"profile": tmp_path / "gauss.csv", "peak_kg": 10}, majorana(mu12=1e-12))
    assert found["P_anue"][0] == pytest.approx(6.92e-14, rel=0.01)


def test_table_4_other_moments_and_ordering(exponential):
    core = {"profile": "cosh9", "peak_kg": 10}
    for moment, electron, others in (
        (majorana(mu13=1e-12), 3.95e-15, 1.6e-13),
        (majorana(mu23=1e-12), 3.78e-15, 8.1e-14),
    ):
        found = at_ten(exponential, core, moment)
        assert found["P_anue"][0] == pytest.approx(electron, rel=0.01)
        assert found["P_anumu"][0] + found["P_anutau"][0] == pytest.approx(others, rel=0.02)
    normal = at_ten(exponential, core, majorana(mu12=1e-12))["P_anue"][0]
    inverted = {**MIXING, "delta_m2_31_ev2": 7.49e-5 - 2.513e-3}
    other = at_ten(exponential, core, majorana(mu12=1e-12), inverted)["P_anue"][0]
    assert other == pytest.approx(2.744e-11, rel=0.002)
    assert other / normal - 1.0 == pytest.approx(-0.009, abs=0.001)


def test_table_4_strong_fields(exponential):
    for peak, scheme, expected in ((1e4, "quadrature", 2.7675e-5), (1e5, "dressed", 2.671e-3)):
        arguments = ["--model", exponential, "-e", "10", *BIRTH, *settings("field", peak_kg=peak)]
        found, comments, said = probabilities(*arguments, *majorana(mu12=1e-12))
        assert found["P_anue"][0] == pytest.approx(expected, rel=0.001)
        assert list(found["scheme"]) == [scheme]
        assert f"# schemes (energies by day): {scheme} 1" in comments
        assert ("first order in mu B is not enough at 1 of 1 energies" in said) == (scheme == "dressed")


@pytest.mark.parametrize(("profile", "expected"), [("cz-triangle", 8.85e-2), ("wood-saxon", 9.75e-5)])
def test_table_4_dirac(exponential, profile, expected):
    unit = settings("moment", nature="dirac", matrix_bohr="[[1e-12,0,0],[0,1e-12,0],[0,0,1e-12]]")
    found = at_ten(exponential, {"profile": profile, "peak_kg": 100}, unit, energy="8")
    assert found["P_sterile"][0] == pytest.approx(expected, rel=0.01)
    assert found["P_anue"][0] == 0.0


TABLE_3 = {
    "wood-saxon": (2.51, 4.07, 5.44, 6.50, 7.27, 7.81, 8.19, 8.44, 8.61, 8.71, 8.77, 8.80, 8.81, 8.81),
    "cosh9": (2.66, 4.27, 5.65, 6.70, 7.43, 7.94, 8.27, 8.49, 8.62, 8.69, 8.73, 8.73, 8.73, 8.71),
    "ring": (1.73, 2.84, 3.83, 4.59, 5.15, 5.53, 5.79, 5.95, 6.06, 6.12, 6.14, 6.15, 6.15, 6.13),
    "tachocline": (2.12, 4.27, 7.29, 11.2, 16.0, 21.7, 28.2, 35.5, 43.7, 52.6, 62.1, 72.2, 82.7, 94.1),
    "cz-triangle": (1.10, 2.21, 3.75, 5.75, 8.20, 11.1, 14.4, 18.2, 22.3, 26.8, 31.7, 36.8, 42.2, 48.0),
}


@pytest.mark.parametrize("profile", TABLE_3)
def test_table_3(profile):
    """As packaged, B16-GS98: core fields are up to 7 % low below 8 MeV (neutrons and electrons of BP2000)."""
    core = profile in ("wood-saxon", "cosh9", "ring")
    strength = {"value_kg": 10, "at_radius": 0.05} if core else {"peak_kg": 10}
    energy = 2.0 + (np.arange(140) + 0.5) / 10.0
    text = ",".join(f"{e:g}" for e in energy)
    found, comments, _ = probabilities(
        "-e", text, *settings("field", profile=profile, **strength), *majorana(mu12=1e-12)
    )
    flux = density("8B", energy)
    binned = (found["P_anue"] * flux).reshape(14, 10).sum(axis=1) / flux.reshape(14, 10).sum(axis=1)
    off = 1e11 * binned / TABLE_3[profile] - 1.0
    print(f"\n{profile}: {np.round(100 * off, 1)} %")
    # above 8 MeV and for outer fields 1 %, and some tenths for the births, here those of B16-GS98 itself
    assert np.abs(off[6:]).max() < 0.0125
    assert np.abs(off).max() < (0.075 if core else 0.0125)
    forms = [line for line in comments if "hep-ph/0209192" in line or "arXiv:2207.04516" in line]
    assert len(forms) == (2 if core else 0)
    if core:  # 1.8e-10 sin^2(2 theta12) and 1.1e-10 at 1e-12 mu_B and 10 kG
        assert f"= {1.8e-10 * 4.0 * 0.308 * 0.692:.4g};" in forms[0]
        assert "= 1.1e-10;" in forms[1]


def test_without_a_moment_it_is_the_adiabatic_conversion():
    energies = ("-c", "pp,7Be,8B", "-e", "0.1,0.3,0.862,3,10,15")
    plain, comments, _ = probabilities(*energies)
    assert not comments
    assert "scheme" not in plain
    found, _, _ = probabilities(*energies, *settings("field", peak_kg=10), *majorana(mu12=0))
    for name in ("P_nue", "P_numu", "P_nutau", "P_e1", "P_e2", "P_e3"):
        np.testing.assert_allclose(found[name], plain[name], atol=5e-6)
    assert not np.any(found["P_anue"] + found["P_a1"] + found["P_a2"])


@pytest.mark.parametrize("peak", [10, 1e5])
def test_rows_sum_to_one(peak):
    found, comments, _ = probabilities(
        "-c", "pp,8B", "-e", "0.3,5,12", "--nadir", "20,70", *settings("field", profile="linear", peak_kg=peak),
        *settings("moment", basis="flavour"), *majorana(mu12="1e-12+1e-12i", mu13=1e-12, mu23="3e-12i"),
    )  # fmt: skip
    assert len(found["P_nue"]) == 18
    total = sum(found[f"P_{name}"] for name in FLAVOURS) + found["P_sterile"]
    np.testing.assert_allclose(total, 1.0, atol=1e-9)
    states = sum(found[f"P_{kind}{k}"] for kind in "ea" for k in (1, 2, 3))
    np.testing.assert_allclose(states, 1.0, atol=1e-9)
    assert any(line.startswith("# field: linear, peak") for line in comments)
    assert any(line.startswith("# moment: majorana, mass basis") for line in comments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "field.profile=cosh9"], "no strength"),
        (["--set", "field.profile=nix", "--set", "field.peak_kg=1"], "unknown field profile"),
        (["--set", "field.value_kg=1"], "which radius"),
        (["--set", "field.peak_kg=-1"], "field.peak_kg"),
        (["--set", "field.scheme=magic", "--set", "field.peak_kg=1"], "field.scheme"),
        (["--set", "field.peak_kg=1", "-e", "120"], "at most 100 MeV"),
        (["--set", "field.peak_kg=1", "--at-radius", "1.5"], "birth at radius"),
        (["--radius-sigma", "0.1"], "--at-radius"),
        (["--field-figure", "f.png"], "no field is given"),
        (["--set", "field.peak_kg=1e7", "--set", "field.scheme=quadrature", "-e", "10"], "too large"),
        (
            ["--set", "moment.matrix_bohr=[[0,1e-12,0],[1e-12,0,0],[0,0,0]]", "--set", "field.peak_kg=1"],
            "antisymmetric",
        ),
    ],
)
def test_mistakes_are_one_line(arguments, words):
    moments = [] if "moment.matrix_bohr" in " ".join(arguments) else majorana(mu12=1e-12)
    done = runner.invoke(app, ["probability", "--set", "moment.nature=majorana", *moments, *arguments])
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.output
    assert not done.stdout


def test_a_field_without_states_is_said_to_do_nothing():
    done = runner.invoke(app, ["probability", "-e", "10", "--set", "field.peak_kg=10"])
    assert done.exit_code == 0
    assert done.stderr.count("the field is ignored") == 1
    plain = runner.invoke(app, ["probability", "-e", "10"])
    assert done.stdout == plain.stdout


@pytest.mark.parametrize(("peak", "forms"), [(0, 0), (10, 2), (1e7, 0)])
def test_the_short_forms_are_printed_where_they_hold(peak, forms):
    found, comments, _ = probabilities("-e", "10", *settings("field", peak_kg=peak), *majorana(mu12=1e-12))
    assert sum("hep-ph" in line or "arXiv" in line for line in comments) == forms
    assert found["P_anue"][0] >= 0.0
