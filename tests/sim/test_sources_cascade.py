import numpy as np
import pytest
from scipy import stats

from sim.config import scintillator
from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE, Block
from sim.detector.config import DetectorConfig
from sim.physics.compton import (
    attenuation,
    attenuation_table,
    compton_attenuation,
    interaction_shares,
    photoelectric_attenuation,
    scattered_fraction,
)
from sim.physics.config import BackgroundsConfig
from sim.physics.gamma_light import gamma_visible
from sim.physics.pair_production import pair_attenuation
from sim.physics.quenching import quenching
from sim.sources.calibration import CalibrationSource
from sim.sources.cascade import gamma_deposits, sample_scatter
from sim.sources.cosmogenic import build_carbon
from sim.sources.source import Birks
from sim.sources.vertices import sample_directions

KB = 0.01098


def _gammas(n: int, energy: float, z: float = 0.0, seed: int = 1):
    rng = np.random.default_rng(seed)
    place = np.zeros((3, n))
    place[2] = z
    return gamma_deposits(
        rng,
        np.arange(n),
        np.full(n, energy),
        np.zeros(n),
        place,
        sample_directions(rng, n),
        quenching("electron", KB),
    )


@njit
def _scatters(rng: np.random.Generator, energy: float, out: np.ndarray) -> None:
    for i in range(out.shape[1]):
        out[0, i], out[1, i] = sample_scatter(rng, energy)


def test_attenuation_between_the_knots_of_the_table() -> None:
    table = attenuation_table()
    for energy in np.geomspace(1.001e-3, 25.0, 777):
        total, absorbed, paired = attenuation(table, energy)
        parts = photoelectric_attenuation(energy) + compton_attenuation(energy) + pair_attenuation(energy)
        assert total == pytest.approx(parts, rel=1e-4)
        assert absorbed == pytest.approx(interaction_shares(energy)[0], rel=2e-4)
        assert paired == pytest.approx(interaction_shares(energy)[1], rel=2e-3, abs=2e-6)


@pytest.mark.parametrize("energy", [0.003, 0.05, 0.511, 2.2246, 4.9463])
def test_scatters_follow_klein_nishina(energy: float) -> None:
    out = np.empty((2, 40_000))
    _scatters(np.random.default_rng(3), energy, out)
    left = 1.0 - out[0] / energy
    # the quantile function of the physics, on a grid, is the cumulative of the draws
    level = np.linspace(0.0, 1.0, 2001)
    quantile = np.array([scattered_fraction(energy, u) for u in level])
    cumulative = np.interp(left, quantile, level)
    assert stats.kstest(cumulative, "uniform").pvalue > 1e-4
    cosine = 1.0 - (1.0 / left - 1.0) * ELECTRON_MASS_MEV / energy
    assert np.allclose(out[1], cosine, atol=1e-9)


@pytest.mark.parametrize("energy", [0.02, 0.511, 1.461, 2.223, 4.9463])
def test_a_gamma_gives_all_its_energy_to_electrons(energy: float) -> None:
    deposits = _gammas(3000, energy)
    total = np.bincount(deposits.primary, deposits.deposited_mev, 3000)
    # a pair's mass comes back as gammas
    assert np.allclose(total, energy, rtol=1e-12)
    assert np.all(deposits.visible_mev < deposits.deposited_mev)
    assert np.all(np.diff(deposits.primary) >= 0)
    assert np.all(deposits.kind == BETA_LIKE)


@pytest.mark.parametrize("energy", [0.1, 0.511, 1.461, 2.6145, 3.9])
def test_visible_energy_is_that_of_the_integral_equation(energy: float) -> None:
    # the same cascade solved upwards in energy without random numbers
    n = 20_000
    deposits = _gammas(n, energy)
    contained = np.bincount(deposits.primary, deposits.deposited_mev, n) > energy * (1 - 1e-9)
    assert contained.mean() > 0.999
    visible = np.bincount(deposits.primary, deposits.visible_mev, n)[contained]
    line = gamma_visible(energy, KB)
    assert abs(visible.mean() - line.mean_mev) < 4 * visible.std() / np.sqrt(n) + 2e-4 * energy
    assert visible.var() == pytest.approx(line.variance_mev2, rel=0.05)


def test_first_site_follows_the_attenuation_length() -> None:
    # 511 keV in C9H12: Klein-Nishina 0.287 b per electron, 2.90e23 electrons/cm3: 12.0 cm
    n = 20_000
    deposits = _gammas(n, ELECTRON_MASS_MEV)
    first = np.unique(deposits.primary, return_index=True)[1]
    path = np.sqrt(deposits.x_m**2 + deposits.y_m**2 + deposits.z_m**2)[first]
    assert path.mean() == pytest.approx(0.120, rel=0.03)
    assert np.allclose(deposits.delay_ns[first], path / 0.299792458, rtol=1e-9)


