"""Precession joined to the object of probabilities: six states, day and night, both natures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError, TableError
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion, Probabilities
from sim.physics.earth import earth_transition
from sim.physics.mixing import mixing
from sim.physics.precession import ignored_field
from sim.physics.sfp import BirthWindow, SpinFlavour
from sim.physics.solar_field import solar_field
from sim.physics.solar_model import load_solar_model

SUN, SITE = load_solar_model("B16-GS98"), SiteConfig()
NEUTRINO = NeutrinoConfig(delta_cp_deg=215.0, sin2_theta23=0.57)
STRONG = FieldConfig(peak_kg=3e4)
MAJORANA = MomentConfig(nature="majorana", mu12_bohr=1e-12, mu13_bohr="0.5e-12i")
DIRAC = MomentConfig(nature="dirac", matrix_bohr=((1e-12, "1e-13i", 0), ("-1e-13i", 1e-12, 0), (0, 0, 1e-12)))
E = np.array([0.5, 3.0, 10.0])


def build(field=STRONG, moment=MAJORANA, neutrino=NEUTRINO, **kwargs) -> Conversion:
    return Conversion.build(SUN, neutrino, SITE, field=field, moment=moment, **kwargs)


def check(p: Probabilities, nature: str) -> None:
    numbers = np.array(p[:-1])
    assert numbers.min() >= 0.0
    np.testing.assert_allclose(sum(p[:6]) + p.sterile, 1.0, atol=1e-9)
    np.testing.assert_allclose(p.e1 + p.e2 + p.e3 + p.a1 + p.a2 + p.a3, 1.0, atol=1e-9)
    lower = p.a1 + p.a2 + p.a3
    other = p.sterile if nature == "dirac" else p.anue + p.anumu + p.anutau
    np.testing.assert_allclose(other, lower, rtol=1e-9)
    assert not np.any(p.anue if nature == "dirac" else p.sterile)
    assert lower.max() > 1e-5
    assert p.scheme is not None


@pytest.mark.parametrize("moment", [MAJORANA, DIRAC])
def test_everything_sums_to_one(moment):
    field = STRONG if moment is MAJORANA else FieldConfig(profile="cz-triangle", peak_kg=100.0)
    for choice in ("day", "night", "average"):
        conversion = build(field, moment, NEUTRINO.model_copy(update={"day_night": choice}))
        assert conversion.nature == moment.nature
        check(conversion.averaged("8B", E), moment.nature)
    check(conversion.probabilities("8B", E), moment.nature)
    check(conversion.probabilities("8B", E, np.array([10.0, 60.0, 100.0])), moment.nature)
    check(conversion.probabilities("8B", E, None, BirthWindow(0.05, 0.005)), moment.nature)


@settings(max_examples=12)
@given(
    st.floats(0.1, 20.0),
    st.floats(-12.0, -9.5),
    st.floats(0.0, 6.3),
    st.floats(0.0, 6.0),
    st.floats(0.0, 180.0),
    st.sampled_from(["cosh9", "radiative", "tachocline"]),
    st.sampled_from(["majorana", "dirac"]),
)
def test_any_moment_field_and_nadir(energy, size, turn, strength, nadir, profile, nature):
    text = str(complex(10.0**size * np.exp(1j * turn))).strip("()").replace("j", "i")
    real = 10.0**size
    moment = (
        MomentConfig(nature="majorana", mu12_bohr=text, mu13_bohr=real, mu23_bohr=-real)
        if nature == "majorana"
        else MomentConfig(nature="dirac", matrix_bohr=((real, text, 0), (0, real, 0), (text, 0, -real)))
    )
    conversion = build(FieldConfig(profile=profile, peak_kg=10.0**strength), moment)
    p = conversion.probabilities("pp", np.array([energy]), nadir)
    assert sum(p[:6])[0] + p.sterile[0] == pytest.approx(1.0, abs=1e-9)
    assert min(float(column[0]) for column in p[:-1]) >= 0.0


def test_without_field_or_states_nothing_changes():
    plain = Conversion.build(SUN, NEUTRINO, SITE)
    effective = MomentConfig(mu_eff_bohr=1e-11)
    for field, moment in ((None, MAJORANA), (FieldConfig(), MAJORANA), (STRONG, None), (STRONG, effective)):
        same = build(field, moment)
        assert same.precession is None
        assert same.nature is None
        assert same.state_table() is None
        for one, other in (
            (plain.averaged("8B", E), same.averaged("8B", E)),
            (plain.probabilities("8B", E, 20.0), same.probabilities("8B", E, 20.0)),
        ):
            assert other.scheme is None
            for a, b in zip(one[:-1], other[:-1], strict=True):
                np.testing.assert_array_equal(a, b)
    assert "ignored" in ignored_field(STRONG, effective)
    assert ignored_field(STRONG, MAJORANA) is None
    assert ignored_field(FieldConfig(), effective) is None


@pytest.mark.parametrize(
    "moment", [MomentConfig(nature="majorana"), DIRAC.model_copy(update={"matrix_bohr": ((0,) * 3,) * 3})]
)
def test_no_moment_is_the_adiabatic_conversion(moment):
    energy = np.array([0.1, 0.4, 0.862, 2.0, 5.0, 10.0, 15.0])
    for component in ("pp", "7Be", "8B"):
        plain = Conversion.build(SUN, NEUTRINO, SITE).probabilities(component, energy)
        found = build(STRONG, moment).probabilities(component, energy)
        for name in ("nue", "numu", "nutau", "e1", "e2", "e3"):
            np.testing.assert_allclose(getattr(found, name), getattr(plain, name), atol=5e-6)
        assert not any(np.any(column) for column in (found.anue, found.a1, found.a2, found.a3, found.sterile))


def test_the_window_without_precession():
    """Births at one radius: the adiabatic conversion there."""
    plain = Conversion.build(SUN, NEUTRINO, SITE)
    centre, outside = (plain.probabilities("8B", E, None, BirthWindow(x, 0.003)).nue for x in (0.01, 0.2))
    assert np.all(centre < outside)
    zero = build(STRONG, MomentConfig(nature="majorana"))
    for x in (0.02, 0.1):
        window = BirthWindow(x, 0.005)
        np.testing.assert_allclose(
            zero.probabilities("8B", E, None, window).nue,
            plain.probabilities("8B", E, None, window).nue,
            atol=2e-5,  # linear against logarithmic interpolation of the density
        )


def test_conversion_agrees_with_the_room_of_precession():
    field = solar_field("tachocline", peak_kg=100.0, width=0.04)
    direct = SpinFlavour.build(SUN, NEUTRINO, field, MAJORANA).probabilities("8B", E)
    card = FieldConfig(profile="tachocline", value_kg=100.0, at_radius=0.713, width=0.04)
    found = build(card).probabilities("8B", E)
    for name in ("anue", "anumu", "anutau", "e1", "a2"):
        np.testing.assert_allclose(getattr(found, name), getattr(direct, name), rtol=1e-9)


@pytest.mark.parametrize("scheme", ["quadrature", "dressed", "midpoint"])
def test_the_scheme_is_forced_and_reported(scheme):
    found = build(FieldConfig(peak_kg=10.0, scheme=scheme)).probabilities("8B", E[1:])
    assert list(found.scheme) == [scheme] * 2


@pytest.mark.parametrize(
    ("field", "moment", "error", "words"),
    [
        ({"profile": "ring"}, MAJORANA, PhysicsError, "no strength"),
        ({"twist_rad_per_rsun": 3.0}, MAJORANA, PhysicsError, "no strength"),
        ({"value_kg": 3.0}, MAJORANA, PhysicsError, "which radius"),
        ({"peak_kg": 1.0, "value_kg": 3.0}, MAJORANA, PhysicsError, "either its peak"),
        ({"profile": "nix", "peak_kg": 1.0}, MAJORANA, PhysicsError, "unknown field profile"),
        ({"profile": "nix.csv", "peak_kg": 1.0}, MAJORANA, TableError, "nix.csv"),
        ({"profile": "cz-triangle", "value_kg": 1.0, "at_radius": 0.1}, MAJORANA, PhysicsError, "is zero at"),
        ({"peak_kg": 1.0}, MomentConfig(nature="dirac"), PhysicsError, "matrix_bohr"),
        ({"peak_kg": 1.0, "scheme": "quadrature"}, DIRAC, PhysicsError, "for Majorana"),
        ({"peak_kg": 1.0, "correlation_km": 5e4}, MAJORANA, PhysicsError, "correlation length"),
    ],
)
def test_bad_requests_are_refused(field, moment, error, words):
    with pytest.raises(error, match=words):
        build(FieldConfig(**field), moment)


def test_bases_of_the_moments_agree():
    """Majorana moments of the flavour basis, transformed by hand, give the same probabilities."""
    u = mixing(NEUTRINO).pmns
    flavour = np.array([[0, 2e-12, 1e-12j], [-2e-12, 0, 3e-12], [-1e-12j, -3e-12, 0]])
    mass = u.T @ flavour @ u

    def text(z) -> str:
        return str(complex(z)).strip("()").replace("j", "i")

    in_flavour = MomentConfig(
        nature="majorana", basis="flavour", mu12_bohr=2e-12, mu13_bohr="1e-12i", mu23_bohr=3e-12
    )
    rows = tuple(tuple(text(z) for z in row) for row in 0.5 * (mass - mass.T))
    in_mass = MomentConfig(nature="majorana", matrix_bohr=rows)
    for energy in (E,):
        one, other = (
            build(moment=in_flavour).probabilities("8B", energy),
            build(moment=in_mass).probabilities("8B", energy),
        )
        for a, b in zip(one[:-1], other[:-1], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9)
    wrong = in_flavour.model_copy(update={"basis": "mass"})
    assert not np.allclose(build(moment=wrong).probabilities("8B", E).anue, one.anue, rtol=0.01)


@pytest.mark.parametrize("nadir", [0.0, 20.0, 50.0, 80.0])
def test_antineutrinos_in_the_earth(nadir):
    """H of antineutrinos is minus the conjugate of that of neutrinos with all splittings reversed."""
    mix = mixing(NEUTRINO)
    reversed_masses = mix._replace(mass2_ev2=-mix.mass2_ev2)
    energy = np.array([5.0, 12.0])
    fine = 4.0
    anti = earth_transition(energy, nadir, mix, fine, anti=True)
    mirrored = np.stack([_brute_chord(e, nadir, reversed_masses, 20_000) for e in energy])
    np.testing.assert_allclose(anti, mirrored, atol=2e-4)  # slabs that straddle a shell
    np.testing.assert_allclose(anti.sum(axis=2), 1.0, atol=1e-9)
    assert np.abs(anti - earth_transition(energy, nadir, mix, fine)).max() > 1e-3


def _brute_chord(energy, nadir, mix, slabs):
    """Neutrinos through equal slabs of a chord, each exact."""
    from sim.core.constants import HBARC_EV_KM, MATTER_POTENTIAL_EV
    from sim.physics.earth import earth_shells

    shells = earth_shells()
    planet = shells.outer_km[-1]
    closest, half = planet * np.sin(np.deg2rad(nadir)), planet * np.cos(np.deg2rad(nadir))
    s = (np.arange(slabs) + 0.5) / slabs * 2 * half - half
    x = np.sqrt(s**2 + closest**2)
    shell = np.searchsorted(shells.outer_km, x)
    n_e = np.array([np.polyval(shells.n_e[i][::-1], r / planet) for i, r in zip(shell, x, strict=True)])
    vacuum = mix.pmns @ np.diag(mix.mass2_ev2 / (2e6 * energy)) @ mix.pmns.conj().T / HBARC_EV_KM
    matter = np.diag([1.0, 0.0, 0.0]) * MATTER_POTENTIAL_EV / HBARC_EV_KM
    amplitude = np.eye(3, dtype=complex)
    value, vector = np.linalg.eigh(vacuum[None] + n_e[:, None, None] * matter)
    phase = np.exp(-2j * half / slabs * value)
    steps = np.einsum("nij,nj,nkj->nik", vector, phase, vector.conj())
    for step in steps:
        amplitude = step @ amplitude
    return np.abs(amplitude @ mix.pmns).T ** 2


def test_night_changes_antineutrinos_little_and_the_other_way():
    """Matter suppresses the 12 mixing of antineutrinos: nubar_2, almost all of them, turns less into nubar_e."""
    conversion = build(FieldConfig(peak_kg=10.0), neutrino=NEUTRINO.model_copy(update={"day_night": "night"}))
    energy = np.array([5.0, 10.0, 15.0])
    day, night = conversion.probabilities("8B", energy), conversion.averaged("8B", energy)
    np.testing.assert_allclose(
        night.anue + night.anumu + night.anutau, day.anue + day.anumu + day.anutau, rtol=1e-9
    )
    for name in ("e1", "e2", "e3", "a1", "a2", "a3"):
        np.testing.assert_array_equal(getattr(night, name), getattr(day, name))
    gain, loss = night.nue / day.nue - 1.0, night.anue / day.anue - 1.0
    print(f"\nnight over day: nu_e {gain}, anti-nu_e {loss}")
    assert np.all(gain > 0.0)
    assert np.all((loss < -0.005) & (loss > -0.08))


def test_rows_do_not_depend_on_the_cache(tmp_path, monkeypatch):
    """Many energies, made, kept, found again and with the cache off: the same numbers."""
    energy = np.linspace(0.3, 12.0, 18)
    results = []
    for setting in (str(tmp_path), str(tmp_path), "0"):
        monkeypatch.setenv("HELIOSPIN_CACHE", setting)
        results += [build(FieldConfig(peak_kg=2e5)).probabilities("8B", energy)]
    kept = sorted(path.name.rsplit("-", 1)[0] for path in tmp_path.iterdir())
    assert kept == ["precession-forms", "precession-states"]
    monkeypatch.setenv("HELIOSPIN_CACHE", str(tmp_path))
    build(FieldConfig(peak_kg=1.0)).probabilities("8B", energy)  # another strength, first order: nothing new
    assert len(list(tmp_path.iterdir())) == 2
    build(FieldConfig(peak_kg=1.0)).probabilities("pp", energy)
    assert len(list(tmp_path.iterdir())) == 3
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_users_field_counts_by_its_content(tmp_path, monkeypatch):
    monkeypatch.setenv("HELIOSPIN_CACHE", str(tmp_path / "cache"))
    table = tmp_path / "field.csv"
    x = np.linspace(0.0, 1.0, 60)
    energy = np.linspace(1.0, 12.0, 20)
    found = []
    for width in (0.1, 0.2):
        rows = "\n".join(f"{a:.6g},{b:.9g}" for a, b in zip(x, np.exp(-0.5 * (x / width) ** 2), strict=True))
        table.write_text("r,b\n" + rows + "\n")
        found.append(build(FieldConfig(profile=str(table), peak_kg=10.0)).probabilities("8B", energy).anue)
    assert np.all(np.abs(found[0] / found[1] - 1.0) > 0.01)
