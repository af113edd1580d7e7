"""Light of gammas from outside: the fit's spectrum of 208Tl, stretched, is that of reconstructed events.

The factor of the fit against the one that these events like best, within 0.008: three standard errors of 1500
events (0.0027 each), the rest for the light of even events, known to 0.002 above 1.6 MeV only by extrapolation.
"""

import numpy as np
import pytest

from analysis.asimov import asimov_problem
from analysis.config import FitConfig
from analysis.simulated import simulated_defaults
from scripts.make_external_accepted import RATE_HZ, SPHERE_M
from scripts.make_response import Bench, simulate_source
from sim.block import build_setup
from sim.config import read_config, scintillator
from sim.core.config import read_card
from sim.physics.external_gammas import centroid_chance
from sim.sources.external import ExternalSource

RANGES = {"nh": (300.0, 950.0), "charge_pe": (300.0, 1600.0)}
TRIED = np.arange(-0.02, 0.0201, 0.01)


@pytest.fixture(scope="module")
def events():
    card = read_card("phase2", ())
    config = read_config(card)
    rate = RATE_HZ / centroid_chance("208Tl")
    source = ExternalSource("208Tl", rate, SPHERE_M, scintillator(config.detector))
    return simulate_source(source, Bench(card, config, build_setup(config), 6))


@pytest.mark.slow
@pytest.mark.parametrize("estimator", RANGES)
def test_the_fits_light_of_thallium_is_that_of_its_events(events, estimator):
    card = read_card("phase2", ())
    low, high = RANGES[estimator]
    given = {**simulated_defaults(card), "estimator": estimator, "range": RANGES[estimator]}
    factor = FitConfig(**given).external_yield()
    likelihood = []
    for change in TRIED:
        problem = asimov_problem(card, FitConfig(**given, external_light=factor + change), 920.0)
        model = problem.likelihood.model
        shape = np.maximum(model.component(problem.start.theta, "ext_tl208"), 1e-12)
        edges = model.bins.first + model.bins.width * (np.arange(shape.size + 1) - 0.5)
        values = events[estimator]
        counts = np.histogram(values[(values > low) & (values < high)], edges)[0]
        likelihood.append(counts @ np.log(shape / shape.sum()))
    assert counts.sum() > 1000
    square, linear, _ = np.polyfit(TRIED, likelihood, 2)
    assert square < 0.0
    assert abs(-0.5 * linear / square) < 0.008
