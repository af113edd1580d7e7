"""11C: visible energy of the annihilation gammas against the analyses of Borexino.

Their fits describe the start of the 11C spectrum by an effective quenching of the 1.022 MeV released in gammas,
free around 0.8537 (or 0.8828 in a second configuration). Here it must come out of the Compton cascade.
"""

import numpy as np

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.primaries import Block
from sim.physics.config import BackgroundsConfig
from sim.sources.cosmogenic import build_carbon
from sim.sources.source import Birks


def test_the_spectrum_starts_where_the_fits_put_it() -> None:
    source = build_carbon(BackgroundsConfig(c11_cpd_100t=4000.0), 3.0, Birks(0.01098, 0.01042))
    primaries, deposits = source.generate(Block(5, 0, 0, 86400.0))
    n = len(primaries.time_ns)
    visible = np.bincount(deposits.primary, deposits.visible_mev, n)
    first = np.searchsorted(deposits.primary, np.arange(n))
    gammas = (visible - deposits.visible_mev[first]) / (2 * ELECTRON_MASS_MEV)
    assert 0.84 < gammas.mean() < 0.89
    assert 0.005 < gammas.std() < 0.03
