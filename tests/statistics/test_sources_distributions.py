"""Every sampler against the density it stands for: fixed seeds, p-values that a right sampler fails once in 1e4."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from sim.core.primaries import Block
from sim.physics.beta import DECAYS, beta_spectrum
from sim.physics.config import BackgroundsConfig
from sim.physics.elastic import max_recoil
from sim.physics.magnetic import RECOIL_FLOOR_MEV, magnetic_integral
from sim.sources.cosmogenic import build_carbon
from sim.sources.internal import build_internal
from sim.sources.recoil import magnetic_recoil_energy
from sim.sources.sampling import linear_quantiles, row_quantiles, sample, sample_rows
from sim.sources.source import Birks
from sim.sources.vertices import rotate, sample_directions, sample_sphere

SMALLEST_P = 1e-4
N = 200_000
BIRKS = Birks(0.01098, 0.01042)


def _uniform(values: np.ndarray, low: float = 0.0, high: float = 1.0) -> float:
    return float(stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue)


def test_a_triangle() -> None:
    x = sample(np.random.default_rng(1), linear_quantiles([0.0, 1.0, 3.0], [0.0, 1.0, 0.0]), N)
    assert stats.kstest(x, stats.triang(1 / 3, 0.0, 3.0).cdf).pvalue > SMALLEST_P


def test_an_exponential_on_uneven_knots() -> None:
    knots = 12.0 * np.linspace(0.0, 1.0, 4001) ** 2
    x = sample(np.random.default_rng(2), linear_quantiles(knots, np.exp(-knots)), N)
    assert stats.kstest(x, stats.truncexpon(12.0).cdf).pvalue > SMALLEST_P


def test_rows_between_two_exponentials() -> None:
    knots = 40.0 * np.linspace(0.0, 1.0, 4001) ** 2
    table = row_quantiles([1.0, 2.0], knots, [np.exp(-knots), np.exp(-knots / 2)])
    x = sample_rows(np.random.default_rng(3), table, np.full(N, 1.25))

    def cumulative(t: np.ndarray) -> np.ndarray:
        return 0.75 * stats.expon.cdf(t) + 0.25 * stats.expon.cdf(t, scale=2.0)

    assert stats.kstest(x, cumulative).pvalue > SMALLEST_P


def test_points_fill_a_sphere_evenly() -> None:
    x, y, z = sample_sphere(np.random.default_rng(4), 3.5, N)
    r = np.sqrt(x * x + y * y + z * z)
    assert _uniform((r / 3.5) ** 3) > SMALLEST_P
    assert _uniform(z / r, -1.0, 1.0) > SMALLEST_P
    assert _uniform(np.arctan2(y, x), -np.pi, np.pi) > SMALLEST_P


def test_directions_are_isotropic() -> None:
    for axis in sample_directions(np.random.default_rng(5), N):
        assert _uniform(axis, -1.0, 1.0) > SMALLEST_P


def test_rotation_azimuth_is_even() -> None:
    rng = np.random.default_rng(6)
    axis = np.array([0.6, 0.0, -0.8])
    side = np.array([0.8, 0.0, 0.6])
    third = np.cross(axis, side)
    out = np.array([rotate(*axis, 0.3, phi) for phi in 2 * np.pi * rng.random(20_000)])
    assert _uniform(np.arctan2(out @ third, out @ side), -np.pi, np.pi) > SMALLEST_P


@pytest.mark.parametrize("isotope", ["14C", "85Kr", "210Bi", "11C"])
def test_decays_follow_the_beta_spectrum(isotope: str) -> None:
    backgrounds = BackgroundsConfig(kr85_cpd_100t=1e5, bi210_cpd_100t=1e5, c11_cpd_100t=3e4, c14_bq_100t=1.0)
    if isotope == "11C":
        source = build_carbon(backgrounds, 3.5, BIRKS)
    else:
        source = build_internal(isotope, backgrounds, 3.5, BIRKS, 0, 86400.0)
    primaries, _ = source.generate(Block(11, 0, 0, 86400.0))
    n = len(primaries.energy_mev)
    assert n > 40_000
    spectrum = beta_spectrum(isotope, backgrounds)
    edges = np.linspace(0.0, DECAYS[isotope].endpoint_mev, 61)
    steps = (
        0.5 * np.diff(spectrum.energy_mev) * (spectrum.density_per_mev[1:] + spectrum.density_per_mev[:-1])
    )
    cumulative = np.interp(edges, spectrum.energy_mev, np.concatenate([[0.0], np.cumsum(steps)]))
    expected = n * np.diff(cumulative)
    good = expected > 10
    chi2 = np.sum((np.histogram(primaries.energy_mev, edges)[0] - expected)[good] ** 2 / expected[good])
    assert stats.chi2.sf(chi2, good.sum()) > SMALLEST_P
    assert _uniform(primaries.time_ns / 86400e9) > SMALLEST_P


@pytest.mark.parametrize("energy", [0.03, 0.3, 0.862, 10.0])
def test_magnetic_recoils_follow_one_over_t(energy: float) -> None:
    rng = np.random.default_rng(7)
    recoil = np.array([magnetic_recoil_energy(rng, energy) for _ in range(40_000)])
    top = max_recoil(energy)
    assert recoil.min() >= RECOIL_FLOOR_MEV
    assert recoil.max() <= top
    edges = np.geomspace(RECOIL_FLOOR_MEV, top, 31)
    content = np.array([magnetic_integral(a, b, energy) for a, b in pairwise(edges)])
    expected = 40_000 * content / content.sum()
    good = expected > 10
    chi2 = np.sum((np.histogram(recoil, edges)[0] - expected)[good] ** 2 / expected[good])
    assert stats.chi2.sf(chi2, good.sum()) > SMALLEST_P


def test_counts_are_poisson() -> None:
    source = build_internal("85Kr", BackgroundsConfig(kr85_cpd_100t=20.0), 3.5, BIRKS, 0, 86400.0)
    counts = np.array([len(source.generate(Block(3, i, 0, 86400.0))[0].time_ns) for i in range(2000)])
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=4 * np.sqrt(2 / 2000))
