"""Calibration events through detector and reconstruction, with the truth beside them."""

from typing import NamedTuple

import numpy as np

from recon.channels import Channels
from recon.clusters import Clusters, cluster_search, find_clusters
from recon.config import ReconConfig
from recon.energy import Estimators, estimate_energy
from recon.hits import Hits, false_hits, sort_hits
from sim.core.geometry import FiducialVolume, Photomultipliers
from sim.core.primaries import Block, Primaries
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.gates import Gates
from sim.detector.model import build_detector
from sim.detector.response import respond
from sim.sources.calibration import CalibrationSource
from sim.sources.source import Birks

FIDUCIAL = FiducialVolume(2.8, -1.8, 2.2)  # of the Phase-II analysis


class Probed(NamedTuple):
    """First clusters of calibration events: their rows and the primaries they belong to."""

    estimators: Estimators
    hits: Hits
    clusters: Clusters
    channels: Channels
    primaries: Primaries
    row: np.ndarray  # (n_clusters,) of the primary, -1 for none

    def place_m(self):
        """Return the true vertices, (3, n_clusters)."""
        return np.stack([self.primaries.x_m, self.primaries.y_m, self.primaries.z_m])[:, self.row]

    def first(self):
        """Return which clusters are the first of an event."""
        return (self.clusters.number == 0) & (self.row >= 0)

    def fiducial(self):
        """Return which clusters are the first of an event in the fiducial volume."""
        return self.first() & FIDUCIAL.contains(*self.place_m())


def cluster_gates(gates: Gates, pmts: Photomultipliers, config: ReconConfig):
    """Return the sorted hits of gates without false ones, and their clusters."""
    offsets = np.concatenate([[0], np.cumsum(gates.counts)])
    raw = Hits(gates.hit_time_ns, gates.hit_pmt, gates.hit_charge_pe, offsets)
    hits = sort_hits(raw, pmts.live, false_hits(config), pmts.charge_live)
    return hits, find_clusters(hits, cluster_search(config, int(pmts.live.sum())))


def probe(config: DetectorConfig, particle, energy_mev, events, radius_m=2.8, seed=1):
    """Simulate and reconstruct events spread over a centred sphere."""
    detector = build_detector(config, PileUpConfig(analysis_threshold_nh=0.0))
    birks = Birks(config.quenching.kb_beta_cm_mev, config.quenching.kb_alpha_cm_mev)
    source = CalibrationSource(particle, energy_mev, events / 100.0, birks, radius_m=radius_m, regular=True)
    block = Block(seed, 0, 0, 100.0)
    primaries, deposits = source.generate(block)
    response = respond(block, primaries, deposits, detector)
    gates, pmts, recon = response.gates, detector.pmts, ReconConfig()
    hits, clusters = cluster_gates(gates, pmts, recon)
    channels = Channels(pmts.x_m, pmts.y_m, pmts.z_m, pmts.live, pmts.charge_live, pmts.concentrator)
    estimators = estimate_energy(hits, clusters, channels, recon)
    primary = np.full(len(gates.counts), -1)
    owned = gates.primary_gate >= 0
    primary[gates.primary_gate[owned]] = response.groups.primary[owned]
    found = Probed(estimators, hits, clusters, channels, primaries, primary[clusters.gate])
    assert found.first().sum() > 0.999 * len(primaries.time_ns)
    return found


def core(values):
    """Mean and standard deviation within four standard deviations.

    A Gaussian fitted to the core, 1.5 standard deviations to either side, is 0.5 to 2 % wider: the peaks have no
    tails that would be cut off.
    """
    for _ in range(5):
        values = values[np.abs(values - values.mean()) < 4 * values.std()]
    return values.mean(), values.std()
