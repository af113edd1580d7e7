"""Fixtures of the reconstruction's tests: the model of the toy detector, and toy clusters."""

import numpy as np
import pytest

from recon.channels import Channels
from recon.config import ReconConfig
from recon.hits import Hits, cluster_search, find_clusters, sort_hits
from recon.timing import timing_model


@pytest.fixture(scope="session")
def config():
    return ReconConfig()


@pytest.fixture(scope="session")
def channels(toy_detector):
    tubes = toy_detector.tubes
    return Channels(tubes.x_m, tubes.y_m, tubes.z_m, tubes.live, tubes.charge_live)


@pytest.fixture(scope="session")
def search(config, channels):
    return cluster_search(config, int(channels.live.sum()))


@pytest.fixture(scope="session")
def timing(config):
    return timing_model(config)


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
