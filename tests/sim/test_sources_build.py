import pickle
import time

import numpy as np

from sim.core.primaries import Block
from sim.core.schema import SPECIES
from sim.physics.config import BackgroundsConfig, MomentConfig, NeutrinoConfig, SiteConfig, SunConfig
from sim.sources.build import build_sources, generate
from sim.sources.source import Birks, count_species

START_NS = 1_323_820_800 * 10**9


def _sources(**sun: object):
    return build_sources(
        SunConfig(**sun),
        NeutrinoConfig(),
        SiteConfig(),
        MomentConfig(mu_eff_bohr=2e-11),
        BackgroundsConfig(),
        sphere_radius_m=3.5,
        birks=Birks(0.01098, 0.01042),
        run_start_ns=START_NS,
        run_live_s=100 * 86400.0,
    )


def test_a_block_of_everything() -> None:
    primaries, deposits = generate(_sources(), Block(1, 3, START_NS, 5 * 86400.0))
    counts = count_species(primaries)
    assert counts["14C"] == 0  # left to the thinning of the pile-up
    assert all(counts[name] > 0 for name in ("pp", "7Be", "pep", "85Kr", "210Bi", "210Po", "11C"))
    assert set(np.unique(deposits.primary)) == set(range(len(primaries.time_ns)))
    assert np.all(np.diff(deposits.primary) >= 0)
    assert np.all(deposits.deposited_mev > 0)
    assert np.all(np.isin(primaries.species, list(SPECIES.values())))


def test_sources_are_small_and_quick_to_prepare() -> None:
    _sources()
    start = time.perf_counter()
    sources = _sources()
    assert time.perf_counter() - start < 4.0
    assert len(pickle.dumps(sources)) < 5e6


def test_the_flux_scale_reaches_the_source() -> None:
    primaries, _ = generate(_sources(flux_scale={"pp": 0.0, "7Be": 3.0}), Block(1, 3, START_NS, 5 * 86400.0))
    counts = count_species(primaries)
    assert counts["pp"] == 0
    expected = 3 * 48.1 * 1.576 * 5 * 1.033
    assert abs(counts["7Be"] - expected) < 5 * np.sqrt(expected) + 0.1 * expected
