import numpy as np
import pytest
from scipy.signal import lfilter

from sim.core.constants import SOLAR_RADIUS_KM
from sim.core.errors import PhysicsError
from sim.physics.config import MomentConfig, NeutrinoConfig
from sim.physics.mixing import mixing
from sim.physics.sfp import SpinFlavour
from sim.physics.sfp_path import RAD_PER_EV2_MEV, path
from sim.physics.sfp_random import _populations, rates
from sim.physics.sfp_six import Six
from sim.physics.solar_field import solar_field
from sim.physics.solar_model import load_solar_model

SUN, NEUTRINO = load_solar_model("B16-GS98"), NeutrinoConfig()
MIX = mixing(NEUTRINO)
MU12 = MomentConfig(nature="majorana", mu12_bohr=1e-12)
DIRAC = MomentConfig(nature="dirac", matrix_bohr=((1e-12, 0, 0), (0, 2e-12, "1e-12i"), (0, "-1e-12i", 0)))


def build(profile="tachocline", peak_kg=10.0, km=100.0, moment=MU12, **kwargs):
    field = solar_field(profile, peak_kg=peak_kg, correlation_km=km)
    return SpinFlavour.build(SUN, NEUTRINO, field, moment, **kwargs)


def mean_squares(mev: float, km: float, profile: str) -> np.ndarray:
    """Ensemble means of |integral of H_ji exp(i phase)|^2, (i, j), as a double integral over all pairs of points."""
    n = 200_000
    slabs = path(SUN, solar_field(profile, peak_kg=10.0), uniform=n)
    vacuum = MIX.inner @ np.diag(MIX.mass2_ev2 * RAD_PER_EV2_MEV / mev) @ MIX.inner.T
    matter = np.zeros((n, 3, 3))
    matter[:, 0, 0] = slabs.v_e
    left, u = np.linalg.eigh(vacuum + matter)
    right, v = np.linalg.eigh(vacuum - matter)
    moment = MIX.inner @ np.array([[0, 1e-12, 0], [-1e-12, 0, 0], [0, 0, 0]]) @ MIX.inner.T
    coupling = np.abs(np.einsum("naj,ab,nbi->nij", v, moment, u)) * slabs.coupling[:, None, None]
    splitting = left[:, :, None] - right[:, None, :] + 2.0 * slabs.v_n[:, None, None]
    turn = coupling * np.exp(1j * np.cumsum(splitting, axis=0) / n)
    memory = np.exp(-SOLAR_RADIUS_KM / n / km)
    past = lfilter([1.0], [1.0, -memory], turn, axis=0)  # sum of what came before, forgotten exponentially
    return (2.0 * np.sum((turn.conj() * past).real, axis=0) - np.sum(np.abs(turn) ** 2, axis=0)) / n**2


@pytest.mark.parametrize(("km", "tolerance"), [(30.0, 0.01), (300.0, 0.01), (2000.0, 0.03)])
@pytest.mark.parametrize("profile", ["tachocline", "cz-triangle"])
def test_rates_are_the_ensemble_mean(profile, km, tolerance):
    """Against the mean square of the first-order amplitude of an exponentially correlated field."""
    found = build(profile, km=km).probabilities("8B", np.array([10.0]))
    squares = mean_squares(10.0, km, profile)
    born = np.array([found.e1[0], found.e2[0], found.e3[0]])
    expected = born @ squares
    assert found.a1[0] == pytest.approx(expected[0], rel=tolerance)
    assert found.a2[0] == pytest.approx(expected[1], rel=tolerance)
    assert list(found.scheme) == ["random"]


@pytest.mark.parametrize("moment", [MU12, DIRAC])
@pytest.mark.parametrize("profile", ["cosh9", "linear", "tachocline"])
def test_populations(profile, moment):
    energy = np.array([0.3, 5.0, 10.0])
    found = build(profile, 1e3, moment=moment).probabilities("8B", energy)
    states = np.stack(found[4:10])
    assert states.sum(axis=0) == pytest.approx(np.ones(3), abs=1e-9)
    assert states.min() >= 0.0
    weak = build(profile, 1.0, moment=moment).probabilities("8B", energy)
    ratio = states[3:].sum(axis=0) / np.stack(weak[7:10]).sum(axis=0)
    assert np.all(ratio < 1e6 * (1.0 + 1e-9))  # a square at first, then it saturates
    assert np.all(ratio > 1e4)
    lower = found.sterile if moment is DIRAC else found.anue + found.anumu + found.anutau
    assert lower == pytest.approx(states[3:].sum(axis=0))


def test_long_exposure_mixes_evenly():
    """A strong random field ends with the same population on both sides."""
    found = build("linear", 3e4, km=100.0).probabilities("8B", np.array([10.0]))
    assert sum(p[0] for p in found[7:10]) == pytest.approx(0.5, abs=0.03)


def test_kernels_compiled_and_plain(compiled_equals_plain):
    nodes = path(SUN, solar_field("linear", peak_kg=10.0, correlation_km=100.0), 0.05)
    moment = np.ascontiguousarray(1e-12 * np.array([[0, 1, 2j], [-1, 0, 1], [-2j, -1, 0]]))
    six = Six(MIX.mass2_ev2, np.ascontiguousarray(MIX.inner), moment, -1.0)
    n = len(nodes.x)
    rate, birth, squared = np.empty((n, 3, 3)), np.empty((n, 3)), MIX.mass2_ev2 * RAD_PER_EV2_MEV / 10.0
    compiled_equals_plain(rates, squared, six, nodes, 1e-4, rate, birth, rtol=1e-6)
    rates(squared, six, nodes, 1e-4, rate, birth)
    compiled_equals_plain(_populations, nodes.x, rate, birth, np.full(n, 1.0 / n), np.empty(6))


def test_bad_requests_are_refused():
    with pytest.raises(PhysicsError, match=r"expected 0\.1 to"):
        build(km=0.0)
    with pytest.raises(PhysicsError, match=r"expected 0\.1 to"):
        build(km=float("nan"))
    with pytest.raises(PhysicsError, match="a random field has its own"):
        build(scheme="dressed")
    with pytest.raises(PhysicsError, match="within one correlation length"):
        build(peak_kg=1e6).probabilities("8B", np.array([10.0]))
