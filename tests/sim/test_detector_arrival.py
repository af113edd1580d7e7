"""Arrival times: the sampler follows the sum of emission and jitter; effects switch off."""

import numpy as np
import pytest
from scipy.stats import kstest

from sim.core.jit import njit
from sim.core.primaries import ALPHA_LIKE, BETA_LIKE
from sim.detector.arrival import arrival_time, build_arrival
from sim.detector.config import DetectorConfig


@njit
def _draw(words, kind, law):
    out = np.empty(len(words))
    for i in range(len(words)):
        out[i] = arrival_time(words[i], kind, law)
    return out


def draw(config, kind, n=200_000, seed=1):
    words = np.random.default_rng(seed).integers(0, 2**32, n, dtype=np.uint32)
    return _draw(words, kind, build_arrival(config).quantiles_ns)


def config(**effects):
    return DetectorConfig.model_validate(effects)


OFF = {"enabled": False}


@pytest.mark.parametrize("kind", [BETA_LIKE, ALPHA_LIKE])
def test_emission_alone_is_the_sum_of_exponentials(kind):
    card = config(transit=OFF)
    emission = card.emission
    weight, tau = (
        (emission.alpha_weight, emission.alpha_tau_ns)
        if kind == ALPHA_LIKE
        else (emission.beta_weight, emission.beta_tau_ns)
    )

    def cdf(t):
        return sum(w * -np.expm1(-np.maximum(t, 0) / s) for w, s in zip(weight, tau, strict=True))

    assert kstest(draw(card, kind), cdf).pvalue > 1e-3


def test_the_full_law_agrees_with_a_sum_of_independent_draws():
    card = config()
    rng = np.random.default_rng(5)
    n = 200_000
    tau = np.array(card.emission.beta_tau_ns)[rng.choice(4, n, p=card.emission.beta_weight)]
    total = rng.exponential(tau) + rng.normal(0, card.transit.sigma_ns, n)
    bounced = rng.random(n) < card.transit.late_fraction
    total += bounced * card.transit.late_most_ns * np.sqrt(rng.random(n))
    found = draw(card, BETA_LIKE, n)
    for t in (-2.0, 0.0, 2.0, 5.0, 10.0, 30.0, 80.0, 200.0, 500.0, 1500.0):
        share = (total + 0.025 < t).mean()  # bins of 0.05 ns: their middle
        assert (found < t).mean() == pytest.approx(
            share, abs=5 * np.sqrt(2 * share * (1 - share) / n) + 0.002
        )
    assert found.mean() == pytest.approx(total.mean(), abs=5 * total.std() * np.sqrt(2 / n))


def test_effects_switch_off_one_by_one():
    everything_off = config(emission=OFF, transit=OFF)
    assert np.all(draw(everything_off, BETA_LIKE, 1000) == 0.0)
    jitter = draw(config(emission=OFF, transit={"late_fraction": 0.0}), BETA_LIKE)
    assert jitter.std() == pytest.approx(1.3, rel=0.02)
    assert abs(jitter.mean()) < 0.06
    assert draw(config(transit=OFF), BETA_LIKE).min() >= 0.0


def test_alphas_are_slower():
    late = {kind: (draw(config(), kind) > 230.0).mean() for kind in (BETA_LIKE, ALPHA_LIKE)}
    assert late[BETA_LIKE] == pytest.approx(0.023, abs=0.003)
    assert late[ALPHA_LIKE] == pytest.approx(0.071, abs=0.006)
