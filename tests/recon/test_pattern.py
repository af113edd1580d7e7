import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import pattern as module
from recon.pattern import REACH_M, light_ratio, no_pattern, packaged_chance, pattern_likelihood, pattern_model
from sim.core.geometry import PMT_RADIUS_M


@pytest.fixture(scope="module")
def hit_tubes(pattern):
    rng = np.random.default_rng(3)
    return rng.choice(np.flatnonzero(pattern.used), 60), rng.integers(1, 4, 60).astype(float)


def exact(pattern, place_m):
    """Logarithm of every tube's chance, float64 (n_pmt,), by the definition of the table."""
    x = np.asarray(place_m) / PMT_RADIUS_M
    terms = [(x @ x) ** np.arange(pattern.chance.shape[1])[:, None]]
    along = (pattern.toward @ x)[:, None, None] ** np.arange(pattern.chance.shape[2])
    return (pattern.chance[pattern.bare] * terms[0] * along).sum(axis=(1, 2))


@pytest.mark.parametrize("place_m", [(0.0, 0.0, 0.0), (1.2, -2.0, 0.6), (0.3, 0.1, 4.2)])
def test_gradient_and_hessian_are_the_derivatives(pattern, hit_tubes, place_m):
    def evaluate(place):
        gradient, hessian = np.empty(3), np.empty((3, 3))
        return pattern_likelihood(place, *hit_tubes, pattern, gradient, hessian), gradient, hessian

    place, h = np.array(place_m), 1e-5
    _, gradient, hessian = evaluate(place)
    for k in range(3):
        up, down = evaluate(place + h * np.eye(3)[k]), evaluate(place - h * np.eye(3)[k])
        assert gradient[k] == pytest.approx((up[0] - down[0]) / (2 * h), rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(hessian[k], (up[1] - down[1]) / (2 * h), rtol=1e-5, atol=1e-5)


@given(st.floats(0.0, 4.2), st.floats(-1.0, 1.0), st.floats(-3.2, 3.2))
def test_likelihood_is_that_of_shares_of_the_light(pattern, hit_tubes, radius, cosine, phi):
    sine = np.sqrt(1.0 - cosine**2)
    place = radius * np.array([sine * np.cos(phi), sine * np.sin(phi), cosine])
    tube, photons = hit_tubes
    chance = exact(pattern, place)
    shares = chance - np.log(np.exp(chance[pattern.used]).sum())
    found = pattern_likelihood(place, tube, photons, pattern, np.empty(3), np.empty((3, 3)))
    assert found == pytest.approx((photons * shares[tube]).sum(), abs=0.006 * photons.sum())


def test_sum_over_tubes_is_fitted_to_three_permille_in_the_fiducial_volume(pattern):
    direction = np.random.default_rng(1).normal(size=(300, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    for radius, error in ((1.0, 0.003), (2.8, 0.003), (4.0, 0.008)):
        place = radius * direction
        seen = np.array([np.exp(exact(pattern, one)[pattern.used]).sum() for one in place])
        seen /= np.exp(exact(pattern, np.zeros(3))[pattern.used]).sum()
        np.testing.assert_allclose(light_ratio(pattern, *np.ascontiguousarray(place.T)), seen, rtol=error)


def test_light_ratio_is_one_at_the_centre_and_stays_beyond_the_reach(pattern):
    far = np.array([0.0, REACH_M, 2.0 * REACH_M])
    zero = np.zeros(3)
    found = light_ratio(pattern, zero, far, zero)
    assert found[0] == pytest.approx(1.0, abs=1e-12)
    assert found[1] == found[2]


def test_only_tubes_with_usable_charge_are_in_the_sum(channels):
    upper = channels.charge_live & (channels.z_m > 0.0)
    half = pattern_model(channels._replace(charge_live=upper))
    z = np.array([-2.0, 2.0])
    down, up = light_ratio(half, np.zeros(2), np.zeros(2), z)
    assert down < 0.85
    assert up > 1.15
    none = pattern_model(channels._replace(charge_live=upper & False))
    np.testing.assert_array_equal(none.used, channels.live)


def test_tubes_with_concentrator_see_more_from_inside_the_vessel():
    chance = packaged_chance()
    along = 0.5 ** np.arange(chance.shape[2])
    assert (chance[0] @ along)[0] > (chance[1] @ along)[0]
    nothing = no_pattern(5)
    assert nothing.weight == 0.0
    assert not nothing.used.any()


def test_kernels_compiled_and_plain_agree(pattern, hit_tubes, compiled_equals_plain):
    place = np.array([0.4, -0.7, 1.1])
    compiled_equals_plain(
        pattern_likelihood, place, *hit_tubes, pattern, np.empty(3), np.empty((3, 3)), rtol=1e-8
    )
    compiled_equals_plain(module._along, pattern.chance[0], 0.2, np.empty((3, pattern.chance.shape[2])))
    compiled_equals_plain(module._total, pattern.total, 0.1, 0.2, -0.3)
    compiled_equals_plain(module.total_at, pattern.total, 0.1, 0.2, -0.3, np.empty(3), np.empty((3, 3)))
    some = np.ascontiguousarray(pattern.toward[:9])
    compiled_equals_plain(module._seen, place[None] / PMT_RADIUS_M, some, pattern.bare[:9], pattern.chance)
    compiled_equals_plain(module._ratios, pattern.total, place, place, 5.0 * place)
