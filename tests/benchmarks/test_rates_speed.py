"""Recoil spectra of all components on 1000 bins: well under half a second once compiled."""

import numpy as np

from sim.physics.arrival import arrival
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.rates import UNIT_MOMENT, recoil_rates
from sim.physics.solar_model import load_solar_model


def test_recoil_spectra_of_all_components(benchmark):
    sun = load_solar_model("B16-GS98")
    conversion = Conversion.build(sun, NeutrinoConfig(), SiteConfig())
    edges = np.linspace(0.0, 3.0, 1001)

    def spectra():
        return [recoil_rates(arrival(name, sun, conversion, UNIT_MOMENT), edges) for name in sun.components]

    found = benchmark(spectra)
    assert len(found) == len(sun.components)
    print(f"\n{benchmark.stats['median']:.3f} s for {len(found)} components and {len(edges) - 1} bins")
    assert benchmark.stats["median"] < 0.5
