import numpy as np

from recon.clusters import Clusters
from recon.config import ReconConfig
from recon.pulse_shape import PulseShapes
from recon.selection import Cut, add_flows, select
from recon.vertex import Vertices

SHAPES = PulseShapes(np.zeros(3), np.array([0.9, 0.2, 0.1]), np.array([0.3, 0.2, 0.7]))


def three_clusters():
    clusters = Clusters(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([1, 2, 2]), *(np.zeros(3),) * 4)
    z = np.array([0.0, 2.3, 0.0])
    return clusters, Vertices(np.zeros(3), np.zeros(3), z, z, z, np.array([True, True, True]))


def test_cut_flow_counts_what_is_left():
    clusters, vertices = three_clusters()
    found = select(5, clusters, vertices, SHAPES, ReconConfig())
    np.testing.assert_array_equal(found.selected, [True, False, True])
    assert [cut.kept for cut in found.cut_flow] == [5, 2, 3, 3, 2, 2]
    single = select(5, clusters, vertices, SHAPES, ReconConfig(single_cluster=True))
    np.testing.assert_array_equal(single.selected, [True, False, False])
    np.testing.assert_array_equal(single.fiducial, found.fiducial)
    assert single.cut_flow[-2:] == (Cut("single cluster in the gate", 1), Cut("selected", 1))


def test_an_invalid_vertex_is_not_fiducial():
    clusters, vertices = three_clusters()
    found = select(5, clusters, vertices._replace(valid=np.array([False, True, True])), SHAPES, ReconConfig())
    np.testing.assert_array_equal(found.fiducial, [False, False, True])


def test_flows_of_blocks_add():
    clusters, vertices = three_clusters()
    flow = select(5, clusters, vertices, SHAPES, ReconConfig()).cut_flow
    assert [cut.kept for cut in add_flows([flow, flow])] == [10, 4, 6, 6, 4, 4]


def test_pulse_shape_cuts_only_where_asked():
    clusters, vertices = three_clusters()
    assert select(5, clusters, vertices, SHAPES, ReconConfig()).selected.tolist() == [True, False, True]
    found = select(5, clusters, vertices, SHAPES, ReconConfig(alpha_score_max=0.5))
    assert found.selected.tolist() == [False, False, True]
    assert found.cut_flow[-2:] == (Cut("alpha score", 1), Cut("selected", 1))
    both = select(5, clusters, vertices, SHAPES, ReconConfig(alpha_score_max=0.95, positron_score_max=0.5))
    assert both.selected.tolist() == [True, False, False]
    assert both.cut_flow[-3:] == (Cut("alpha score", 2), Cut("positron score", 1), Cut("selected", 1))
