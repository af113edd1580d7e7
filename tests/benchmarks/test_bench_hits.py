"""Speed of the fast simulation: hits a second and core, and the ratio to a floor measured in the same run.

The floor draws the same number of Philox words and stores the same bytes, with no physics in between.
"""

import time

import numpy as np
import pytest

from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE, Block, empty_primaries, point_deposits
from sim.core.rng import Stage, philox, philox_key
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.model import build_detector
from sim.detector.response import respond
from sim.sources.vertices import sample_sphere

ASKED_HITS_PER_S = 2e7


@njit
def _floor(calls_per_hit, n_hits, key0, key1):
    time_ns = np.empty(n_hits, np.float32)
    pmt = np.empty(n_hits, np.uint16)
    charge = np.empty(n_hits, np.float32)
    primary = np.empty(n_hits, np.int16)
    draw = 0
    due = 0.0
    w0 = w1 = w2 = w3 = np.uint32(0)
    zero = np.uint32(0)
    for i in range(n_hits):
        due += calls_per_hit
        while due >= 1.0:
            w0, w1, w2, w3 = philox(np.uint32(draw), zero, zero, zero, key0, key1)
            draw += 1
            due -= 1.0
        time_ns[i] = w0
        pmt[i] = w1
        charge[i] = w2
        primary[i] = w3
    return time_ns, pmt, charge, primary


def best_of(function, n=4):
    best = np.inf
    for _ in range(n):
        begin = time.process_time()
        function()
        best = min(best, time.process_time() - begin)
    return best


@pytest.mark.parametrize("visible_mev", [0.2, 0.5])
def test_hits_per_second(benchmark, visible_mev):
    detector = build_detector(DetectorConfig(), PileUpConfig(analysis_threshold_nh=60.0))
    n = 20_000
    primaries = empty_primaries(n)
    primaries.time_ns[:] = (np.arange(n) + 0.5) * 1e6
    for name, column in zip(
        ("x_m", "y_m", "z_m"), sample_sphere(np.random.default_rng(1), 3.5, n), strict=True
    ):
        getattr(primaries, name)[:] = column
    deposits = point_deposits(primaries, BETA_LIKE, np.full(n, visible_mev))
    block = Block(1, 0, 0, 20.0)

    def chain():
        return respond(block, primaries, deposits, detector)

    response = chain()
    benchmark.pedantic(chain, rounds=3)
    hits = int(response.gates.counts.sum())
    light = int(response.light.above.sum() + response.light.below.sum())
    calls = (light * (detector.optics.rays + 1.0) + hits * 0.2) / hits
    seconds = best_of(chain)
    floor = best_of(lambda: _floor(calls, hits, *philox_key(1, Stage.LIGHT, 0)))
    print(
        f"\n{visible_mev} MeV: {hits / seconds:.3g} hits/s and core (asked {ASKED_HITS_PER_S:.2g}), "
        f"{seconds / hits * 1e9:.1f} ns a hit; floor {floor / hits * 1e9:.1f} ns, ratio {seconds / floor:.1f}"
    )
    assert hits > n
