import pickle
from typing import Any

import numpy as np
import pytest

from sim.core.primaries import ALONE, Block
from sim.core.schema import SPECIES
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.config import (
    BackgroundsConfig,
    FieldConfig,
    MomentConfig,
    NeutrinoConfig,
    SiteConfig,
    SunConfig,
)
from sim.physics.muon_config import MuonsConfig
from sim.sources.build import build_sources, generate
from sim.sources.showers import build_showers
from sim.sources.source import Birks, count_species

START_NS = 1_323_820_800 * 10**9


def _sources(kinds: tuple[str, ...] = ("elastic", "internal"), **sections: Any):
    chosen = {
        "sun": SunConfig(),
        "neutrino": NeutrinoConfig(),
        "site": SiteConfig(),
        "moment": MomentConfig(mu_eff_bohr=2e-11),
        "field": FieldConfig(),
        "backgrounds": BackgroundsConfig(),
        "channel": AntineutrinoConfig(),
        "muons": MuonsConfig(),
        "showers": build_showers(MuonsConfig(), 26.8, 255.0),
    }
    return build_sources(
        **(chosen | sections),
        block_s=5 * 86400.0,
        kinds=kinds,
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


def test_sources_are_small() -> None:
    assert len(pickle.dumps(_sources())) < 5e6


def test_the_flux_scale_reaches_the_source() -> None:
    sun = SunConfig(flux_scale={"pp": 0.0, "7Be": 3.0})
    primaries, _ = generate(_sources(sun=sun), Block(1, 3, START_NS, 5 * 86400.0))
    counts = count_species(primaries)
    assert counts["pp"] == 0
    expected = 3 * 48.1 * 1.576 * 5 * 1.033
    assert abs(counts["7Be"] - expected) < 5 * np.sqrt(expected) + 0.1 * expected


MAJORANA = MomentConfig(nature="majorana", mu12_bohr=1e-12)
DIRAC = MomentConfig(nature="dirac", matrix_bohr=((0.0, 1e-12, 0.0), (1e-12, 0.0, 0.0), (0.0, 0.0, 0.0)))
CORE = FieldConfig(profile="cosh9", peak_kg=1e4)
BACKGROUNDS = ["reactor", "geo-238U", "geo-232Th", "atmospheric", "9Li", "8He", "alpha-n", "single"]
SILENT = {
    "reactor_per_100t_y": 0.0,
    "geo_u238_per_100t_y": 0.0,
    "geo_th232_per_100t_y": 0.0,
    "atmospheric_per_100t_y": 0.0,
    "li9_cpd_100t": 0.0,
    "he8_cpd_100t": 0.0,
    "alpha_neutron_per_100t_y": 0.0,
    "singles_internal_cpd_100t": 0.0,
    "singles_surface_cpd_m2": 0.0,
}


def _names(**sections: Any) -> list[str]:
    kinds = {"AlphaNeutronSource": "alpha-n", "SinglesSource": "single"}
    return [
        getattr(source, "species", kinds.get(type(source).__name__))
        for source in _sources(("antineutrino",), **sections)
    ]


@pytest.mark.parametrize(
    ("sections", "solar"),
    [
        ({}, []),
        ({"moment": MAJORANA}, []),
        ({"moment": DIRAC, "field": CORE}, []),
        ({"moment": MAJORANA, "field": CORE}, ["8B", "hep"]),
        ({"channel": AntineutrinoConfig(conversion=1e-4)}, ["8B", "hep"]),
        ({"channel": AntineutrinoConfig(conversion=0.0), "moment": MAJORANA, "field": CORE}, []),
    ],
)
def test_which_antineutrinos_there_are(sections: dict[str, Any], solar: list[str]) -> None:
    assert _names(**sections) == solar + BACKGROUNDS


def test_rates_of_zero_make_no_sources() -> None:
    assert _names(channel=AntineutrinoConfig(**SILENT)) == []
    primaries, deposits = generate((), Block(1, 3, START_NS, 86400.0))
    assert len(primaries.time_ns) == len(deposits.primary) == 0


def test_a_block_of_the_channel() -> None:
    channel = AntineutrinoConfig(
        conversion=1.0, reactor_per_100t_y=1e4, li9_cpd_100t=50.0, alpha_neutron_per_100t_y=1e4
    )
    sources = _sources(("antineutrino",), channel=channel)
    assert len(pickle.dumps(sources)) < 2e6
    primaries, deposits = generate(sources, Block(1, 3, START_NS, 10 * 86400.0))
    counts = count_species(primaries)
    assert all(counts[name] > 50 for name in ("8B", "reactor", "9Li", "alpha-n"))
    assert np.all(np.diff(deposits.primary) >= 0)
    # every interaction but a single has a family of two, and no number serves twice
    paired = primaries.family != ALONE
    assert np.array_equal(paired, primaries.species != SPECIES["single"])
    members = np.bincount(primaries.family[paired])
    assert np.all(members == 2)
    assert members.size == sum(counts.values()) - counts["single"]
