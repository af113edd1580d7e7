from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.config import MomentConfig, NeutrinoConfig
from sim.physics.mixing import mixing
from sim.physics.msw import mass_state_probabilities
from sim.physics.sfp import BirthWindow, SpinFlavour
from sim.physics.solar_field import solar_field
from sim.physics.solar_model import load_solar_model

SUN = load_solar_model("B16-GS98")
NEUTRINO = NeutrinoConfig()
CORE = solar_field("cosh9", peak_kg=10.0)
MU12 = MomentConfig(nature="majorana", mu12_bohr=1e-12)
E = np.array([0.5, 3.0, 10.0])


def dirac(scale: float) -> MomentConfig:
    rows = tuple(tuple(scale if i == j else 0.0 for j in range(3)) for i in range(3))
    return MomentConfig(nature="dirac", matrix_bohr=rows)


def populations(found) -> np.ndarray:
    return np.stack([found.e1, found.e2, found.e3, found.a1, found.a2, found.a3])


def anue(moment, field=CORE, sun=SUN, energy=E, component="8B", neutrino=NEUTRINO, **kwargs) -> np.ndarray:
    return SpinFlavour.build(sun, neutrino, field, moment, **kwargs).probabilities(component, energy).anue


@pytest.mark.parametrize("scheme", ["auto", "quadrature", "dressed", "midpoint"])
@pytest.mark.parametrize("component", ["8B", "pp", "7Be"])
def test_no_moment_gives_the_adiabatic_states(scheme, component):
    found = SpinFlavour.build(SUN, NEUTRINO, CORE, MomentConfig(nature="majorana"), scheme)
    energy = np.array([0.3, 1.0, 5.0, 10.0])
    states = populations(found.probabilities(component, energy))
    adiabatic = mass_state_probabilities(energy, SUN.birth_density_rule(component, 16), mixing(NEUTRINO))
    assert np.abs(states[:3].T - adiabatic).max() < 5e-6
    assert not states[3:].any()


@pytest.mark.parametrize("moment", [MU12, dirac(1e-12)])
@pytest.mark.parametrize("profile", ["cosh9", "tachocline", "cz-triangle"])
@pytest.mark.parametrize("peak_kg", [10.0, 1e5])
def test_six_states_sum_to_one(moment, profile, peak_kg):
    field = solar_field(profile, peak_kg=peak_kg)
    found = SpinFlavour.build(SUN, NEUTRINO, field, moment).probabilities("8B", E[1:])
    states = populations(found)
    assert states.sum(axis=0) == pytest.approx(np.ones(2), abs=1e-9)
    assert states.min() >= 0.0
    lower = states[3:].sum(axis=0)
    assert found.anue + found.anumu + found.anutau + found.sterile == pytest.approx(lower, rel=1e-12)
    assert (found.sterile.max() > 0.0) == (moment is not MU12)


@pytest.mark.parametrize("profile", ["cosh9", "ring", "tachocline"])
def test_conversion_goes_with_the_square_of_moment_and_field(profile):
    """To 1e-4 up to 1e-12 Bohr magnetons x 1 MG, whichever scheme."""
    weak = anue(MU12, solar_field(profile, peak_kg=1e-3))
    for scheme in ("auto", "dressed"):
        strong = anue(MU12, solar_field(profile, peak_kg=1e3), scheme=scheme)
        assert strong == pytest.approx(weak * 1e12, rel=6e-4 if scheme == "dressed" else 1e-9)
    small, large = (anue(MU12, solar_field(profile, peak_kg=b), scheme="dressed") for b in (1.0, 1e3))
    assert large == pytest.approx(small * 1e6, rel=1e-4)
    assert anue(MomentConfig(nature="majorana", mu12_bohr=1e-24), CORE) == pytest.approx(
        anue(MU12) * 1e-24, rel=1e-9
    )


