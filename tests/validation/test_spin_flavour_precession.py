"""Conversion in the Sun's field against a brute-force integration, closed forms and published numbers.

Table 4 and section 5 of the project's formula sheet hold brute-force values for an exponential density
(245 exp(-10.54 x) mol/cm3, birth at 0.05 averaged over a Gaussian of 0.005); they are met to 1 %. Its Table 3 was
made with the densities of BP2000, which is not packaged; B16-GS98 stands in. Core fields go with n_e^-2 and with the
second (10 MeV) to fourth (1 MeV) power of n_n/n_e, so that a percent of either shows: as it is, B16-GS98 meets the
core columns to 1 % above 8 MeV and is up to 6.5 % low at 2 MeV, and the outer columns to 1 % everywhere. With two
numbers put in by hand for the core, n_e up by 1.5 % and n_n/n_e by 1.0 % (the compositions differ by 1.7 % at the
centre and 0.5 % from 0.1 on), all 42 core numbers are met to 1 %.
"""

from dataclasses import replace

import numpy as np
import pytest

from sim.core.constants import BOHR_MAGNETON_EV_G, MATTER_POTENTIAL_EV
from sim.physics.config import MomentConfig, NeutrinoConfig
from sim.physics.sfp import BirthWindow, SpinFlavour
from sim.physics.solar_field import solar_field
from sim.physics.solar_model import load_solar_model
from sim.physics.spectra import density
from tests.six_state_reference import conversion_by_birth, window_average

NEUTRINO = NeutrinoConfig(
    sin2_theta12=0.308,
    sin2_theta13=0.0222,
    sin2_theta23=0.5,
    delta_m2_21_ev2=7.49e-5,
    delta_m2_31_ev2=2.513e-3,
)
B16, AGSS = load_solar_model("B16-GS98"), load_solar_model("B16-AGSS09met")
WINDOW = BirthWindow(0.05, 0.005)
TEN = np.array([10.0])
CORE = ("wood-saxon", "cosh9", "ring")


def ratio_fit(x):
    return 0.166 + 0.326 * np.exp(-((x / 0.106) ** 1.83))


def with_densities(radius, n_e, n_n):
    production = np.stack([np.interp(radius, AGSS.radius, row) for row in AGSS.production])
    return replace(AGSS, radius=radius, production=production, n_e_mol_cm3=n_e, n_n_mol_cm3=n_n)


def exponential(ratio=ratio_fit):
    x = np.linspace(0.0, 1.0, 1001)
    n_e = 245.0 * np.exp(-10.54 * x)
    return with_densities(x, n_e, ratio(x) * n_e)


def standard(electrons=0.0, neutrons=0.0, ratio=None):
    """B16-GS98 densities, n_e and n_n/n_e of the core raised by fractions; 8B production of B16-AGSS09met."""
    x = B16.radius
    core = 1.0 / (1.0 + np.exp((x - 0.3) / 0.03))
    n_e = B16.n_e_mol_cm3 * (1.0 + electrons * core)
    own = (1.0 + neutrons * core) * B16.n_n_mol_cm3 / B16.n_e_mol_cm3
    return with_densities(x, n_e, n_e * (own if ratio is None else ratio(x)))


EXPONENTIAL = exponential()
BP2000_LIKE = {"electrons": 0.015, "neutrons": 0.010}


def majorana(mu12=0.0, mu13=0.0, mu23=0.0):
    return MomentConfig(nature="majorana", mu12_bohr=mu12, mu13_bohr=mu13, mu23_bohr=mu23)


def dirac(matrix):
    rows = tuple(tuple(str(complex(z)).strip("()") for z in row) for row in matrix)
    return MomentConfig(nature="dirac", matrix_bohr=rows)


def at_ten(field, moment=None, sun=EXPONENTIAL, neutrino=NEUTRINO, birth=WINDOW, energy=TEN):
    built = SpinFlavour.build(sun, neutrino, field, moment or majorana(1e-12))
    return built.probabilities("8B", energy, birth)


