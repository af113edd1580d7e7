"""Speed of the reconstruction at 200 hits, against one evaluation of the likelihood of all hits."""

import time

import numpy as np
import pytest

from recon import pipeline
from recon.channels import Channels
from recon.clusters import cluster_search, find_clusters
from recon.config import ReconConfig
from recon.hits import Hits, sort_hits
from recon.timing import timing_model
from recon.vertex import _log_likelihood

ASKED_EVENTS_PER_S = 5000.0


@pytest.fixture(scope="module")
def toy(toy_detector, points_in_sphere):
    rng = np.random.default_rng(2)
    some = toy_detector.gates(rng, points_in_sphere(rng, 300, 3.0), 260)
    copies = 40
    counts = np.tile(np.diff(some.offsets), copies)
    return type(some)(
        *(np.tile(column, copies) for column in some[:3]),
        np.concatenate([[0], np.cumsum(counts)]),
        np.tile(some.vertex_m, (copies, 1)),
    )


def floor_seconds(toy, toy_detector):
    tubes = toy_detector.tubes
    config = ReconConfig()
    channels = Channels(tubes.x_m, tubes.y_m, tubes.z_m, tubes.live, tubes.charge_live, tubes.concentrator)
    timing = timing_model(config)
    hits = sort_hits(Hits(*toy[:4]), channels.live)
    clusters = find_clusters(hits, cluster_search(config, int(channels.live.sum())))
    used = np.concatenate([np.arange(a, b) for a, b in zip(clusters.first, clusters.last, strict=True)])
    start = np.repeat(clusters.start_ns, clusters.last - clusters.first)
    tube = hits.pmt[used]
    place = (channels.x_m[tube], channels.y_m[tube], channels.z_m[tube])
    args = (hits.time_ns[used] - start, *place, np.zeros(len(used)))
    best = np.inf
    for _ in range(4):
        begin = time.perf_counter()
        _log_likelihood(np.zeros(4), *args, timing, np.empty(4), np.empty((4, 4)))
        best = min(best, time.perf_counter() - begin)
    return best


def test_reconstruction_from_file_to_file(benchmark, toy, toy_detector, tmp_path):
    events = toy_detector.write(tmp_path / "events.root", toy)
    config = ReconConfig()
    pipeline.reconstruct(events, tmp_path / "reco.root", config)
    benchmark.pedantic(pipeline.reconstruct, (events, tmp_path / "reco.root", config), rounds=3)
    n = len(toy.offsets) - 1
    rate = n / benchmark.stats.stats.min
    floor = floor_seconds(toy, toy_detector)
    benchmark.extra_info |= {"events_per_s": rate, "time_over_floor": benchmark.stats.stats.min / floor}
    print(f"\nreconstruction: {rate:,.0f} events/s, {len(toy.time_ns) / n:.0f} hits each;", end=" ")
    print(f"{benchmark.stats.stats.min / floor:.1f} times one likelihood evaluation a hit")
    assert rate > ASKED_EVENTS_PER_S
