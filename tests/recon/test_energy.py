import numpy as np
import pytest

from recon import energy as module
from recon.channels import Channels
from recon.clusters import Clusters
from recon.config import ReconConfig
from recon.energy import estimate_energy
from recon.hits import Hits
from sim.core.schema import ESTIMATORS


def one_cluster(times, pmts, charges):
    n = len(times)
    hits = Hits(
        np.array(times, float), np.array(pmts, np.uint16), np.array(charges, np.float32), np.array([0, n])
    )
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    return hits, Clusters(zero, zero, one, zero, n * one, np.array([times[0]]), np.array([900.0]))


def tubes(n, n_live, n_charge):
    index = np.arange(n)
    zero = np.zeros(n)
    return Channels(zero, zero, zero, index < n_live, index < n_charge, index < n)


def test_kernel_compiled_and_plain_agree(hits, clusters, channels, compiled_equals_plain):
    args = (hits.time_ns, hits.pmt, hits.charge_pe, channels.charge_live)
    windows = np.array([230.0, 400.0])
    stop = hits.offsets[clusters.gate[:5] + 1]
    few = (clusters.first[:5], clusters.last[:5], stop, clusters.start_ns[:5], windows)
    compiled_equals_plain(module._count, *args, *few)


def test_names_are_those_of_the_schema():
    assert module.Estimators._fields == ESTIMATORS


def test_counts_by_hand():
    # tube 3 is hit twice within 400 ns, tube 4 has no usable charge, the last hit is beyond 400 ns
    hits, cluster = one_cluster([100, 110, 300, 329.9, 330, 600], [1, 3, 4, 2, 3, 0], [1, 2, 4, 1, 1, 8])
    found = estimate_energy(hits, cluster, tubes(2000, 2000, 4), ReconConfig())
    assert (found.nh_230[0], found.nh_400[0], found.nh[0]) == (4, 5, 6)
    assert (found.np_230[0], found.np_400[0], found.np[0]) == (4, 4, 5)
    scale = 2000 / 4
    assert (found.charge_230_pe[0], found.charge_400_pe[0], found.charge_pe[0]) == (
        4 * scale,
        5 * scale,
        13 * scale,
    )


def test_windows_reach_beyond_a_cluster_that_another_one_ends():
    times, pmts = [0.0, 10.0, 180.0, 300.0, 390.0, 500.0], [0, 1, 2, 0, 3, 4]
    hits, _ = one_cluster(times, pmts, np.ones(6))
    first, last, start = np.array([0, 2]), np.array([2, 6]), np.array([0.0, 180.0])
    clusters = Clusters(
        np.zeros(2, int), np.arange(2), np.full(2, 2), first, last, start, np.array([180.0, 1536.0])
    )
    found = estimate_energy(hits, clusters, tubes(2000, 2000, 2000), ReconConfig())
    np.testing.assert_array_equal(found.nh, [2, 4])
    np.testing.assert_array_equal(found.nh_230, [3, 3])
    np.testing.assert_array_equal(found.np_400, [4, 4])  # the second hit of tube 0 is no new tube
    np.testing.assert_array_equal(found.charge_400_pe, [5, 4])
    less = estimate_energy(hits, clusters, tubes(2000, 2000, 2000), ReconConfig(subtract_dark=True))
    np.testing.assert_allclose((found.nh_400 - less.nh_400), 700 * 2000 * 400e-9)


def test_estimators_scale_with_the_dead_channels():
    hits, cluster = one_cluster([100, 110, 120], [1, 3, 1], [1, 1, 1])
    full = estimate_energy(hits, cluster, tubes(2000, 2000, 2000), ReconConfig())
    half = estimate_energy(hits, cluster, tubes(2000, 1000, 500), ReconConfig())
    np.testing.assert_allclose(np.array(half[:6]), 2.0 * np.array(full[:6]))
    np.testing.assert_allclose(np.array(half[6:]), 4.0 * np.array(full[6:]))


def test_windows_and_kinds_are_ordered(hits, clusters, channels, config):
    found = estimate_energy(hits, clusters, channels, config)
    for kind in ("nh", "np"):
        short, long, full = (getattr(found, name) for name in (f"{kind}_230", f"{kind}_400", kind))
        assert (short <= long).all()
        assert (long <= full).all()
    assert (found.np <= found.nh).all()


def test_toy_light_is_recovered(hits, clusters, channels, config):
    # 290 photons a gate on 2212 tubes are 262 on 2000
    found = estimate_energy(hits, clusters, channels, config)
    assert found.charge_400_pe.mean() == pytest.approx(262, rel=0.03)
    # uniform occupancy; less 1 % below threshold, 1.5 % after 400 ns, 1 % for light that is not uniform
    assert found.np_400.mean() == pytest.approx(0.965 * 2000 * (1 - np.exp(-262 / 2000)), rel=0.02)


def test_dark_hits_are_subtracted_on_request(hits, clusters, channels):
    plain = estimate_energy(hits, clusters, channels, ReconConfig())
    less = estimate_energy(hits, clusters, channels, ReconConfig(subtract_dark=True))
    np.testing.assert_allclose(plain.nh_230 - less.nh_230, 700 * 2000 * 230e-9)
    np.testing.assert_allclose(plain.np - less.np, 700 * 2000 * clusters.duration_ns * 1e-9)
