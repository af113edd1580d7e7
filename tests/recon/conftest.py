"""Fixtures of the reconstruction's tests: the model of the toy detector, and toy clusters."""

import numpy as np
import pytest

from recon.channels import Channels
from recon.clusters import cluster_search, find_clusters
from recon.config import ReconConfig
from recon.hits import Hits, sort_hits
from recon.pattern import pattern_model
from recon.timing import timing_model


@pytest.fixture(scope="session")
def config():
    """What the toy detector is: light travels straight."""
    return ReconConfig(refractive_index=1.68, vertex_delays=False, vertex_pattern=False)


@pytest.fixture(scope="session")
def channels(toy_detector):
    tubes = toy_detector.tubes
    return Channels(tubes.x_m, tubes.y_m, tubes.z_m, tubes.live, tubes.charge_live, tubes.concentrator)


@pytest.fixture(scope="session")
def search(config, channels):
    return cluster_search(config, int(channels.live.sum()))


@pytest.fixture(scope="session")
def timing(config):
    return timing_model(config)


@pytest.fixture(scope="session")
def pattern(channels):
    return pattern_model(channels)


@pytest.fixture(scope="session")
def toy(toy_detector, points_in_sphere):
    """200 toy gates of about 200 hits (0.5 MeV), vertices within 3 m."""
    rng = np.random.default_rng(5)
    return toy_detector.gates(rng, points_in_sphere(rng, 200, 3.0), 290)


@pytest.fixture(scope="session")
def hits(toy, channels):
    return sort_hits(Hits(*toy[:4]), channels.live)


@pytest.fixture(scope="session")
def clusters(hits, search):
    return find_clusters(hits, search)


@pytest.fixture(scope="session")
def rows_of():
    """Make rows of tree ``reco`` from times and charges, in time order unless ids are given."""

    def make(time_ns, charge_pe, place_m=None, weight=1.0, run=1, block=0, event_id=None, valid=1):
        n = len(time_ns)
        place = np.zeros((n, 3)) if place_m is None else np.asarray(place_m, float)
        return {
            "run": np.broadcast_to(run, n).astype(np.uint32),
            "block": np.broadcast_to(block, n).astype(np.uint32),
            "event_id": np.arange(n) if event_id is None else np.asarray(event_id, np.int64),
            "cluster": np.zeros(n, np.int64),
            "cluster_time_ns": np.asarray(time_ns, np.int64),
            "charge_pe": np.broadcast_to(charge_pe, n).astype(float),
            "x_m": place[:, 0],
            "y_m": place[:, 1],
            "z_m": place[:, 2],
            "vertex_valid": np.broadcast_to(valid, n),
            "weight": np.broadcast_to(weight, n).astype(float),
        }

    return make


@pytest.fixture(scope="session")
def coincidences(toy_detector):
    """Eight pairs of toy gates 10 s apart, and their times: the last a moved pair, others lack something.

    Prompt light of about 1500 p.e., delayed light of about 1060 p.e.; returns gates and times since the epoch.
    """
    rng = np.random.default_rng(22)
    centre = rng.uniform(-1.2, 1.2, (8, 3))
    centre[4] = [0.0, 4.15, 0.0]  # at the vessel
    shift = rng.uniform(-0.2, 0.2, (8, 3))
    shift[5] = [1.5, 0.0, 0.0]  # too far
    gates = [
        toy_detector.gates(rng, centre[k : k + 1] + late * shift[k], 1180 if late else 1640)
        for k in range(8)
        for late in (0, 1)
    ]
    offsets = np.cumsum([0, *(gate.offsets[-1] for gate in gates)])
    columns = [np.concatenate([gate[k] for gate in gates]) for k in range(3)]
    vertex = np.concatenate([gate.vertex_m for gate in gates])
    delay_us = np.array([25.0, 100.0, 700.0, 1275.0, 300.0, 300.0, 1500.0, 15_300.0])
    time_us = 1e7 * np.arange(1, 9)
    time_ns = np.stack([time_us, time_us + delay_us], 1).ravel() * 1000
    return type(gates[0])(*columns, offsets, vertex), time_ns.astype(np.int64)
