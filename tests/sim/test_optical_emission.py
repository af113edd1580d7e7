"""Wavelengths and numbers of photons."""

import numpy as np
import pytest
from scipy.stats import chisquare, poisson

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.core.rng import philox_key
from sim.detector.optical.config import ScintillationConfig
from sim.detector.optical.emission import build_emission, emission_distribution, emitted_bin, poisson_number
from sim.detector.optical.media import FIRST_NM, N_BINS, wavelengths

EDGES = FIRST_NM + np.arange(N_BINS + 1.0)


def test_published_peak_mean_and_start():
    density = np.diff(emission_distribution(ScintillationConfig(), EDGES))
    assert density.sum() == pytest.approx(1.0, abs=1e-9)
    assert wavelengths()[density.argmax()] == pytest.approx(363, abs=1)
    assert np.sum(density * wavelengths()) == pytest.approx(381, abs=0.3)  # less a tail of 2e-4 beyond 650 nm
    assert not density[wavelengths() < 310].any()


def test_table_follows_the_distribution():
    table = build_emission(ScintillationConfig())
    u = (np.arange(1_000_000) + 0.5) * 1e-6
    found = np.bincount([emitted_bin(v, table.bins) for v in u[::10]], minlength=N_BINS) / 1e5
    np.testing.assert_allclose(
        np.cumsum(found), emission_distribution(ScintillationConfig(), EDGES)[1:], atol=5e-4
    )
    np.testing.assert_allclose(table.below, emission_distribution(ScintillationConfig(), EDGES), atol=1e-6)


def test_the_red_part_stays_red():
    table = build_emission(ScintillationConfig())
    for first in (130, 160, 190, 240):
        low = float(table.below[first])
        assert all(
            emitted_bin(low + (1 - low) * v, table.bins) >= first - 1 for v in np.linspace(0, 0.999, 50)
        )


def test_a_start_below_the_tables_is_refused():
    with pytest.raises(ValueError, match="must rise"):
        ScintillationConfig(start_nm=370.0)


def test_a_spectrum_off_the_tables_is_refused(monkeypatch):
    monkeypatch.setattr("sim.detector.optical.emission.FIRST_NM", 320)
    with pytest.raises(PhysicsError, match="expected above"):
        build_emission(ScintillationConfig())


@njit
def numbers(mean, n, k0, k1):
    out = np.empty(n, np.int64)
    for i in range(n):
        out[i] = poisson_number(mean, np.uint32(0), np.uint32(i), np.uint32(5), k0, k1)
    return out


@pytest.mark.parametrize("mean", [0.3, 4.0, 9.99, 10.0, 42.5, 4243.0])
def test_poisson_numbers(mean):
    n = 100_000
    found = numbers(mean, n, *philox_key(3, 1, 0))
    law = poisson(mean)
    edges = np.unique(law.ppf(np.linspace(0.0, 1.0, 41)[1:-1]))
    cdf = np.concatenate([[0.0], law.cdf(edges), [1.0]])
    counts = np.bincount(np.searchsorted(edges, found), minlength=len(edges) + 1)
    used = np.diff(cdf) * n > 5
    expected = np.diff(cdf)[used] * n
    assert used.sum() > 1
    assert chisquare(counts[used], expected * counts[used].sum() / expected.sum()).pvalue > 1e-3


def test_poisson_kernel_plain(compiled_equals_plain):
    with np.errstate(over="ignore"):
        for number in range(20):
            for mean in (3.0, 250.0):
                c = np.uint32(number)
                compiled_equals_plain(poisson_number, mean, c, c, c, *philox_key(3, 1, 0))
