"""Claim: vertices are good to 8 cm at 1 MeV, unbiased to 2 cm, with honest errors; charges can be made flat.

Asked: 10 cm at 1 MeV (Borexino Phase-II performance, unverified), bias of a few cm at most. The light is that of the
detector with delays, uneven live tubes, uneven efficiencies (of which the reconstruction is not told) and the
electronics. Tolerances: the numbers found with 4 to 10 times the events, plus three statistical errors.
"""

from itertools import pairwise

import numpy as np
import pytest

from recon import pipeline as recon_pipeline
from recon.config import ReconConfig
from sim.calibration import simulate_probes
from sim.core import rootio, schema
from sim.core.config import read_card
from sim.core.probes import Probe

AXES = ("x_m", "y_m", "z_m")
PROBES = {
    "0.2 MeV": Probe("electron", 0.2, 3.5, False, 16_000),
    "0.5 MeV": Probe("electron", 0.5, 3.5, False, 8000),
    "1 MeV": Probe("electron", 1.0, 3.5, False, 8000),
    "2 MeV": Probe("electron", 2.0, 3.5, False, 4000),
    "5 MeV": Probe("electron", 5.0, 3.5, False, 1500),
    "alpha": Probe("alpha", 5.304, 3.5, False, 8000),
}


class Sample:
    """True and found vertices (n, 3), reco rows, and which truly are in the fiducial volume."""

    def __init__(self, truth, reco):
        order = np.argsort(truth["event_id"])
        row = order[np.searchsorted(truth["event_id"], reco["event_id"], sorter=order)]
        self.true = np.column_stack([truth[name][row].astype(float) for name in AXES])
        self.found = np.column_stack([reco[name].astype(float) for name in AXES])
        self.reco = reco
        self.off = self.found - self.true
        self.radius = np.linalg.norm(self.true, axis=1)
        self.outward = (self.off * self.true).sum(axis=1) / self.radius
        usable = (reco["vertex_valid"] > 0) & (reco["cluster"] == 0)
        self.inside = usable & ReconConfig().fiducial_volume().contains(*self.true.T)
        self.sigma = self.off[self.inside].std()
        self.pull = (self.off / reco["vertex_sigma_m"][:, None])[self.inside].std()


def reconstructed(path, config):
    summary = recon_pipeline.reconstruct(path, path.with_name("reco.root"), config)
    truth = rootio.read_tree(path, schema.TRUTH, ["event_id", *AXES])
    return Sample(truth, rootio.read_tree(summary.output, schema.RECO))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """An events file a probe, in the detector of the preset card."""
    card = read_card("phase2")
    found = {}
    for name, probe in PROBES.items():
        found[name] = tmp_path_factory.mktemp(name.replace(" ", "")) / "events.root"
        simulate_probes(card, [probe], found[name])
    return found


@pytest.fixture(scope="module")
def samples(files):
    return {name: reconstructed(path, ReconConfig()) for name, path in files.items()}


@pytest.mark.parametrize("name", PROBES)
def test_every_event_is_one_cluster_with_a_vertex(samples, name):
    reco = samples[name].reco
    assert len(reco["nh"]) == pytest.approx(PROBES[name].events, rel=0.012)  # 1 % of bright ones part
    assert reco["vertex_valid"].mean() > 0.998


@pytest.mark.parametrize(
    ("name", "sigma_m"),
    [
        ("0.2 MeV", 0.205),
        ("0.5 MeV", 0.113),
        ("1 MeV", 0.078),
        ("2 MeV", 0.057),
        ("5 MeV", 0.040),
        ("alpha", 0.146),
    ],
)
def test_resolution(samples, name, sigma_m):
    off = samples[name].off[samples[name].inside]
    assert off.std(axis=0).max() < sigma_m  # asked: 0.10 at 1 MeV
    assert (np.abs(off).max(axis=1) > 12.0 * sigma_m).mean() < 1e-3


@pytest.mark.parametrize("name", ["0.2 MeV", "0.5 MeV", "1 MeV", "2 MeV"])
def test_uncertainty_describes_the_scatter(samples, name):
    assert 0.95 < samples[name].pull < 1.06  # asked: 0.9 to 1.1; found 1.00 to 1.02


