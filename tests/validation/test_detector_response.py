"""Means and widths of the estimators, from hits through reconstruction.

Numbers: Monte Carlo spectra of the Phase-II analysis [BX-PDF17], reduced to mean and width of monoenergetic
electrons spread over the fiducial volume (R < 2.8 m, -1.8 < z < 2.2 m), and of the 210Po peak. Tolerance:
means 2 %, widths 6 %; 210Po 3 % each. The same numbers were used to tune the detector's constants.
"""

import numpy as np
import pytest

from recon.channels import Channels
from recon.config import ReconConfig
from recon.energy import estimate_energy
from recon.hits import Hits, cluster_search, find_clusters, sort_hits
from sim.core.geometry import FiducialVolume
from sim.core.primaries import Block
from sim.detector.config import DetectorConfig, PileUpConfig
from sim.detector.model import build_detector
from sim.detector.response import respond
from sim.sources.calibration import CalibrationSource
from sim.sources.source import Birks

ESTIMATORS = ("nh", "np_230", "np_400", "charge_pe")
ELECTRONS = {  # MeV: mean and width of each estimator
    0.2: ((90.4, 10.9), (87.8, 10.7), (88.6, 10.7), (99.9, 13.4)),
    0.5: ((224.1, 17.2), (217.5, 16.9), (219.4, 16.9), (256.6, 22.1)),
    0.665: ((293.8, 19.8), (284.9, 19.4), (287.4, 19.4), (343.2, 26.0)),
    1.0: ((426.3, 24.2), (413.0, 23.5), (416.4, 23.6), (519.6, 33.2)),
}
PO210 = ((188.2, 15.3), (172.6, 14.3), (178.0, 14.5), (208.9, 18.8))
EVENTS = 30_000


def core(values):
    """Mean and standard deviation within four standard deviations."""
    for _ in range(5):
        values = values[np.abs(values - values.mean()) < 4 * values.std()]
    return values.mean(), values.std()


@pytest.fixture(scope="module")
def measure():
    config = DetectorConfig()
    detector = build_detector(config, PileUpConfig(analysis_threshold_nh=0.0))
    birks = Birks(config.quenching.kb_beta_cm_mev, config.quenching.kb_alpha_cm_mev)
    volume = FiducialVolume(2.8, -1.8, 2.2)
    pmts = detector.pmts
    channels = Channels(pmts.x_m, pmts.y_m, pmts.z_m, pmts.live, pmts.charge_live)
    recon = ReconConfig()
    search = cluster_search(recon, int(pmts.live.sum()))

    def run(species, energy_mev):
        source = CalibrationSource(species, energy_mev, EVENTS / 100.0, birks, radius_m=2.8, regular=True)
        block = Block(1, 0, 0, 100.0)
        primaries, deposits = source.generate(block)
        response = respond(block, primaries, deposits, detector)
        gates = response.gates
        offsets = np.concatenate([[0], np.cumsum(gates.counts)])
        hits = sort_hits(Hits(gates.hit_time_ns, gates.hit_pmt, gates.hit_charge_pe, offsets), pmts.live)
        clusters = find_clusters(hits, search)
        estimators = estimate_energy(hits, clusters, channels, recon)
        primary = np.full(len(gates.counts), -1)
        owned = gates.primary_gate >= 0
        primary[gates.primary_gate[owned]] = response.groups.primary[owned]
        row = primary[clusters.gate]
        wanted = volume.contains(primaries.x_m[row], primaries.y_m[row], primaries.z_m[row])
        wanted &= (clusters.number == 0) & (row >= 0)
        inside = volume.contains(primaries.x_m, primaries.y_m, primaries.z_m).sum()
        assert wanted.sum() > 0.999 * inside
        return {name: core(getattr(estimators, name)[wanted]) for name in ESTIMATORS}

    return run


@pytest.mark.parametrize("energy_mev", ELECTRONS)
def test_electrons_in_the_fiducial_volume(measure, energy_mev):
    found = measure("electron", energy_mev)
    for name, (mean, width) in zip(ESTIMATORS, ELECTRONS[energy_mev], strict=True):
        assert found[name][0] == pytest.approx(mean, rel=0.02), name
        assert found[name][1] == pytest.approx(width, rel=0.06), name


def test_polonium_peak(measure):
    found = measure("alpha", 5.30433)
    for name, (mean, width) in zip(ESTIMATORS, PO210, strict=True):
        assert found[name][0] == pytest.approx(mean, rel=0.03), name
        assert found[name][1] == pytest.approx(width, rel=0.03), name
    assert found["np_230"][0] / found["nh"][0] == pytest.approx(
        172.6 / 188.2, rel=0.01
    )  # the slow alpha tail