def test_without_neutrons_no_core_signal():
    bare = replace(SUN, n_n_mol_cm3=np.zeros_like(SUN.radius))
    wrong = replace(SUN, n_n_mol_cm3=0.5 * SUN.n_n_mol_cm3)
    ring = solar_field("ring", peak_kg=10.0)
    assert np.all(anue(MU12, ring, bare) < 1e-5 * anue(MU12, ring))
    assert np.all(anue(MU12, ring, wrong) < 0.4 * anue(MU12, ring))  # steeper than the first power
    outer = solar_field("tachocline", peak_kg=10.0)
    assert np.all(anue(MU12, outer, bare) > 0.5 * anue(MU12, outer))


def test_the_three_schemes_agree():
    for profile in ("cosh9", "wood-saxon", "tachocline", "cz-triangle"):
        field = solar_field(profile, peak_kg=10.0)
        first, dressed, slabs = (
            anue(MU12, field, energy=E[1:], scheme=s) for s in ("quadrature", "dressed", "midpoint")
        )
        assert dressed == pytest.approx(first, rel=3e-4)
        assert slabs == pytest.approx(first, rel=5e-4)


def test_ordering_of_the_masses():
    split = NEUTRINO.delta_m2_31_ev2
    inverted = NEUTRINO.model_copy(update={"delta_m2_31_ev2": NEUTRINO.delta_m2_21_ev2 - split})
    ten = np.array([10.0])
    change = anue(MU12, energy=ten, neutrino=inverted) / anue(MU12, energy=ten) - 1.0
    assert -0.012 < change[0] < -0.003


def test_only_relative_phases_of_the_moments_count():
    def moment(turn):
        def text(z):
            return str(z * np.exp(1j * turn)).strip("()").replace("j", "i")

        return MomentConfig(
            nature="majorana", mu12_bohr=text(1e-12), mu13_bohr=text(3e-11), mu23_bohr=text(2e-11j)
        )

    assert anue(moment(0.0)) == pytest.approx(anue(moment(1.1)), rel=1e-10)
    other = moment(0.0).model_copy(update={"mu13_bohr": "3e-11i"})
    assert np.abs(anue(other) / anue(moment(0.0)) - 1.0).max() > 1e-3


@settings(max_examples=15)
@given(
    st.floats(0.1, 20.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.1),
    st.floats(0.0, 1.0),
    st.sampled_from(["cosh9", "linear", "radiative", "tachocline"]),
)
def test_any_mixing_gives_probabilities(energy, sin2_12, sin2_13, sin2_23, profile):
    if 4.0 * sin2_12 * (1.0 - sin2_12) < 0.1:
        sin2_12 = 0.3
    neutrino = NeutrinoConfig(sin2_theta12=sin2_12, sin2_theta13=sin2_13, sin2_theta23=sin2_23)
    moment = MomentConfig(nature="majorana", mu12_bohr=1e-11, mu13_bohr="1e-11i", mu23_bohr=-1e-11)
    built = SpinFlavour.build(SUN, neutrino, solar_field(profile, peak_kg=100.0), moment)
    found = built.probabilities("8B", np.array([energy]))
    states = populations(found)
    assert states.sum() == pytest.approx(1.0, abs=1e-9)
    assert states.min() >= 0.0
    assert found.anue[0] + found.anumu[0] + found.anutau[0] == pytest.approx(states[3:].sum(), rel=1e-9)


def test_the_choice_is_made_and_reported():
    def scheme(profile, peak, moment, energy, **kwargs):
        field = solar_field(profile, peak_kg=peak)
        return list(
            SpinFlavour.build(SUN, NEUTRINO, field, moment).probabilities("8B", energy, **kwargs).scheme
        )

    assert scheme("cosh9", 10.0, MU12, E) == ["quadrature"] * 3
    assert scheme("cosh9", 1e5, MU12, np.array([0.3, 10.0])) == ["quadrature", "dressed"]
    assert scheme("cz-triangle", 10.0, dirac(1e-12), E[2:]) == ["dressed"]
    assert scheme("cosh9", 10.0, dirac(1e-12), np.array([8.0, 15.0])) == ["dressed", "midpoint"]
    assert scheme("tachocline", 10.0, MU12, E[2:], birth=BirthWindow(0.72, 0.01)) == ["dressed"]
    assert scheme("cz-triangle", 0.0, dirac(1e-12), E) == ["quadrature"] * 3
    wavy = replace(CORE, shape=lambda x: (1.0 - x) * np.cos(2000.0 * x) ** 2)
    slabs = SpinFlavour.build(SUN, NEUTRINO, wavy, MU12).probabilities("8B", E[2:])
    assert list(slabs.scheme) == ["midpoint"]
    small = NeutrinoConfig(sin2_theta12=0.001)
    slabs = SpinFlavour.build(SUN, small, CORE, MU12).probabilities("8B", E[2:])
    assert list(slabs.scheme) == ["midpoint"]