@pytest.mark.parametrize(
    ("profile", "twist", "expected"),
    [
        ("cosh9", 0, 2.769e-11),
        ("ring", 0, 3.287e-11),
        ("wood-saxon", 0, 3.381e-11),
        ("tachocline", 0, 3.007e-10),
        ("cz-triangle", 0, 1.234e-10),
        ("tachocline", -30, 1.07e-10),
        ("tachocline", -10, 2.40e-10),
        ("tachocline", 10, 3.41e-10),
        ("tachocline", 30, 3.27e-10),
        ("cz-triangle", -10, 0.573e-10),
        ("cz-triangle", 10, 1.331e-10),
        ("cz-triangle", 30, 0.249e-10),
    ],
)
def test_table_4_fields_and_twists(profile, twist, expected):
    field = solar_field(profile, peak_kg=10.0, twist_rad_per_rsun=twist)
    assert at_ten(field).anue[0] == pytest.approx(expected, rel=0.01)


def test_table_4_other_rows():
    core = solar_field("cosh9", peak_kg=10.0)
    gaussian = replace(core, shape=lambda x: np.exp(-0.5 * ((x - 0.25) / 0.08) ** 2))
    assert at_ten(gaussian).anue[0] == pytest.approx(6.92e-14, rel=0.01)
    strongly_twisted = solar_field("cz-triangle", peak_kg=10.0, twist_rad_per_rsun=-30.0)
    assert at_ten(strongly_twisted).anue[0] == pytest.approx(0.004e-10, abs=0.0005e-10)  # one digit is given
    for moment, electron, others in (
        (majorana(mu13=1e-12), 3.95e-15, 1.6e-13),
        (majorana(mu23=1e-12), 3.78e-15, 8.1e-14),
    ):
        found = at_ten(core, moment)
        assert found.anue[0] == pytest.approx(electron, rel=0.01)
        assert found.anumu[0] + found.anutau[0] == pytest.approx(others, rel=0.02)  # two digits are given
    inverted = NEUTRINO.model_copy(update={"delta_m2_31_ev2": 7.49e-5 - 2.513e-3})
    assert at_ten(core, neutrino=inverted).anue[0] == pytest.approx(2.744e-11, rel=0.002)


@pytest.mark.parametrize(
    ("peak_kg", "scheme", "expected"), [(1e4, "quadrature", 2.7675e-5), (1e5, "dressed", 2.671e-3)]
)
def test_table_4_strong_fields(peak_kg, scheme, expected):
    found = at_ten(solar_field("cosh9", peak_kg=peak_kg))
    assert found.scheme[0] == scheme
    assert found.anue[0] == pytest.approx(expected, rel=0.001)


@pytest.mark.parametrize(("profile", "expected"), [("cz-triangle", 8.85e-2), ("wood-saxon", 9.75e-5)])
def test_table_4_dirac(profile, expected):
    found = at_ten(solar_field(profile, peak_kg=100.0), dirac(1e-12 * np.eye(3)), energy=np.array([8.0]))
    assert found.sterile[0] == pytest.approx(expected, rel=0.01)
    assert found.anue[0] == 0.0


def admixture(energy_mev, ratio):
    """Conversion of a core field in closed form, two flavours: equation (4.4)."""
    s12, s13, x = 0.308, 0.0222, 0.05
    c13, c2, s2 = 1.0 - s13, 1.0 - 2.0 * s12, np.sqrt(4.0 * s12 * (1.0 - s12))
    delta = 7.49e-5 / (4e6 * energy_mev)
    v_e = MATTER_POTENTIAL_EV * 245.0 * np.exp(-10.54 * x)
    a, v = c13 * v_e, -0.5 * ratio * v_e
    m = 1e-12 * BOHR_MAGNETON_EV_G * 1e4
    s = a + 2.0 * v
    den = v * (a + v) * (s**2 - 4.0 * delta**2 * c2**2) - delta**2 * s2**2 * s**2
    p = -m * v * delta * s2 * s / den
    r = -m * v * (a + v) * (s + 2.0 * delta * c2) / den
    bar = 0.5 * np.arctan2(s2, c2 + a / (2.0 * delta))
    one, two = np.cos(bar) * p - np.sin(bar) * r, np.sin(bar) * p + np.cos(bar) * r
    return c13**2 * ((1.0 - s12) * one**2 + s12 * two**2)


