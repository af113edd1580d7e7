import numpy as np
import pytest

from recon import vertex as module
from recon.clusters import find_clusters
from recon.config import ReconConfig
from recon.hits import Hits, sort_hits
from recon.pattern import no_pattern
from recon.timing import timing_model
from recon.vertex import fit_vertices


def positions(found):
    return np.column_stack([found.x_m, found.y_m, found.z_m])


@pytest.fixture
def likelihood(hits, clusters, channels, timing):
    """Arguments of the kernel for the first toy cluster, without the point and the outputs."""
    rows = slice(clusters.first[0], clusters.last[0])
    since = hits.time_ns[rows] - clusters.start_ns[0]
    rows = slice(rows.start, rows.start + int((since < timing.window_ns).sum()))
    tube = hits.pmt[rows]
    others = np.clip(np.rint(hits.charge_pe[rows]), 1, 6).astype(float) - 1.0
    place = (channels.x_m[tube], channels.y_m[tube], channels.z_m[tube])
    return since[: len(tube)].astype(float), *place, others, timing


@pytest.mark.parametrize("delayed", [False, True])
def test_gradient_and_hessian_are_the_derivatives(likelihood, delayed):
    arguments = (*likelihood[:-1], timing_model(ReconConfig())) if delayed else likelihood

    def evaluate(point):
        gradient, hessian = np.empty(4), np.empty((4, 4))
        value = module._log_likelihood(point, *arguments, gradient, hessian)
        return value, gradient, hessian

    point = np.array([0.4, -0.7, 1.1, -5.5])
    _, gradient, hessian = evaluate(point)
    h = 1e-6
    for k in range(4):
        up, down = evaluate(point + h * np.eye(4)[k]), evaluate(point - h * np.eye(4)[k])
        assert gradient[k] == pytest.approx((up[0] - down[0]) / (2 * h), rel=1e-4, abs=1e-3)
        np.testing.assert_allclose(hessian[k], (up[1] - down[1]) / (2 * h), rtol=1e-3, atol=0.5)


def test_kernels_compiled_and_plain_agree(
    likelihood, hits, clusters, channels, pattern, compiled_equals_plain
):
    point = np.array([0.4, -0.7, 1.1, -5.5])
    compiled_equals_plain(
        module._log_likelihood, point, *likelihood, np.empty(4), np.empty((4, 4)), rtol=1e-7
    )
    tube, photons = np.flatnonzero(pattern.used)[: len(likelihood[0])], np.ones(len(likelihood[0]))
    *data, timing = likelihood
    for shape in (pattern, no_pattern(len(channels.live))):
        compiled_equals_plain(module._maximise, point, *data, tube, photons, timing, shape, rtol=1e-6)
    expansion = np.arange(15.0).reshape(5, 3)
    compiled_equals_plain(module._add_expansion, point, expansion, np.ones(4), np.ones((4, 4)))
    matrix = np.array([[-4.0, 1, 0, 0], [1, -3, 0, 1], [0, 0, -2, 0], [0, 1, 0, -5.0]])
    lower = np.zeros((4, 4))
    assert compiled_equals_plain(module._cholesky, matrix, 0.5, lower)
    module._cholesky(matrix, 0.5, lower)
    np.testing.assert_allclose(lower @ lower.T, 0.5 * np.eye(4) - matrix, atol=1e-12)
    right, solution = np.arange(4.0), np.empty(4)
    compiled_equals_plain(module._solve, lower, right, solution)
    module._solve(lower, right, solution)
    np.testing.assert_allclose((0.5 * np.eye(4) - matrix) @ solution, right, atol=1e-12)
    assert not module._cholesky(-matrix, 0.0, lower)
    few = (clusters.first[:3], clusters.last[:3], clusters.start_ns[:3])
    compiled_equals_plain(
        module._fit, hits, *few, channels, np.zeros(3), timing, pattern, np.empty((5, 3)), rtol=1e-5
    )


