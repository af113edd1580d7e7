"""Means and widths of the estimators, from hits through reconstruction.

Numbers: Monte Carlo spectra of the Phase-II analysis [BX-PDF17], reduced to mean and width of monoenergetic
electrons spread over the fiducial volume (R < 2.8 m, -1.8 < z < 2.2 m), and of the 210Po peak. Tolerance:
means 1 %, widths 3 %, each and two standard deviations of the sample, N_p(230) over N_p(400) 0.005.

The electrons' means come from a form without a constant, LY E (1 - c E), that was fitted to spectra of 7Be and
pep. Their edges fix it; a constant, the dark hits of the window, is missed at lower energies
(``form_misses``): 1.3 of the 2.2 dark hits of a cluster at 0.2 MeV.

210Po decays while tubes die: two thirds of it were seen in 2012 with 2000/live = 1.13, the mean over Phase-II is
1.21, and the variance of normalised hits goes as 2000/live. So the peak is narrower than electrons of as many
hits (15.3 and 15.7 published), and it is simulated year by year, as are electrons at a constant rate. Rates
of 210Po: fits of single years, working numbers of the collaboration [BX-PDF17]; tubes: the packaged guess.

Constants that were tuned to these numbers: mean efficiency of the tubes, live tubes and their gradient along z,
channels with usable charge, mean charge of a photoelectron, reflectivity of the steel, Birks' constant of
alphas.
"""

import numpy as np
import pytest

from recon.config import ReconConfig
from sim.detector.config import DetectorConfig
from sim.detector.tubes_config import TubesConfig
from sim.physics.quenching import visible_energy_electron
from tests.detector_probe import core, probe

ESTIMATORS = ("nh", "np_230", "np_400", "charge_pe")
ELECTRONS = {  # MeV: mean and width of each estimator
    0.2: ((90.4, 10.9), (87.8, 10.7), (88.6, 10.7), (99.9, 13.4)),
    0.5: ((224.1, 17.2), (217.5, 16.9), (219.4, 16.9), (256.6, 22.1)),
    0.665: ((293.8, 19.8), (284.9, 19.4), (287.4, 19.4), (343.2, 26.0)),
    1.0: ((426.3, 24.2), (413.0, 23.5), (416.4, 23.6), (519.6, 33.2)),
}
PO210 = ((188.2, 15.3), (172.6, 14.3), (178.0, 14.5), (208.9, 18.8))
BETA_RATIO, ALPHA_RATIO = 0.992, 0.970  # N_p(230) over N_p(400)
YEARS = {  # row of the history, years of data, 210Po in cpd/100 t
    "2012-07-01": (1.05, 717.5),
    "2013-07-01": (1.0, 160.1),
    "2014-07-01": (1.0, 105.1),
    "2015-07-01": (1.0, 80.3),
    "2016-01-01": (0.39, 55.0),
}
EDGES_MEV = (0.665, 1.22)  # of the recoil electrons of 7Be and pep
EVENTS = 30_000
PEAK_EVENTS = 20_000


def form_misses(energy_mev):
    """Share of a constant that LY E (1 - c E), right at the two edges, leaves out at an energy."""
    kb = DetectorConfig().quenching.kb_beta_cm_mev
    edges = visible_energy_electron(np.array(EDGES_MEV), kb)
    linear, square = np.linalg.solve(np.stack([edges, edges**2], axis=1), np.ones(2))
    visible = float(visible_energy_electron(np.array([energy_mev]), kb)[0])
    return 1.0 - linear * visible - square * visible**2


def dark_hits():
    """Dark hits for 2000 tubes in the windows of ``ESTIMATORS``."""
    config = ReconConfig()
    windows_ns = np.array([config.min_duration_ns, 230.0, 400.0, config.min_duration_ns])
    return DetectorConfig().dark.rate_hz * 2000 * windows_ns * 1e-9


def check(values, published, beyond=0.0):
    """Compare estimators (4, n) with means and widths; ``beyond`` the published means there is more."""
    more = np.broadcast_to(beyond, 4)
    for name, seen, (mean, width), extra in zip(ESTIMATORS, values, published, more, strict=True):
        seen_mean, seen_width = core(seen)
        mean = mean + extra
        n = len(seen)
        assert abs(seen_mean / mean - 1) < 0.01 + 2 * seen_width / mean / np.sqrt(n), (name, seen_mean)
        assert abs(seen_width / width - 1) < 0.03 + 2 / np.sqrt(2 * n), (name, seen_width)


def fiducial(found):
    return np.stack([getattr(found.estimators, name)[found.fiducial()] for name in ESTIMATORS])


def over_the_years(particle, energy_mev, weights):
    """Events of Phase-II: each year has its tubes and its share of them."""
    history = {row.from_utc: row for row in TubesConfig(history="phase2-guess").history}
    parts = []
    for seed, (date, weight) in enumerate(zip(YEARS, weights, strict=True)):
        row = history[date]
        config = DetectorConfig(tubes={"live": row.live, "charge_live": row.charge_live})
        events = round(PEAK_EVENTS * weight / sum(weights))
        parts.append(fiducial(probe(config, particle, energy_mev, events, seed=seed)))
    return np.concatenate(parts, axis=1)


def ratio(values):
    return values[1].mean() / values[2].mean()


@pytest.mark.parametrize("energy_mev", ELECTRONS)
def test_electrons_in_the_fiducial_volume(energy_mev):
    values = fiducial(probe(DetectorConfig(), "electron", energy_mev, EVENTS))
    check(values, ELECTRONS[energy_mev], form_misses(energy_mev) * dark_hits())
    assert ratio(values) == pytest.approx(BETA_RATIO, abs=0.005)


def test_the_constant_that_the_form_misses():
    assert [round(form_misses(e), 2) for e in (0.2, 0.5, 0.665, 1.22)] == [0.60, 0.15, 0.0, 0.0]


def test_electrons_of_the_data_period():
    values = over_the_years("electron", 0.5, [years for years, _ in YEARS.values()])
    check(values, ELECTRONS[0.5], form_misses(0.5) * dark_hits())


@pytest.fixture(scope="module")
def peak():
    return over_the_years("alpha", 5.30433, [years * rate for years, rate in YEARS.values()])


def test_polonium_peak_of_the_data_period(peak):
    check(peak, PO210)
    assert ratio(peak) == pytest.approx(ALPHA_RATIO, abs=0.005)


def test_the_peak_is_narrower_than_with_the_mean_tubes(peak):
    # The binomial part, 0.84 of the variance, goes as 2000/live: 1.15 in the mean of the decays beside 1.21. The
    # uneven tubes matter less where more are live. Seen in twice the events: 0.967 to 0.978, in others 0.984
    # to 0.992; error of each 0.008.
    steady = fiducial(probe(DetectorConfig(), "alpha", 5.30433, PEAK_EVENTS))
    narrower = [core(one)[1] / core(other)[1] for one, other in zip(peak, steady, strict=True)]
    assert min(narrower) > 0.95
    assert np.mean(narrower) < 0.99