@pytest.mark.parametrize(
    ("ratio", "values"),
    [
        (float(ratio_fit(0.05)), (3.42203e-12, 2.15939e-11, 3.36491e-11, 3.22620e-11)),
        (0.25, (3.99973e-13, 4.37492e-12, 1.51654e-11, 1.63721e-11)),
    ],
)
def test_closed_form_of_core_fields(ratio, values):
    """Closed form against its quoted values (1e-5: constants), and the scheme against it (1 %: third flavour)."""
    energy = np.array([1.0, 3.0, 10.0, 15.0])
    assert admixture(energy, ratio) == pytest.approx(values, rel=2e-4)
    field = solar_field("ring", value_kg=10.0, at_radius=0.05)
    sun = exponential(lambda x: np.full_like(x, ratio))
    found = at_ten(field, sun=sun, birth=BirthWindow(0.05, 0.0), energy=energy)
    assert found.anue == pytest.approx(admixture(energy, ratio), rel=0.01)


def test_dependence_on_the_birth_radius():
    """Section 4.6: B(r0) the same everywhere, 10 MeV, standard-model densities (two digits; n_n/n_e off by 1.7 % at the centre)."""
    expected = {0.01: 10.8, 0.03: 9.9, 0.05: 8.5, 0.07: 7.3, 0.10: 5.8, 0.15: 3.7}
    for x, value in expected.items():
        field = solar_field("wood-saxon", value_kg=10.0, at_radius=x)
        found = at_ten(field, sun=standard(), birth=BirthWindow(x, 0.003))
        assert found.anue[0] == pytest.approx(value * 1e-11, rel=0.03)


@pytest.mark.parametrize(
    ("sun", "expected"),
    [
        (standard(), 8.54e-11),
        (standard(**BP2000_LIKE), 8.54e-11),
        (standard(electrons=0.015, ratio=ratio_fit), 8.47e-11),
        (exponential(), 3.33e-11),
        (exponential(lambda x: np.full_like(x, 0.25)), 1.64e-11),
    ],
)
def test_dependence_on_the_solar_model(sun, expected):
    """Section 5: averaged over 8B production, Wood-Saxon, 10 kG at 0.05 solar radii."""
    field = solar_field("wood-saxon", value_kg=10.0, at_radius=0.05)
    assert at_ten(field, sun=sun, birth=None).anue[0] == pytest.approx(expected, rel=0.01)


TABLE_3 = {
    "wood-saxon": (2.51, 4.07, 5.44, 6.50, 7.27, 7.81, 8.19, 8.44, 8.61, 8.71, 8.77, 8.80, 8.81, 8.81),
    "cosh9": (2.66, 4.27, 5.65, 6.70, 7.43, 7.94, 8.27, 8.49, 8.62, 8.69, 8.73, 8.73, 8.73, 8.71),
    "ring": (1.73, 2.84, 3.83, 4.59, 5.15, 5.53, 5.79, 5.95, 6.06, 6.12, 6.14, 6.15, 6.15, 6.13),
    "tachocline": (2.12, 4.27, 7.29, 11.2, 16.0, 21.7, 28.2, 35.5, 43.7, 52.6, 62.1, 72.2, 82.7, 94.1),
    "cz-triangle": (1.10, 2.21, 3.75, 5.75, 8.20, 11.1, 14.4, 18.2, 22.3, 26.8, 31.7, 36.8, 42.2, 48.0),
}


def binned(sun, profile):
    amplitude = {"value_kg": 10.0, "at_radius": 0.05} if profile in CORE else {"peak_kg": 10.0}
    energy = 2.0 + (np.arange(140) + 0.5) / 10.0
    flux = density("8B", energy)
    found = at_ten(solar_field(profile, **amplitude), sun=sun, birth=None, energy=energy).anue
    return 1e11 * (found * flux).reshape(14, 10).sum(axis=1) / flux.reshape(14, 10).sum(axis=1)


