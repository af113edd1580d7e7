import numpy as np

from recon.config import ReconConfig
from recon.hits import Clusters
from recon.selection import Cut, add_flows, select
from recon.vertex import Vertices


def three_clusters():
    clusters = Clusters(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([1, 2, 2]), *(np.zeros(3),) * 4)
    z = np.array([0.0, 2.3, 0.0])
    return clusters, Vertices(np.zeros(3), np.zeros(3), z, z, z, np.array([True, True, True]))


def test_cut_flow_counts_what_is_left():
    clusters, vertices = three_clusters()
    found = select(5, clusters, vertices, ReconConfig())
    np.testing.assert_array_equal(found.selected, [True, False, True])
    assert [cut.kept for cut in found.cut_flow] == [5, 2, 3, 3, 2, 2]
    single = select(5, clusters, vertices, ReconConfig(single_cluster=True))
    np.testing.assert_array_equal(single.selected, [True, False, False])
    np.testing.assert_array_equal(single.fiducial, found.fiducial)
    assert single.cut_flow[-2:] == (Cut("single cluster in the gate", 1), Cut("selected", 1))


def test_an_invalid_vertex_is_not_fiducial():
    clusters, vertices = three_clusters()
    found = select(5, clusters, vertices._replace(valid=np.array([False, True, True])), ReconConfig())
    np.testing.assert_array_equal(found.fiducial, [False, False, True])


def test_flows_of_blocks_add():
    clusters, vertices = three_clusters()
    flow = select(5, clusters, vertices, ReconConfig()).cut_flow
    assert [cut.kept for cut in add_flows([flow, flow])] == [10, 4, 6, 6, 4, 4]
