"""Primaries per second, beside the floor: the same number of random numbers drawn and stored."""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.core.primaries import Block
from sim.physics.config import MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.solar_model import load_solar_model
from sim.sources.solar import SolarSource
from sim.sources.source import Birks

_BLOCK = Block(1, 0, 1_323_820_800 * 10**9, 30 * 86400.0)
_COLUMNS = 15


@pytest.fixture(scope="module")
def busy() -> SolarSource:
    sun = load_solar_model("B16-GS98")
    sun = sun.scaled(dict.fromkeys(sun.components, 50.0))
    conversion = Conversion.build(sun, NeutrinoConfig(), SiteConfig())
    return SolarSource.build(conversion, MomentConfig(mu_eff_bohr=2e-11), 3.5, Birks(0.011, 0.0104))


def test_solar_primaries(benchmark: BenchmarkFixture, busy: SolarSource) -> None:
    busy.generate(_BLOCK)
    primaries, _ = benchmark(busy.generate, _BLOCK)
    benchmark.extra_info["primaries"] = len(primaries.time_ns)


def test_floor_of_random_numbers(benchmark: BenchmarkFixture, busy: SolarSource) -> None:
    n = len(busy.generate(_BLOCK)[0].time_ns)
    benchmark(lambda: np.random.default_rng(1).random((_COLUMNS, n)))
    benchmark.extra_info["primaries"] = n
