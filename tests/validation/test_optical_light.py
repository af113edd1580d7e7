"""The optical fidelity beside published figures, with nothing tuned.

Sources: constants and yield of [BX-G4] and [BX-MC18]; effective refractive index of [BX-ECHIDNA]; ratio of the windows
of [BX-PDF17]; time of the reflected light from a thesis excerpt on the Monte Carlo's tuning (50 to 70 ns, spoken of
without the place of the events).
"""

import numpy as np
import pytest

from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.geometry import build_photomultipliers
from sim.core.primaries import empty_primaries, point_deposits
from sim.detector.config import DetectorConfig, EmissionConfig
from sim.detector.optical.config import OpticalConfig
from sim.detector.optical.model import Electrons, Light, OpticalDetector, photon_key
from sim.detector.optical.world import CHERENKOV, REFLECTED, SCATTERED

PMTS = build_photomultipliers(2000, 2000, 1)


def shine(places, visible_mev=1.0, config=None, electrons=None) -> Light:
    primaries = empty_primaries(len(places))
    primaries.x_m[:], primaries.y_m[:], primaries.z_m[:] = np.asarray(places).T
    detector = OpticalDetector.build(config or DetectorConfig(), PMTS, OpticalConfig())
    where = point_deposits(primaries, 0, np.full(len(places), visible_mev))
    return detector.track(photon_key(20, 0), where, electrons)


def on_shell(rng, radius, n):
    out = rng.normal(size=(n, 3))
    return radius * out / np.linalg.norm(out, axis=1)[:, None]


@pytest.fixture(scope="module")
def centre() -> Light:
    return shine(np.zeros((400, 3)))


def test_yield_at_the_centre(centre):
    """About 500 p.e./MeV on 2000 tubes, 12 % of the 4243 tracked photons: the snapshot's own figures.

    Efficiencies and the steel are tuned to the hits of events (N_h), which ask for more light: 12 % are allowed.
    """
    tracked = sum(centre.fates.values()) / 400
    assert tracked == pytest.approx(4243, rel=2e-3)
    assert len(centre.photoelectrons.tube) / 400 == pytest.approx(500, rel=0.12)
    assert centre.fates["seen"] / sum(centre.fates.values()) == pytest.approx(0.12, abs=0.012)


def test_yield_is_smooth_over_the_vessel(rng):
    """No structure: a change below 3 % between shells 0.5 m apart up to 4 m, below 5 % in all."""
    radii = np.arange(0.0, 4.1, 0.5)
    found = np.array([len(shine(on_shell(rng, r, 120)).photoelectrons.tube) / 120 for r in radii])
    assert np.all(np.abs(np.diff(found)) < 0.03 * found[0])
    assert np.all(np.abs(found / found[0] - 1) < 0.05)


def test_effective_index():
    """Light that neither scattered nor was reflected travels as with n = 1.68 to 1.70, the index of vertex fits.

    The reconstruction's index holds for the early light of all events; 0.03 are allowed around its range.
    """
    flash = shine(np.zeros((200, 3)), config=DetectorConfig(emission=EmissionConfig(enabled=False)))
    found = flash.photoelectrons
    straight = (found.history & (SCATTERED | REFLECTED)) == 0
    index = np.median(found.time_ns[straight]) * SPEED_OF_LIGHT_M_NS / 6.559
    assert 1.65 < index < 1.73


def test_time_profile(centre):
    """A fast rise, a tail of scattered and slow light, and the light reflected by the far side.

    Lambert chords crowd at the diameter (their density grows with length), 13.4 m more than the direct way of light
    from the centre: 72 ns at 5.4 ns/m, shorter for other places. The bump must be a local maximum there.
    """
    jitter = np.random.default_rng(4).normal(0.0, 1.3, len(centre.photoelectrons.time_ns))
    counts, edges = np.histogram(centre.photoelectrons.time_ns + jitter, np.arange(0.0, 300.0, 2.0))
    peak = counts.argmax()
    after = edges[:-1] - edges[peak]
    smooth = np.convolve(counts, np.ones(3) / 3, "same") / counts[peak]
    assert np.all(smooth[after <= -8.0] < 0.01)  # rises within 8 ns
    valley = smooth[(after >= 40) & (after <= 70)].min()
    bump = np.where((after >= 60) & (after <= 90), smooth, 0.0)
    assert bump.max() > 1.03 * valley
    assert 60 <= after[bump.argmax()] <= 80
    assert smooth[after.searchsorted(100)] < 0.6 * bump.max()
    reflected = (centre.photoelectrons.history & REFLECTED) > 0
    assert 0.10 < reflected.mean() < 0.25


def test_windows(centre):
    """Light within 230 ns over light within 400 ns: 0.991 for electrons in the Monte Carlo spectra; 1 % allowed."""
    since = centre.photoelectrons.time_ns - np.quantile(centre.photoelectrons.time_ns, 1e-4)
    assert np.mean(since < 230) / np.mean(since < 400) == pytest.approx(0.991, abs=0.010)


def test_cherenkov_share():
    """A per cent of the light of a 1 MeV electron, more at 5 MeV; no measured figure is claimed."""
    share = []
    for energy in (1.0, 5.0):
        n = 60
        flashes = Electrons(np.full(n, energy), np.zeros(n), np.zeros(n), np.ones(n))
        light = shine(np.zeros((n, 3)), energy, electrons=flashes)
        share.append(np.mean((light.photoelectrons.history & CHERENKOV) > 0))
    assert 0.002 < share[0] < share[1] < 0.05
