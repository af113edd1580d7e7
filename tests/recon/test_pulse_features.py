import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from recon import pulse_features as room
from recon.clusters import Clusters
from recon.hits import Hits
from recon.pulse_features import EDGES_NS, FEATURES, MOMENTS_END_NS, N_BINS, pulse_features
from recon.vertex import Vertices, fit_vertices


@pytest.fixture(scope="module")
def vertices(hits, clusters, channels, timing):
    return fit_vertices(hits, clusters, channels, timing)


def residuals_of(c, hits, clusters, channels, vertices, slowness):
    """Residuals of a cluster, in plain Python."""
    found = []
    for i in range(clusters.first[c], clusters.last[c]):
        tube = int(hits.pmt[i])
        flight = np.sqrt(
            (vertices.x_m[c] - channels.x_m[tube]) ** 2
            + (vertices.y_m[c] - channels.y_m[tube]) ** 2
            + (vertices.z_m[c] - channels.z_m[tube]) ** 2
        )
        found.append(float(hits.time_ns[i]) - vertices.emission_ns[c] - slowness * flight)
    return np.maximum(np.array(found), EDGES_NS[0])


def test_features_are_those_of_a_plain_reference(hits, clusters, channels, vertices, timing):
    found = pulse_features(hits, clusters, channels, vertices, timing.slowness_ns_m)
    assert found.shape == (len(clusters.first), len(FEATURES))
    for c in range(0, len(clusters.first), 7):
        t = residuals_of(c, hits, clusters, channels, vertices, timing.slowness_ns_m)
        inside = t[t < EDGES_NS[-1]]
        early = t[t < MOMENTS_END_NS]
        radius2 = vertices.x_m[c] ** 2 + vertices.y_m[c] ** 2 + vertices.z_m[c] ** 2
        expected = [
            *np.histogram(inside, EDGES_NS)[0] / len(inside),
            early.mean(),
            early.std(),
            skew(early),
            kurtosis(early),
            np.log(len(inside) * 2000.0 / channels.live.sum()),
            radius2 / 4.25**2,
        ]
        np.testing.assert_allclose(found[c], expected, rtol=1e-8, atol=1e-12)


def test_compiled_is_plain(hits, clusters, channels, vertices, timing, compiled_equals_plain):
    few = Clusters(*(column[:3] for column in clusters))
    some = Vertices(*(column[:3] for column in vertices))
    slowness, bins = timing.slowness_ns_m, room.bin_of_step()
    out = np.zeros((3, len(FEATURES)))
    compiled_equals_plain(
        room._features, hits, few.first, few.last, some, channels, slowness, 1.2, bins, out, rtol=1e-7
    )


def test_every_step_is_in_its_bin():
    bins = room.bin_of_step()
    assert len(bins) == EDGES_NS[-1] - EDGES_NS[0]
    for step, number in enumerate(bins):
        assert EDGES_NS[number] <= EDGES_NS[0] + step + 0.5 < EDGES_NS[number + 1]


def test_the_moment_of_the_event_does_not_matter(hits, clusters, channels, vertices, timing):
    later = Hits(hits.time_ns + 512.0, *hits[1:])
    moved = vertices._replace(emission_ns=vertices.emission_ns + 512.0)
    one = pulse_features(hits, clusters, channels, vertices, timing.slowness_ns_m)
    other = pulse_features(later, clusters, channels, moved, timing.slowness_ns_m)
    np.testing.assert_allclose(one[:, :N_BINS].sum(axis=1), 1.0, rtol=1e-12)
    # a hit on an edge may change its bin by rounding
    assert np.abs(one - other)[:, :N_BINS].max() < 0.02
    np.testing.assert_allclose(one[:, N_BINS:], other[:, N_BINS:], rtol=1e-6)


def test_without_a_vertex_there_are_none(hits, clusters, channels, vertices, timing):
    valid = vertices.valid.copy()
    valid[3] = False
    found = pulse_features(hits, clusters, channels, vertices._replace(valid=valid), timing.slowness_ns_m)
    assert np.isnan(found[3]).all()
    assert np.isfinite(found[valid]).all()
