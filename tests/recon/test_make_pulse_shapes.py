"""The maker of the pulse-shape tables: its training, its numbers, its rows."""

import numpy as np
import pytest
from scipy.stats import norm

from recon.network import network_scores, read_network
from recon.pulse_features import FEATURES
from scripts import make_pulse_shapes as maker
from sim.core.tables import read_table


def gaussians(seed):
    """Two Gaussian classes, 2 sigma apart in one feature and equal in all others; features of odd scales."""
    rng = np.random.default_rng(seed)
    label = np.repeat([1.0, 0.0], 3000)
    features = rng.normal(size=(6000, len(FEATURES)))
    features[:, 5] += 2.0 * label
    return maker.Pulses(
        (features + 3.0) * np.geomspace(1e-3, 1e3, len(FEATURES)), label, np.zeros(6000, np.int64)
    )


@pytest.fixture(scope="module")
def toy():
    return gaussians(8)


@pytest.fixture(scope="module")
def network(toy):
    return maker.train(toy, 1)


def test_training_finds_what_there_is_and_the_same_again(toy, network):
    fresh = gaussians(9)
    score = network_scores(fresh.features, network)
    best = norm.cdf(2.0 / np.sqrt(2.0))  # area of two unit Gaussians 2 apart
    assert best - 0.04 < maker.area(score, fresh.label) < best + 0.015
    assert np.mean(score[fresh.label > 0]) == pytest.approx(1.0 - np.mean(score[fresh.label == 0]), abs=0.03)
    for one, other in zip(network, maker.train(toy, 1), strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_read_back_as_the_same_network(toy, network, tmp_path):
    head = ["# title: t", "# source: s", "# units: u", "# made_by: m"]
    rows = [",".join(("network", "unit", "output", "bias", *FEATURES)), *maker.rows_of("toy", network)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(head + rows) + "\n", encoding="utf-8")
    again = read_network(read_table(path, "table"), "toy", FEATURES)
    np.testing.assert_allclose(
        network_scores(toy.features, again), network_scores(toy.features, network), atol=1e-4
    )


def test_quoted_numbers():
    rng = np.random.default_rng(9)
    label = np.repeat([1.0, 0.0], 40_000)
    score = rng.normal(size=80_000) + 3.0 * label
    assert maker.area(score, label) == pytest.approx(norm.cdf(3.0 / np.sqrt(2.0)), abs=0.002)
    assert maker.efficiency(score, label) == pytest.approx(norm.sf(norm.ppf(0.99) - 3.0), abs=0.02)
    assert maker.separation(score, label) == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize("particle", ["alpha", "electron"])
def test_equal_light(particle):
    kb = {"alpha": 0.01075, "electron": 0.01098}[particle]
    energy = maker.kinetic(particle, 0.41, kb)
    assert float(maker.visible_energies(particle, np.array([energy]), kb)[0]) == pytest.approx(0.41, rel=1e-9)
    assert energy > 0.41
