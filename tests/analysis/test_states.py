"""Limits on single moments from the effective one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.states import derive_limits
from sim.core.errors import PhysicsError
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.solar_model import load_solar_model

NAMES = ["mu_e", "mu_mu", "mu_tau", "mu_11", "mu_22", "mu_33", "mu_12", "mu_13", "mu_23"]
SETS = ("seed_approximation", "matter_corrected")


@pytest.fixture(scope="module")
def conversion():
    return Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SiteConfig())


def test_json_keys(conversion):
    values = json.loads(json.dumps(derive_limits(2.8, conversion).to_json()))
    assert set(values) == set(SETS)
    for name in SETS:
        assert list(values[name]) == NAMES


def test_weights_are_those_of_a_normalised_state(conversion):
    values = derive_limits(1.0, conversion).to_json()
    for name in SETS:
        weight = {key: value**-2 for key, value in values[name].items()}
        mass = [weight[f"mu_{k}{k}"] for k in (1, 2, 3)]
        assert sum(mass) == pytest.approx(1.0, rel=1e-6)
        assert weight["mu_12"] == pytest.approx(mass[0] + mass[1])
        assert weight["mu_13"] == pytest.approx(mass[0] + mass[2])
        assert weight["mu_23"] == pytest.approx(mass[1] + mass[2])
        assert min(values[name].values()) >= 1.0
    corrected = values["matter_corrected"]
    assert sum(corrected[key] ** -2 for key in ("mu_e", "mu_mu", "mu_tau")) == pytest.approx(1.0, rel=1e-6)


@given(st.floats(0.01, 100.0))
def test_limits_scale_with_the_effective_one(conversion, mu):
    one, many = derive_limits(1.0, conversion).to_json(), derive_limits(mu, conversion).to_json()
    for name in SETS:
        for key in NAMES:
            assert many[name][key] == pytest.approx(mu * one[name][key], rel=1e-12)


def test_higher_threshold_moves_the_weights_towards_beryllium(conversion):
    low, high = (derive_limits(1.0, conversion, t).matter_corrected.mu_22 for t in (0.0, 0.3))
    assert high < low  # more of nu_2 at 862 keV than at pp energies


def test_bad_input(conversion):
    for mu, threshold in ((0.0, 0.19), (-1.0, 0.19), (float("nan"), 0.19), (2.8, 0.7)):
        with pytest.raises(PhysicsError):
            derive_limits(mu, conversion, threshold)
