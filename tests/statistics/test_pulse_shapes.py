"""Pulse-shape discriminators on simulated, reconstructed events with the packaged tables.

Bounds are loose on purpose: the tables are remade when the light transport changes. What must hold of any is
stated where it is used.
"""

import numpy as np
import pytest

from recon.config import ReconConfig
from recon.pipeline import reconstruct
from scripts.make_pulse_shapes import area, efficiency, kinetic, separation
from sim.calibration import simulate_probes
from sim.core.config import read_card
from sim.core.probes import Probe
from sim.core.rootio import read_tree
from sim.core.schema import RECO, TRUTH
from sim.core.tables import load_table

EVENTS = 1500
PO210_MEV = 5.30433
RADIUS_M = 3.5


SETTINGS = ["pile_up.c14=false", "run.seed=991"]


@pytest.fixture(scope="module")
def card():
    return read_card("phase2", SETTINGS)


@pytest.fixture(scope="module")
def reco(card, tmp_path_factory):
    """Columns of the first clusters of 210Po, positrons of 0.3 MeV, and electrons of as much light each."""
    folder = tmp_path_factory.mktemp("pulses")
    probes = [
        Probe("alpha", PO210_MEV, RADIUS_M, False, EVENTS),
        Probe("positron", 0.3, RADIUS_M, False, EVENTS),
    ]
    simulate_probes(card, probes, folder / "one.root")
    truth = read_tree(folder / "one.root", TRUTH, ["block", "visible_mev"])
    visible = np.bincount(truth["block"], truth["visible_mev"]) / EVENTS
    electrons = [Probe("electron", kinetic("electron", v, 0.01098), RADIUS_M, False, EVENTS) for v in visible]
    simulate_probes(card, electrons, folder / "other.root")
    parts = []
    for name in ("one", "other"):
        reconstruct(folder / f"{name}.root", folder / f"{name}_reco.root", ReconConfig())
        rows = read_tree(folder / f"{name}_reco.root", RECO)
        use = (rows["vertex_valid"] > 0) & (rows["cluster"] == 0)
        parts += [
            {key: column[use & (rows["block"] == block)] for key, column in rows.items()} for block in (0, 1)
        ]
    return dict(
        zip(("alpha", "positron", "alpha_like_electron", "positron_like_electron"), parts, strict=True)
    )


def both(reco, kind, column):
    one, other = reco[kind][column].astype(float), reco[f"{kind}_like_electron"][column].astype(float)
    return np.concatenate([one, other]), np.repeat([1.0, 0.0], [len(one), len(other)])


def test_classes_cannot_be_told_apart_by_energy(reco):
    for kind in ("alpha", "positron"):
        ratio = reco[kind]["nh"].mean() / reco[f"{kind}_like_electron"]["nh"].mean()
        assert ratio == pytest.approx(1.0, abs=0.02)


def test_gatti_reaches_the_limit_of_counting(reco):
    # independent hits of the packaged profiles: the mean of n weights separates by sqrt(n) times one hit's
    table = load_table("pulse_profiles")
    a, b = table.numbers("alpha"), table.numbers("electron")
    weight = (a - b) / (a + b)
    mean = [weight @ a, weight @ b]
    variance = [weight**2 @ a - mean[0] ** 2, weight**2 @ b - mean[1] ** 2]
    hits = reco["alpha"]["n_raw_hits"].mean()
    limit = (mean[0] - mean[1]) / np.sqrt(0.5 * sum(variance)) * np.sqrt(hits)
    score, label = both(reco, "alpha", "gatti")
    assert separation(score, label) == pytest.approx(limit, rel=0.12)
    # sign, and the separation that the emission times of the scintillator give at 150 hits: 4, less what
    # a worse light transport takes
    assert score[label > 0].mean() > 0.0 > score[label == 0].mean()
    assert separation(score, label) > 3.0


def test_the_alpha_score_keeps_what_gatti_has(reco):
    gatti, label = both(reco, "alpha", "gatti")
    score, _ = both(reco, "alpha", "alpha_score")
    # Gatti's sum is all but optimal at one energy: 3 sigma apart would give 0.75
    assert efficiency(score, label) > 0.82
    assert area(score, label) > area(gatti, label) - 0.002
    # a cut at 0.5 is fair to both: the network is trained on equal numbers
    assert (score[label > 0] > 0.5).mean() > 0.95
    assert (score[label == 0] < 0.5).mean() > 0.95


def test_the_positron_score_separates_statistically(reco):
    score, label = both(reco, "positron", "positron_score")
    assert 0.75 < area(score, label) < 0.99
    assert score[label > 0].mean() - score[label == 0].mean() > 0.15


def test_positronium_is_part_of_what_the_positron_score_sees(reco, tmp_path):
    # the same positrons, all of which annihilate at once: only the spread of the gammas is left
    prompt = read_card("phase2", [*SETTINGS, "detector.positronium.enabled=false"])
    simulate_probes(prompt, [Probe("positron", 0.3, RADIUS_M, False, EVENTS)], tmp_path / "prompt.root")
    reconstruct(tmp_path / "prompt.root", tmp_path / "reco.root", ReconConfig())
    rows = read_tree(tmp_path / "reco.root", RECO, ["positron_score", "cluster"])
    at_once = rows["positron_score"][rows["cluster"] == 0]
    electron = reco["positron_like_electron"]["positron_score"].mean()
    assert electron < np.nanmean(at_once) < reco["positron"]["positron_score"].mean() - 0.05


def test_columns_are_scores(reco):
    for rows in reco.values():
        assert np.isfinite(rows["gatti"]).all()
        assert np.abs(rows["gatti"]).max() < 1.0
        for column in ("alpha_score", "positron_score"):
            assert ((rows[column] >= 0.0) & (rows[column] <= 1.0)).all()


def test_a_cut_removes_the_alphas_and_keeps_the_electrons(reco):
    for kind, kept in (("alpha", False), ("alpha_like_electron", True)):
        assert ((reco[kind]["alpha_score"] <= 0.5).mean() > 0.5) == kept