def test_small_mixing_jumps_as_in_an_exponential():
    n_e = 245.0 * np.exp(-10.54 * SUN.radius)
    exponential = replace(SUN, n_e_mol_cm3=n_e, n_n_mol_cm3=0.3 * n_e)
    small = NeutrinoConfig(sin2_theta12=0.0002)
    found = SpinFlavour.build(exponential, small, CORE, MU12).probabilities("8B", E[2:])
    expected = mass_state_probabilities(E[2:], exponential.birth_densities("8B"), mixing(small))
    assert np.abs(populations(found)[:3].T - expected).max() < 0.01
    assert expected[0, 0] > 0.15  # jumped


def test_birth_window_near_the_peak_of_production():
    built = SpinFlavour.build(SUN, NEUTRINO, CORE, MU12)
    by_radius = [built.probabilities("pp", E[2:], BirthWindow(x, 0.005)).anue[0] for x in (0.03, 0.05, 0.10)]
    assert by_radius[0] > by_radius[1] > by_radius[2]
    assert built.probabilities("8B", E[2:]).anue[0] == pytest.approx(by_radius[1], rel=0.05)


def test_the_forms_give_the_probabilities():
    built = SpinFlavour.build(SUN, NEUTRINO, CORE, MU12)
    forms = built.response("8B", E)
    moments = built.mix.inner[:, 2] * 1e-12
    total = np.einsum("c,d,njcd->nj", moments, moments, forms.core + forms.outer.sum(axis=1)).real
    assert total @ built.mix.flavour[0] == pytest.approx(built.probabilities("8B", E).anue, rel=1e-12)


@pytest.mark.parametrize(
    ("moment", "scheme", "says"),
    [
        (MomentConfig(mu_eff_bohr=1e-11), "auto", "mu_eff alone has no states"),
        (MU12, "magic", "schemes: auto, quadrature"),
        (dirac(1e-12), "quadrature", "for Majorana moments"),
        (MomentConfig(nature="dirac"), "auto", "needs moment.matrix_bohr"),
    ],
)
def test_bad_requests_are_refused(moment, scheme, says):
    with pytest.raises(PhysicsError, match=says):
        SpinFlavour.build(SUN, NEUTRINO, CORE, moment, scheme)


@pytest.mark.parametrize("energy", [[0.0], [-1.0], [101.0], [np.nan], [[1.0]]])
def test_bad_energies_are_refused(energy):
    with pytest.raises(PhysicsError, match="at most 100 MeV"):
        SpinFlavour.build(SUN, NEUTRINO, CORE, MU12).probabilities("8B", np.array(energy))


def test_a_forced_first_order_is_refused_where_it_fails():
    built = SpinFlavour.build(SUN, NEUTRINO, solar_field("cosh9", peak_kg=1e6), MU12, "quadrature")
    with pytest.raises(PhysicsError, match="too large for the quadrature"):
        built.probabilities("8B", E)


def test_an_unknown_component_is_refused():
    with pytest.raises(PhysicsError, match="unknown solar component"):
        SpinFlavour.build(SUN, NEUTRINO, CORE, MU12).probabilities("9B", E)
    with pytest.raises(PhysicsError, match="unknown solar component"):
        SpinFlavour.build(SUN, NEUTRINO, CORE, MU12).probabilities("9B", E, BirthWindow(0.1, 0.01))
