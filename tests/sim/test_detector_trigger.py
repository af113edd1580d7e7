"""The trigger against a plain scan, and its turn-on with energy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from sim.core.primaries import BETA_LIKE, Block, empty_primaries, point_deposits
from sim.detector.config import DetectorConfig, PileUpConfig, TriggerConfig
from sim.detector.model import build_detector
from sim.detector.response import respond
from sim.detector.trigger import Trigger, build_trigger, find_gates, most_in_window

TICKS = st.lists(st.integers(0, 5000), max_size=80).map(lambda ticks: np.sort(np.array(ticks, np.int64)))


def reference(ticks, trigger):
    starts, ready = [], -np.inf
    for t in ticks[np.argsort(ticks, kind="stable")]:
        before = ((ticks <= t) & (ticks > t - trigger.window)).sum()
        if t >= ready and before >= trigger.min_hits:
            starts.append(t - trigger.pre)
            ready = starts[-1] + trigger.gate + trigger.dead
    return starts


@given(
    ticks=TICKS,
    min_hits=st.integers(1, 8),
    window=st.integers(1, 400),
    gate=st.integers(100, 2000),
    dead=st.integers(0, 500),
)
def test_gates_are_those_of_a_plain_scan(ticks, min_hits, window, gate, dead):
    ticks = np.unique(ticks)  # equal ticks: the scan would count hits that the kernel has not seen yet
    trigger = Trigger(min_hits, window, gate, 50, dead)
    starts = np.empty(200, np.int64)
    found = find_gates(ticks, len(ticks), trigger, starts)
    assert list(starts[:found]) == reference(ticks, trigger)


@given(ticks=TICKS, window=st.integers(1, 3000))
def test_most_in_window_is_that_of_a_plain_count(ticks, window):
    plain = max((((ticks >= t) & (ticks < t + window)).sum() for t in ticks), default=0)
    assert most_in_window(ticks, 0, len(ticks), window) == plain


def test_constants_are_in_ticks():
    assert build_trigger(TriggerConfig()) == (25, 600, 160_000, 10_000, 20_000)


def efficiency(detector, energies_mev, n=400):
    """Share of events at the centre that open a gate, by visible energy."""
    energy = np.repeat(energies_mev, n)
    primaries = empty_primaries(len(energy))
    primaries.time_ns[:] = (np.arange(len(energy)) + 0.5) * 1e6
    primaries.energy_mev[:] = energy
    deposits = point_deposits(primaries, BETA_LIKE, energy)
    response = respond(Block(1, 0, 0, 1.0), primaries, deposits, detector)
    opened = np.zeros(len(energy), bool)
    opened[response.groups.primary] = response.gates.primary_gate >= 0
    return opened.reshape(len(energies_mev), n).mean(axis=1)


@pytest.mark.parametrize("min_hits", [25, 40])
def test_turn_on_follows_the_poisson_law_of_early_hits(min_hits):
    config = DetectorConfig.model_validate(
        {"trigger": {"min_hits": min_hits}, "dark": {"enabled": False}, "late_light": {"enabled": False}}
    )
    detector = build_detector(config, PileUpConfig(analysis_threshold_nh=0.0))
    energies = np.array([0.02, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.15])
    found = efficiency(detector, energies)
    # Early light: what the emission law gives in about 60 ns; two hits in a tube are rare at this energy.
    emission = config.emission
    early = sum(
        w * -np.expm1(-58.0 / t) for w, t in zip(emission.beta_weight, emission.beta_tau_ns, strict=True)
    )
    mean = energies * 590 * 1610 / 2000 * 0.88 * early
    expected = norm.sf((min_hits - 0.5 - mean) / np.sqrt(mean))
    np.testing.assert_allclose(found, expected, atol=0.09)
    assert found[0] == 0.0
    assert found[-1] > 0.99
