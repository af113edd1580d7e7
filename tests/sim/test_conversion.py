import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PhysicsError
from sim.physics.config import SOLAR_COMPONENTS, NeutrinoConfig, SiteConfig
from sim.physics.conversion import COLUMNS, PRECESSION_COLUMNS, Conversion, Probabilities
from sim.physics.exposure import nadir_exposure
from sim.physics.solar_model import load_solar_model

SUN = load_solar_model("B16-GS98")
SITE = SiteConfig()


@pytest.fixture(scope="module")
def conversion() -> Conversion:
    return Conversion.build(SUN, NeutrinoConfig(), SITE)


def check(p: Probabilities) -> None:
    np.testing.assert_allclose(p.nue + p.numu + p.nutau, 1.0, atol=1e-9)
    np.testing.assert_allclose(p.e1 + p.e2 + p.e3, 1.0, atol=1e-9)
    assert all(np.all((column >= 0.0) & (column <= 1.0 + 1e-9)) for column in p[:-1])
    assert not any(np.any(column) for column in (p.anue, p.anumu, p.anutau, p.a1, p.a2, p.a3, p.sterile))
    assert p.scheme is None


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(SOLAR_COMPONENTS),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.99),
    st.floats(0.0, 1.0),
    st.floats(-180.0, 180.0),
    st.one_of(st.none(), st.floats(0.0, 180.0)),
)
def test_probabilities_sum_to_one(component, s12, s13, s23, delta, nadir) -> None:
    neutrino = NeutrinoConfig(sin2_theta12=s12, sin2_theta13=s13, sin2_theta23=s23, delta_cp_deg=delta)
    built = Conversion.build(SUN, neutrino, SITE)
    check(built.probabilities(component, np.array([0.05, 0.862, 4.0, 15.0]), nadir))


def test_averages_follow_the_choice(conversion: Conversion) -> None:
    energy = np.array([0.862, 5.0, 10.0])
    day = conversion.probabilities("8B", energy)
    both = {}
    for choice in ("day", "night", "average"):
        built = Conversion.build(SUN, NeutrinoConfig(day_night=choice), SITE)
        both[choice] = built.averaged("8B", energy)
        check(both[choice])
    np.testing.assert_array_equal(both["day"].nue, day.nue)
    share = conversion.exposure.day
    np.testing.assert_allclose(
        both["average"].nue, share * day.nue + (1 - share) * both["night"].nue, atol=1e-12
    )
    assert both["night"].nue[2] > day.nue[2] + 0.005
    np.testing.assert_array_equal(both["night"].e2, day.e2)


def test_above_the_horizon_it_is_day(conversion: Conversion) -> None:
    energy = np.array([3.0, 9.0])
    day, zenith = conversion.probabilities("8B", energy), conversion.probabilities("8B", energy, 135.0)
    np.testing.assert_allclose(day.nue, zenith.nue, atol=1e-12)
    each = conversion.probabilities("8B", energy, np.array([135.0, 30.0]))
    assert each.nue[0] == pytest.approx(day.nue[0])
    assert each.nue[1] != pytest.approx(day.nue[1], abs=1e-3)


def test_a_blocks_own_exposure(conversion: Conversion) -> None:
    energy = np.array([10.0])
    summer = nadir_exposure(SITE, "2015-06-20T10:00:00", 0.1)
    assert summer.day == 1.0
    np.testing.assert_array_equal(
        conversion.averaged("8B", energy, summer).nue, conversion.probabilities("8B", energy).nue
    )
    winter = nadir_exposure(SITE, "2015-12-20T22:00:00", 0.1)
    assert winter.day == 0.0
    assert conversion.averaged("8B", energy, winter).nue > conversion.averaged("8B", energy).nue


def test_columns_name_the_fields_in_order() -> None:
    assert tuple(name.removeprefix("P_") for name in (*COLUMNS, *PRECESSION_COLUMNS)) == Probabilities._fields


@pytest.mark.parametrize("energy", [np.array([0.0]), np.array([-1.0]), np.array([np.nan]), np.ones((2, 2))])
def test_impossible_energies_are_refused(conversion: Conversion, energy: np.ndarray) -> None:
    with pytest.raises(PhysicsError, match="neutrino energies"):
        conversion.probabilities("8B", energy)


def test_unknown_component_is_refused(conversion: Conversion) -> None:
    with pytest.raises(PhysicsError, match="components: pp"):
        conversion.probabilities("b8", np.ones(1))