@pytest.mark.parametrize("name", PROBES)
def test_bias_is_below_two_centimetres_in_the_fiducial_volume(samples, name):
    sample = samples[name]
    off = sample.off[sample.inside]
    assert np.abs(off.mean(axis=0)).max() < 0.005 + 3.0 * sample.sigma / np.sqrt(len(off))
    for low, high in ((0.0, 1.5), (1.5, 2.0), (2.0, 2.4), (2.4, 2.8)):
        shell = sample.outward[sample.inside & (sample.radius > low) & (sample.radius < high)]
        assert abs(shell.mean()) < 0.02 + 2.0 * shell.std() / np.sqrt(len(shell)), (low, high)


def test_fiducial_mass_is_kept(samples):
    """1.3 cm outward at 2.8 m is 1 % of the events in the volume, besides chance."""
    sample = samples["1 MeV"]
    inside = ReconConfig().fiducial_volume().contains(*sample.true.T)
    crossed = (sample.reco["fiducial"] != inside).sum()
    ratio = sample.reco["fiducial"].sum() / inside.sum()
    assert ratio == pytest.approx(1.0, abs=0.012 + 3.0 * np.sqrt(crossed) / inside.sum())


@pytest.mark.parametrize("name", ["0.5 MeV", "1 MeV"])
def test_hit_pattern_sharpens_the_vertex(files, samples, name):
    alone = reconstructed(files[name], ReconConfig(vertex_pattern=False))
    gain = 1.0 - samples[name].sigma / alone.sigma
    assert 0.03 < gain < 0.12  # 6 to 8 %: light's centroid alone is good to 27 cm at 1 MeV


def test_law_of_delays_beats_straight_light(files, samples):
    straight = ReconConfig(vertex_delays=False, refractive_index=1.68)
    old = reconstructed(files["1 MeV"], straight)
    assert samples["1 MeV"].sigma < 0.975 * old.sigma  # 4.4 %
    assert old.pull > 1.35  # 1.46: the simple law believes too much in late hits


def flat(sample, corrected, radius_m):
    """Mean charge over its mean in slices of r and of z within a radius, and their statistical errors."""
    charge = sample.reco["charge_pe"].astype(float)
    if corrected:
        charge = charge / sample.reco["light_ratio"]
    use = (sample.radius < radius_m) & (sample.reco["vertex_valid"] > 0) & (sample.reco["cluster"] == 0)
    whole = charge[use].mean()
    parts = [
        (sample.radius**3, np.linspace(0.0, radius_m**3, 6)),
        (sample.true[:, 2], np.linspace(-0.8, 0.8, 6) * radius_m),
    ]
    slices = [
        charge[use & (value > low) & (value < high)]
        for value, edges in parts
        for low, high in pairwise(edges)
    ]
    mean = np.array([part.mean() / whole - 1.0 for part in slices])
    return mean, np.array([part.std() / whole / np.sqrt(len(part)) for part in slices])


def test_light_ratio_makes_the_charge_flat(samples, tmp_path):
    before, _ = flat(samples["1 MeV"], False, 2.8)
    after, error = flat(samples["1 MeV"], True, 2.8)
    assert np.abs(before).max() > 0.02
    assert (np.abs(after) < 0.005 + 3.0 * error).all()
    assert np.abs(after).max() < 0.01
    path = tmp_path / "events.root"
    simulate_probes(read_card("phase2"), [Probe("electron", 1.0, 4.0, False, 8000)], path)
    outer, error = flat(reconstructed(path, ReconConfig()), True, 4.0)
    assert (np.abs(outer) < 0.01 + 3.0 * error).all()


@pytest.mark.slow
def test_law_and_pattern_hold_for_tracked_photons(tmp_path):
    card = read_card("phase2", ["detector.fidelity='optical'", "pile_up.c14=false"])
    simulate_probes(card, [Probe("electron", 1.0, 3.0, False, 500)], tmp_path / "events.root")
    sample = reconstructed(tmp_path / "events.root", ReconConfig())
    assert sample.sigma < 0.085  # 0.076 of 1200 events
    assert 0.9 < sample.pull < 1.15
    outward = sample.outward[sample.inside]
    assert abs(outward.mean()) < 0.02
