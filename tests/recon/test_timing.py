import numpy as np
import pytest
from scipy.stats import kstest

from recon.config import ReconConfig
from recon.timing import log_density_at, residual_density, timing_model


def test_density_is_normalised_and_matches_its_integral_and_slope(config):
    t = np.arange(-20.0, 8000.0, 0.02)
    density, slope, below = residual_density(t, config)
    assert np.trapezoid(density, t) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(np.gradient(below, t)[1:-1], density[1:-1], atol=1e-5)
    np.testing.assert_allclose(np.gradient(density, t)[1:-1], slope[1:-1], atol=1e-5)
    assert (np.diff(below) >= -1e-12).all()


def test_density_is_that_of_drawn_times(config, rng):
    n = 20_000
    tau = np.array(config.emission_tau_ns)[rng.choice(4, n, p=config.emission_weight)]
    times = rng.exponential(tau) + rng.normal(0, config.time_spread_ns, n)
    assert kstest(times, lambda t: residual_density(t, config)[2]).pvalue > 0.01


@pytest.mark.parametrize("photons", [1, 2, 6])
def test_table_interpolates_the_density_of_the_first_photon(config, photons):
    timing = timing_model(config)
    t = np.linspace(-14.0, 90.0, 997)
    density, _, below = residual_density(t, config)
    first = photons * density * (1 - below) ** (photons - 1)
    exact = np.log(0.99 * first + 0.01 / config.vertex_window_ns)
    found = np.array([log_density_at(timing.log_density[photons - 1], r)[0] for r in t])
    np.testing.assert_allclose(found, exact, atol=1e-3)


def test_interpolation_is_smooth_and_its_derivatives_are_right(config, compiled_equals_plain):
    table = timing_model(config).log_density[0]
    h = 1e-4
    for r in (-30.0, -2.3, 0.0, 1.7, 14.3, 60.0, 500.0):
        value, slope, curvature = compiled_equals_plain(log_density_at, table, r)
        up, down = log_density_at(table, r + h), log_density_at(table, r - h)
        assert slope == pytest.approx((up[0] - down[0]) / (2 * h), abs=1e-5)
        if r not in (0.0, 60.0):  # knots: the curvature jumps there
            assert curvature == pytest.approx((up[1] - down[1]) / (2 * h), abs=1e-4)
        assert np.isfinite(value)


def test_more_photons_come_earlier():
    timing = timing_model(ReconConfig())
    means = []
    for table in timing.log_density:
        weight = np.exp(table[:, 0]) - np.exp(table[0, 0])
        means.append((weight * np.arange(len(weight))).sum() / weight.sum())
    assert (np.diff(means) < 0).all()