def test_resolution_and_bias_on_the_toy(toy, hits, clusters, channels, timing):
    found = fit_vertices(hits, clusters, channels, timing)
    assert found.valid.all()
    off = positions(found) - toy.vertex_m
    assert off.std() < 0.08  # 200 hits, 0.5 MeV: 10 cm at 1 MeV is 14 cm here
    assert np.abs(off.mean(axis=0)).max() < 0.02
    radius = np.linalg.norm(toy.vertex_m, axis=1)
    outward = (off * toy.vertex_m).sum(axis=1) / radius
    assert abs(outward[radius > 2.0].mean()) < 0.02
    assert found.emission_ns.mean() == pytest.approx(2000.0, abs=0.3)


def test_uncertainty_describes_the_scatter(toy, hits, clusters, channels, timing):
    found = fit_vertices(hits, clusters, channels, timing)
    pull = (positions(found) - toy.vertex_m) / found.sigma_m[:, None]
    assert pull.std() == pytest.approx(1.0, abs=0.12)


def test_one_mev_is_better_than_ten_centimetres(
    toy_detector, points_in_sphere, channels, search, timing, rng
):
    toy = toy_detector.gates(rng, points_in_sphere(rng, 150, 2.8), 580)
    hits = sort_hits(Hits(*toy[:4]), channels.live)
    found = fit_vertices(hits, find_clusters(hits, search), channels, timing)
    assert (positions(found) - toy.vertex_m).std() < 0.06


def test_a_later_gate_and_another_order_of_hits_change_nothing(
    toy, hits, clusters, channels, search, timing, rng
):
    found = fit_vertices(hits, clusters, channels, timing)
    order = np.lexsort((rng.uniform(size=len(toy.time_ns)), np.repeat(np.arange(200), np.diff(toy.offsets))))
    shuffled = sort_hits(Hits(*(column[order] for column in toy[:3]), toy.offsets), channels.live)
    again = fit_vertices(shuffled, find_clusters(shuffled, search), channels, timing)
    np.testing.assert_array_equal(positions(found), positions(again))
    later = sort_hits(Hits(toy.time_ns.astype(float) + 1234.5, *toy[1:4]), channels.live)
    shifted = fit_vertices(later, find_clusters(later, search), channels, timing)
    np.testing.assert_allclose(positions(shifted), positions(found), atol=1e-3)
    np.testing.assert_allclose(shifted.emission_ns - found.emission_ns, 1234.5, atol=1e-2)


def test_too_few_hits_give_an_invalid_centroid(hits, clusters, channels, timing):
    short = clusters._replace(last=clusters.first + 3)
    found = fit_vertices(hits, short, channels, timing)
    assert not found.valid.any()
    assert np.isnan(found.sigma_m).all()
    assert np.isfinite(positions(found)).all()


def test_first_of_several_photons_takes_the_outward_bias_away(
    toy_detector, points_in_sphere, channels, search, timing, rng
):
    edge = points_in_sphere(rng, 200, 1.0)
    outward = edge / np.linalg.norm(edge, axis=1)[:, None]
    toy = toy_detector.gates(rng, 2.8 * outward, 600)
    hits = sort_hits(Hits(*toy[:4]), channels.live)
    clusters = find_clusters(hits, search)

    def bias(model):
        return (
            ((positions(fit_vertices(hits, clusters, channels, model)) - toy.vertex_m) * outward)
            .sum(1)
            .mean()
        )

    one_photon = np.array([1, 1, 0, 0], np.float32)  # nothing for the later ones
    assert abs(bias(timing)) < 0.012  # error of the mean 0.003
    assert bias(timing._replace(log_density=timing.log_density * one_photon)) > 0.018


def test_bright_events_near_the_vessel_are_not_pulled_outward(toy_detector, channels, search, timing, rng):
    """8 MeV at 3.9 m: near tubes see up to 30 photons each, and the first of them comes early."""
    direction = rng.normal(size=(60, 3))
    true = 3.9 * direction / np.linalg.norm(direction, axis=1)[:, None]
    hits = sort_hits(Hits(*toy_detector.gates(rng, true, 4600)[:4]), channels.live)
    found = fit_vertices(hits, find_clusters(hits, search), channels, timing)
    outward = np.sqrt(found.x_m**2 + found.y_m**2 + found.z_m**2) - 3.9
    assert len(outward) == 60
    assert abs(outward.mean()) < 0.02
