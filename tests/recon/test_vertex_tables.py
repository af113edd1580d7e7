"""The packaged tables of the vertex fit are those that their makers make of the packaged light map."""

import numpy as np

from recon.pattern import packaged_chance
from recon.timing import packaged_travel
from scripts.make_timing import DISTANCES_M, EDGES_NS, delays
from scripts.make_vertex_pattern import fit
from sim.core.geometry import PMT_RADIUS_M
from sim.detector.optical.light_map import N_ANGLES, NODE_M
from sim.detector.optical.map_store import packaged_map

AGAIN = "the light map is newer: run scripts/make_timing.py and scripts/make_vertex_pattern.py"


def test_delays_are_those_of_the_light_map():
    travel = packaged_travel()
    np.testing.assert_allclose(travel.distance_m, DISTANCES_M)
    np.testing.assert_allclose(travel.edge_ns, EDGES_NS)
    np.testing.assert_allclose(travel.share, delays(packaged_map()[0]), rtol=2e-3, atol=1e-6, err_msg=AGAIN)


def test_chances_are_those_of_the_light_map():
    light, provenance = packaged_map()
    powers, coefficients, residuals = fit(light, provenance["photons"])
    chance = packaged_chance()
    for kind in range(2):
        packaged = [chance[kind, a, b] for a, b in powers]
        np.testing.assert_allclose(packaged, coefficients[kind], rtol=1e-5, atol=1e-5, err_msg=AGAIN)
    assert residuals.max() < 0.04  # of which 0.025 are the map's statistics


def test_smooth_chances_keep_the_light_of_every_radius():
    """Over all directions the polynomials sum to the map's light within 0.6 % to 3.75 m, next to the vessel's film 1.5 %."""
    light, chance = packaged_map()[0], packaged_chance()
    half_chord = (np.arange(N_ANGLES) + 0.5) / N_ANGLES
    for node in range(18):
        square = (node * NODE_M / PMT_RADIUS_M) ** 2
        along = np.sqrt(square) * (1.0 - 2.0 * half_chord**2)
        seen = light.chance[0, :, node].sum(axis=0)
        powers = square ** np.arange(chance.shape[1]), along[:, None] ** np.arange(chance.shape[2])
        smooth = np.exp(np.einsum("ab,a,nb->n", chance[0], *powers))
        ratio = (smooth * half_chord).sum() / (seen * half_chord).sum()
        assert abs(ratio - 1.0) < (0.015 if node >= 16 else 0.006), node
