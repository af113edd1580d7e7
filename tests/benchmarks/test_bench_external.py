"""Gammas from outside: CPU time of an event, beside the floor of following it through its own sites only.

The floor draws five random numbers for each site that makes light and stores its six columns.
"""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.core.primaries import Block
from sim.physics.config import BackgroundsConfig
from sim.physics.external_gammas import ISOTOPES
from sim.sources.external import ExternalSource, build_external
from sim.sources.source import Birks

_BLOCK = Block(1, 0, 0, 10 * 86400.0)


def _source(isotope: str) -> ExternalSource:
    sources = build_external(BackgroundsConfig(), 3.5, Birks(0.01098, 0.01042))
    return next(source for source in sources if source.isotope == isotope)


@pytest.mark.parametrize("isotope", ISOTOPES)
def test_events_from_outside(benchmark: BenchmarkFixture, isotope: str) -> None:
    source = _source(isotope)
    source.generate(_BLOCK)
    primaries, deposits = benchmark(source.generate, _BLOCK)
    n = len(primaries.time_ns)
    benchmark.extra_info["events"] = n
    benchmark.extra_info["sites"] = len(deposits.primary)
    if benchmark.stats is not None:
        seconds = benchmark.stats.stats.min
        print(f"{isotope}: {1e6 * seconds / n:.0f} us an event, {129.15 * seconds:.1f} s for 1291.5 days")


@pytest.mark.parametrize("isotope", ISOTOPES)
def test_floor_of_events_from_outside(benchmark: BenchmarkFixture, isotope: str) -> None:
    sites = len(_source(isotope).generate(_BLOCK)[1].primary)

    def floor() -> np.ndarray:
        drawn = np.random.default_rng(1).random((5, sites))
        stored = np.empty((6, sites))
        stored[:5] = drawn
        return stored

    benchmark(floor)
    benchmark.extra_info["sites"] = sites
