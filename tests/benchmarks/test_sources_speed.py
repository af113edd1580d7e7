"""Primaries per second, beside the floor: the same number of random numbers drawn and stored.

A pair of inverse beta decay is two primaries with three gammas of 18 sites each; its floor is that many sites.
"""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.core.primaries import Block
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.solar_model import load_solar_model
from sim.sources.antineutrino import AntineutrinoSource, build_antineutrinos
from sim.sources.solar import SolarSource
from sim.sources.source import Birks

_BLOCK = Block(1, 0, 1_323_820_800 * 10**9, 30 * 86400.0)
_COLUMNS = 15
_SITE_COLUMNS = 8


def _busy(field: FieldConfig | None) -> SolarSource:
    sun = load_solar_model("B16-GS98")
    sun = sun.scaled(dict.fromkeys(sun.components, 50.0))
    moment = MomentConfig(nature="majorana", mu12_bohr=2e-11)
    conversion = Conversion.build(sun, NeutrinoConfig(), SiteConfig(), field=field, moment=moment)
    return SolarSource.build(conversion, moment, 3.5, Birks(0.011, 0.0104))


@pytest.fixture(scope="module")
def busy() -> SolarSource:
    return _busy(None)


@pytest.fixture(scope="module")
def busy_with_field() -> SolarSource:
    return _busy(FieldConfig(profile="tachocline", peak_kg=100.0))


def test_solar_primaries(benchmark: BenchmarkFixture, busy: SolarSource) -> None:
    busy.generate(_BLOCK)
    primaries, _ = benchmark(busy.generate, _BLOCK)
    benchmark.extra_info["primaries"] = len(primaries.time_ns)


def test_solar_primaries_of_six_states(benchmark: BenchmarkFixture, busy_with_field: SolarSource) -> None:
    busy_with_field.generate(_BLOCK)
    primaries, _ = benchmark(busy_with_field.generate, _BLOCK)
    benchmark.extra_info["primaries"] = len(primaries.time_ns)


def test_floor_of_random_numbers(benchmark: BenchmarkFixture, busy: SolarSource) -> None:
    n = len(busy.generate(_BLOCK)[0].time_ns)
    benchmark(lambda: np.random.default_rng(1).random((_COLUMNS, n)))
    benchmark.extra_info["primaries"] = n


@pytest.fixture(scope="module")
def pairs() -> AntineutrinoSource:
    conversion = Conversion.build(load_solar_model("B16-GS98"), NeutrinoConfig(), SiteConfig())
    channel = AntineutrinoConfig(conversion=1.0, boost=60.0)
    return build_antineutrinos(conversion, channel, 4.25, Birks(0.011, 0.0104))[0]


def test_inverse_beta_decay(benchmark: BenchmarkFixture, pairs: AntineutrinoSource) -> None:
    pairs.generate(_BLOCK)
    primaries, deposits = benchmark(pairs.generate, _BLOCK)
    benchmark.extra_info["primaries"] = len(primaries.time_ns)
    benchmark.extra_info["sites"] = len(deposits.primary)


def test_floor_of_inverse_beta_decay(benchmark: BenchmarkFixture, pairs: AntineutrinoSource) -> None:
    n = len(pairs.generate(_BLOCK)[1].primary)
    benchmark(lambda: np.random.default_rng(1).random((_SITE_COLUMNS, n)))
    benchmark.extra_info["sites"] = n
