"""The resolving time of pairs of 14C decays against the rate of pile-up that it must give.

The rate is R(100 t) R(vessel) tau with the activity of 14C. Borexino fits 137.5 +- 2.8 cpd/100 t of pile-up to its
Phase-II data, with 40 +- 2 Bq of 14C in 100 t [BX-NEUTRINO18]: tau = 358 +- 36 ns. The rate of the
simulated detector is counted in real time when its response is calibrated, for pile-up of N_h 93 to 140: 330 ns
for 128.8 cpd/100 t. Pairs of bright decays, as here, merge over longer times than the average pair; tolerance
30 per cent.

The quiet time that ends a cluster is what separates two decays: ``quiet_window_ns`` longer by 64 ns must merge
pairs some 64 ns further apart, the length of the tail must not.
"""

import numpy as np
import pytest

from analysis.simulated import simulated_pile_up
from analysis.study.merging import merging
from analysis.study.sample import LEAST_PAIR_MEV, read_sample
from recon.config import ReconConfig
from recon.pipeline import reconstruct
from sim.calibration import simulate_probes
from sim.core.config import read_card
from sim.core.constants import SECONDS_PER_DAY
from sim.core.geometry import VESSEL_RADIUS_M, sphere_mass_t
from sim.core.probes import Probe

PROBES = (Probe("14C pair", LEAST_PAIR_MEV, 3.5, False, 8000),)
ACTIVITY_BQ_100T = 40.0


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    events = folder / "events.root"
    simulate_probes(read_card("phase2"), PROBES, events)
    settings = {
        "nominal": ReconConfig(),
        "quiet": ReconConfig(quiet_window_ns=192.0),
        "tail": ReconConfig(tail_ns=200.0),
    }
    found = {}
    for name, config in settings.items():
        reconstruct(events, folder / f"{name}.root", config)
        found[name] = read_sample(events, folder / f"{name}.root", PROBES)
    return found


def change(samples, name):
    return merging(samples["nominal"], samples[name], np.arange(PROBES[0].events))


def test_the_resolving_time_gives_the_rate_of_pile_up(samples):
    vessel_hz = ACTIVITY_BQ_100T * sphere_mass_t(VESSEL_RADIUS_M) / 100.0
    per_ns = ACTIVITY_BQ_100T * vessel_hz * SECONDS_PER_DAY * 1e-9
    expected_ns = simulated_pile_up(ACTIVITY_BQ_100T) / per_ns
    assert change(samples, "nominal").nominal_ns == pytest.approx(expected_ns, rel=0.3)


def test_what_ends_a_cluster_sets_it(samples):
    quiet, tail = change(samples, "quiet"), change(samples, "tail")
    assert 64.0 - 4.0 * quiet.change_error_ns < quiet.change_ns < 250.0
    assert abs(tail.change_ns) < 15.0
