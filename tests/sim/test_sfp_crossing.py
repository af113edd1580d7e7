import numpy as np
import pytest

from sim.physics.config import NeutrinoConfig
from sim.physics.mixing import mixing
from sim.physics.sfp_crossing import crosses
from sim.physics.sfp_path import path
from sim.physics.sfp_six import Six
from sim.physics.solar_field import solar_field
from sim.physics.solar_model import load_solar_model

SUN, MIX = load_solar_model("B16-GS98"), mixing(NeutrinoConfig())
ENERGY = np.array([5.0, 10.0, 13.0, 18.0])


def six(right: float) -> Six:
    return Six(MIX.mass2_ev2, MIX.inner, np.eye(3, dtype=complex), right)


def test_dirac_states_cross_in_the_core_above_some_energy():
    """From 11.5 MeV on with the densities of BP2000; B16-GS98 has 3 % fewer neutrons in the centre."""
    core = path(SUN, solar_field("cosh9", peak_kg=10.0))
    assert crosses(ENERGY, six(0.0), core).tolist() == [False, False, True, True]
    threshold = [float(e) for e in np.arange(10.0, 14.0, 0.1) if crosses(np.array([e]), six(0.0), core)[0]]
    assert threshold[0] == pytest.approx(11.5, abs=0.5)
    outer = path(SUN, solar_field("tachocline", peak_kg=10.0))
    assert not crosses(ENERGY, six(0.0), outer).any()


def test_majorana_states_cross_only_in_twisted_fields():
    for twist, expected in ((0.0, False), (20.0, True), (-20.0, False)):
        nodes = path(SUN, solar_field("cz-triangle", peak_kg=10.0, twist_rad_per_rsun=twist))
        assert crosses(ENERGY, six(-1.0), nodes).tolist() == [expected] * 4
