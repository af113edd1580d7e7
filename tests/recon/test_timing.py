import numpy as np
import pytest
from scipy.stats import kstest

from recon.config import ReconConfig
from recon.timing import delayed_density, log_density_at, packaged_travel, residual_density, timing_model


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


STEP_NS = 0.25


def at(timing, residual, distance, others):
    return log_density_at(
        timing.log_density, timing.first_m, timing.steps_per_m, residual, distance, float(others)
    )


@pytest.mark.parametrize("photons", [1, 2, 6, 40])
def test_table_interpolates_the_density_of_the_first_photon(config, photons):
    timing = timing_model(config)
    t = np.linspace(-14.0, 90.0, 997)
    density, _, below = residual_density(t, config)
    later = residual_density(t + 80.0, config)[2] - below
    dark = config.vertex_background
    exact = np.log((1 - dark) * density + dark / config.vertex_window_ns)
    exact += (photons - 1) * np.log((1 - dark) * later + dark)
    found = np.array([at(timing, r, 6.0, photons - 1)[0] for r in t])
    np.testing.assert_allclose(found, exact, atol=1e-3 * photons)


@pytest.mark.parametrize("others", [0, 3])
def test_interpolation_is_smooth_and_its_derivatives_are_right(others, compiled_equals_plain):
    timing = timing_model(ReconConfig())
    table = (timing.log_density, timing.first_m, timing.steps_per_m)
    h = 1e-4
    for distance in (1.0, 3.2, 6.9, 14.0):
        for r in (-30.0, -2.3, 0.1, 1.7, 14.3, 60.1, 500.0):
            value, slope, curvature, climb, mixed = compiled_equals_plain(
                log_density_at, *table, r, distance, float(others)
            )
            up, down = at(timing, r + h, distance, others), at(timing, r - h, distance, others)
            assert slope == pytest.approx((up[0] - down[0]) / (2 * h), abs=1e-4)
            assert curvature == pytest.approx((up[1] - down[1]) / (2 * h), abs=1e-3)
            assert mixed == pytest.approx((up[3] - down[3]) / (2 * h), abs=1e-4)
            far, near = at(timing, r, distance + h, others), at(timing, r, distance - h, others)
            assert climb == pytest.approx((far[0] - near[0]) / (2 * h), abs=1e-4)
            assert np.isfinite(value)


def test_delays_keep_the_light_and_their_mean_adds_to_that_of_the_emission():
    config, n = ReconConfig(), 60_000
    density, slope, below = delayed_density(config, n)
    t = -15.0 + STEP_NS * np.arange(n)
    travel = packaged_travel()
    middle = 0.5 * (travel.edge_ns[1:] + travel.edge_ns[:-1])
    emission = np.dot(config.emission_weight, config.emission_tau_ns)
    for column, share in enumerate(travel.share):
        assert density[:, column].sum() * STEP_NS == pytest.approx(1.0, abs=1e-3)
        mean = (t * density[:, column]).sum() * STEP_NS
        assert mean == pytest.approx(emission + share @ middle, abs=0.05)
        np.testing.assert_allclose(
            np.gradient(below[:, column], STEP_NS)[1:-1], density[1:-1, column], atol=2e-3
        )
        np.testing.assert_allclose(
            np.gradient(density[:, column], STEP_NS)[1:-1], slope[1:-1, column], atol=3e-3
        )
    assert (np.diff(below, axis=0) > -1e-9).all()


def test_light_from_further_away_comes_later():
    below = delayed_density(ReconConfig(), 1000)[2]
    assert (np.diff(below[68:140:8], axis=1) < 0).all()  # 2 to 20 ns


def test_more_photons_come_earlier(config):
    timing = timing_model(config)
    t = np.arange(-10.0, 100.0, STEP_NS)
    means = []
    for others in range(12):
        weight = np.exp([at(timing, r, 6.0, others)[0] for r in t])
        means.append((weight * t).sum() / weight.sum())
    assert (np.diff(means) < 0).all()