def test_gammas_that_leave_the_vessel_are_lost() -> None:
    deposits = _gammas(4000, 2.223, z=4.2)
    total = np.bincount(deposits.primary, deposits.deposited_mev, 4000)
    assert total.max() <= 2.223 * (1 + 1e-12)
    lost = np.mean(total < 2.2)
    assert 0.4 < lost < 0.9
    assert np.all(deposits.x_m**2 + deposits.y_m**2 + deposits.z_m**2 <= 4.25**2)


def test_carbon11_is_a_positron_and_two_back_to_back_gammas() -> None:
    source = build_carbon(BackgroundsConfig(c11_cpd_100t=3000.0), 3.0, Birks(KB, 0.01042))
    primaries, deposits = source.generate(Block(2, 0, 0, 86400.0))
    n = len(primaries.time_ns)
    assert n > 2000
    total = np.bincount(deposits.primary, deposits.deposited_mev, n)
    assert np.allclose(total, primaries.energy_mev + 2 * ELECTRON_MASS_MEV, rtol=1e-12)
    first = np.unique(deposits.primary, return_index=True)[1]
    assert np.array_equal(first, np.searchsorted(deposits.primary, np.arange(n)))
    assert np.array_equal(deposits.deposited_mev[first], primaries.energy_mev)
    assert np.all(deposits.delay_ns[first] == 0.0)
    # the cloud of sites is centred on the decay
    offset = deposits.x_m - primaries.x_m[deposits.primary]
    assert abs(offset.mean()) < 5 * offset.std() / np.sqrt(2 * n)
    assert 0.05 < offset.std() < 0.3


def test_positronium_delays_the_gammas() -> None:
    source = build_carbon(BackgroundsConfig(c11_cpd_100t=3000.0), 3.0, Birks(KB, 0.01042))
    primaries, deposits = source.generate(Block(2, 0, 0, 86400.0))
    where = np.stack([deposits.x_m, deposits.y_m, deposits.z_m])
    start = np.stack([primaries.x_m, primaries.y_m, primaries.z_m])[:, deposits.primary]
    flight = np.linalg.norm(where - start, axis=0) / 0.299792458
    first = np.searchsorted(deposits.primary, np.arange(len(primaries.time_ns)))
    late = (deposits.delay_ns - flight)[first + 1]  # first site of the first gamma: straight flight
    assert late.min() > -1e-6
    assert late.mean() == pytest.approx(0.485 * 3.12, rel=0.1)
    assert np.mean(late < 1e-6) == pytest.approx(1 - 0.485, abs=0.05)


def test_without_positronium_no_gamma_is_late() -> None:
    off = scintillator(DetectorConfig.model_validate({"positronium": {"enabled": False}}))
    long = scintillator(DetectorConfig.model_validate({"positronium": {"chance": 1.0, "lifetime_ns": 100.0}}))
    delays = []
    for birks in (off, long):
        primaries, deposits = build_carbon(BackgroundsConfig(c11_cpd_100t=3000.0), 3.0, birks).generate(
            Block(2, 0, 0, 86400.0)
        )
        first = np.searchsorted(deposits.primary, np.arange(len(primaries.time_ns)))
        delays.append(deposits.delay_ns[first + 1])
    assert delays[0].max() < 10.0  # flight of the gammas alone
    assert np.mean(delays[1]) == pytest.approx(100.0, rel=0.1)


def test_a_calibration_gamma_uses_the_same_cascade() -> None:
    source = CalibrationSource("gamma", 0.662, 1.0, Birks(KB, 0.01042), regular=True)
    primaries, deposits = source.generate(Block(1, 0, 0, 500.0))
    total = np.bincount(deposits.primary, deposits.deposited_mev, len(primaries.time_ns))
    assert np.allclose(total, 0.662)


@pytest.mark.parametrize("energy", [2.2246, 4.9463])
def test_pairs_are_as_frequent_as_their_share(energy: float) -> None:
    n = 40_000
    deposits = _gammas(n, energy, seed=3)
    first = np.searchsorted(deposits.primary, np.arange(n))
    # the first site of a pair holds exactly what its mass leaves; no electron is struck with that energy
    pairs = np.abs(deposits.deposited_mev[first] - (energy - 2 * ELECTRON_MASS_MEV)) < 1e-12
    share = interaction_shares(energy)[1]
    assert abs(pairs.sum() - n * share) < 4 * np.sqrt(n * share)
    # two gammas leave the site back to back: the sites around it have no common direction
    of_pairs = pairs[deposits.primary]
    where = np.stack([deposits.x_m, deposits.y_m, deposits.z_m])
    offset = (where - where[:, first][:, deposits.primary])[:, of_pairs]
    assert np.all(np.abs(offset.mean(axis=1)) < 5 * offset.std(axis=1) / np.sqrt(pairs.sum()))
