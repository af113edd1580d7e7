import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recon import pulse_shape as room
from recon.network import network_scores
from recon.pulse_features import EDGES_NS, FEATURES, N_BINS
from recon.pulse_shape import PulseShapes, discriminate, gatti, gatti_weights, pulse_model
from sim.core.errors import TableError
from sim.core.tables import load_table

PROFILES = arrays(float, 12, elements=st.floats(0.0, 1.0))


@pytest.fixture(scope="module")
def model():
    return pulse_model()


def test_weights_are_those_of_the_formula():
    alpha, beta = np.array([0.1, 0.3, 0.0, 0.0]), np.array([0.3, 0.1, 0.2, 0.0])
    np.testing.assert_allclose(gatti_weights(alpha, beta), [-0.5, 0.5, -1.0, 0.0])


@given(PROFILES, PROFILES)
def test_weights_change_sign_with_the_classes_and_are_bounded(a, b):
    np.testing.assert_array_equal(gatti_weights(a, b), -gatti_weights(b, a))
    assert np.abs(gatti_weights(a, b)).max() <= 1.0


def test_the_packaged_weights_are_those_of_the_packaged_profiles(model):
    table = load_table("pulse_profiles")
    a, b = table.numbers("alpha"), table.numbers("electron")
    assert a.sum() == pytest.approx(1.0, abs=1e-5)
    assert b.sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(table.numbers("to_ns"), EDGES_NS[1:])
    np.testing.assert_allclose(model.gatti_weight, (a - b) / (a + b))
    # alphas are slow: their sign is that of the late light
    assert model.gatti_weight[EDGES_NS.index(1)] < -0.05
    assert (
        model.gatti_weight[EDGES_NS.index(20) :] > -0.02
    ).all()  # reflected light of both is in the middle
    assert (model.gatti_weight[-7:] > 0.1).all()


def test_gatti_is_the_mean_weight_of_the_hits(model, compiled_equals_plain):
    counts = np.random.default_rng(6).poisson(8.0, (20, N_BINS)).astype(float)
    features = np.zeros((20, len(FEATURES)))
    features[:, :N_BINS] = counts / counts.sum(axis=1, keepdims=True)
    expected = [np.average(model.gatti_weight, weights=row) for row in counts]
    np.testing.assert_allclose(gatti(features, model.gatti_weight), expected, rtol=1e-12)
    compiled_equals_plain(room._weighted, features, model.gatti_weight, np.zeros(20), rtol=1e-12)


def test_discriminators_come_from_their_own_weights(model):
    features = np.random.default_rng(7).random((9, len(FEATURES)))
    features[4] = np.nan
    found = discriminate(features, model)
    np.testing.assert_array_equal(found.alpha_score, network_scores(features, model.alpha))
    np.testing.assert_array_equal(found.positron_score, network_scores(features, model.positron))
    for column in found:
        np.testing.assert_array_equal(np.isnan(column), np.arange(9) == 4)
    assert PulseShapes._fields == ("gatti", "alpha_score", "positron_score")


def test_tables_of_other_bins_are_refused(monkeypatch):
    monkeypatch.setattr(room, "EDGES_NS", (*EDGES_NS[:-2], 800, 1000))
    with pytest.raises(TableError, match="its bins are not those of this program"):
        pulse_model()