@pytest.mark.parametrize("profile", TABLE_3)
def test_table_3(profile):
    expected = np.array(TABLE_3[profile])
    plain = binned(standard(), profile) / expected - 1.0
    mended = binned(standard(**BP2000_LIKE), profile) / expected - 1.0
    print(f"\n{profile}: B16-GS98 {np.round(100 * plain, 1)} %, mended core {np.round(100 * mended, 1)} %")
    assert np.abs(plain[6:]).max() < 0.01  # above 8 MeV
    assert np.abs(plain).max() < (0.07 if profile in CORE else 0.01)
    assert np.abs(mended).max() < 0.01


COMPLEX = NEUTRINO.model_copy(update={"delta_cp_deg": 215.0, "sin2_theta23": 0.57})
HERMITIAN = 1e-12 * np.array([[1, 0.3 + 0.2j, -0.5j], [0.3 - 0.2j, 0.5, 0.4], [0.5j, 0.4, -0.7]])


@pytest.mark.parametrize(
    ("profile", "peak_kg", "twist", "moment", "energy", "scheme", "tolerance"),
    [
        ("cosh9", 10.0, 0.0, majorana(1e-12), 10.0, "quadrature", 2e-5),
        ("tachocline", 10.0, 20.0, majorana("0.5e-12i", 3e-11, "2e-11+3e-11i"), 10.0, "quadrature", 5e-4),
        ("cosh9", 1e5, 0.0, majorana("0.6e-12+0.8e-12i", 1e-12), 10.0, "dressed", 5e-5),
        ("wood-saxon", 1e3, 0.0, dirac(HERMITIAN), 8.0, "dressed", 2e-4),
        ("wood-saxon", 1e3, 0.0, dirac(HERMITIAN), 13.0, "midpoint", 2e-4),
    ],
)
def test_against_the_plain_integrator(profile, peak_kg, twist, moment, energy, scheme, tolerance):
    """Sum over the three final states; each alone within ten times that where it is not negligible."""
    field = solar_field(profile, peak_kg=peak_kg, twist_rad_per_rsun=twist)
    built = SpinFlavour.build(B16, COMPLEX, field, moment)
    found = built.probabilities("8B", np.array([energy]), WINDOW)
    radius, conversion = conversion_by_birth(
        B16, built.mix, built.matrix_bohr, moment.nature == "dirac", field, energy, 100_000
    )
    expected = window_average(radius, conversion, *WINDOW)
    ours = np.array([found.a1[0], found.a2[0], found.a3[0]])
    assert found.scheme[0] == scheme
    assert ours.sum() == pytest.approx(expected.sum(), rel=tolerance)
    assert ours == pytest.approx(expected, rel=10 * tolerance, abs=1e-3 * expected.sum())


def test_literature_forms_beside_ours():
    """The two published coefficients, at 10 MeV, for B(0.05) = 10 kG and 1e-12 Bohr magnetons.

    [AP02] is 1.8e-10 sin^2(2 theta12), [AMM22] 1.1e-10 in the flat region, both per [mu B(r0)]^2; ours, averaged over
    production, is lower: B falls and P falls with the birth radius (10.8 at 0.01, 5.8e-11 at 0.10), and the
    exponential density, where it is used, gives another factor of 2.6.
    """
    akhmedov_pulido = 1.8e-10 * 4.0 * 0.308 * 0.692
    akhmedov_martinez = 1.1e-10
    field = solar_field("wood-saxon", value_kg=10.0, at_radius=0.05)
    ours = at_ten(field, sun=standard(), birth=None).anue[0]
    crude = at_ten(field, birth=None).anue[0]
    print(
        f"\n[AP02] {akhmedov_pulido:.3g}, [AMM22] {akhmedov_martinez:.3g}, ours {ours:.3g}, exponential {crude:.3g}"
    )
    assert ours == pytest.approx(8.5e-11, rel=0.01)
    assert ours / crude == pytest.approx(2.56, rel=0.02)
    assert 0.7 < ours / akhmedov_martinez < 1.0
    assert 0.5 < ours / akhmedov_pulido < 0.65
