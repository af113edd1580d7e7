"""The Asimov data set of a card: exactly the counts that the model expects, for expected limits [COWAN11]."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.config import FitConfig
from analysis.fit import Start
from analysis.histograms import Spectrum
from analysis.likelihood import Likelihood
from analysis.parameters import MU_SQUARED
from analysis.problem import Problem, build_problem
from analysis.tfc import expected_share
from recon.config import ReconConfig
from sim.core.config import Card
from sim.core.errors import CardError
from sim.physics.config import MomentConfig

Floats = NDArray[np.float64]

_TARGET_T = 100.0


def card_exposure(card: Card) -> float:
    """Return the exposure that a card asks for, in days times 100 t: fiducial mass, share of ``fit.tfc``.

    Raises
    ------
    CardError
        ``run.live_days`` is missing or not a number > 0.
    """
    days: Any = card.values.get("run", {}).get("live_days")
    if isinstance(days, bool) or not isinstance(days, int | float) or not days > 0:
        msg = f"{card.source}: run.live_days = {days!r}: an Asimov fit needs the live time (or --exposure)"
        raise CardError(msg)
    mass_t = card.section("reconstruction", ReconConfig).fiducial_volume().mass_t()
    share = expected_share(card.section("fit", FitConfig).tfc)
    return float(days) * share * mass_t / _TARGET_T


def asimov_problem(card: Card, config: FitConfig, exposure_d_100t: float) -> Problem:
    """Set up the fit of the expected counts; penalty terms are centred at the truth.

    Parameters
    ----------
    card : rates, sun, mixing and (a plain effective) moment of the truth.
    config : fit section.
    exposure_d_100t : exposure in days times 100 t.

    Raises
    ------
    CardError
        A moment that is not a plain effective one.
    """
    moment = card.section("moment", MomentConfig)
    if moment.nature != "effective":
        msg = (
            f"{card.source}: moment.nature = {moment.nature!r}: an Asimov fit takes a plain effective moment"
        )
        raise CardError(msg)
    first = float(np.ceil(config.range[0]))
    n_unit = int(np.floor(config.range[1]) - first) + 1
    source = f"Asimov, {card.source}"
    empty = Spectrum(
        config.estimator, first, np.zeros(max(n_unit, 0)), exposure_d_100t, source, label="Asimov data"
    )
    problem = build_problem(card, config, empty)
    truth = problem.start.theta.copy()
    truth[MU_SQUARED] = (moment.mu_eff_bohr / 1e-11) ** 2
    return centred_problem(problem, truth, expected_unit_counts(problem, truth))


def expected_unit_counts(problem: Problem, theta: Floats) -> Floats:
    """Return the expected counts of the unit bins, float (n_unit,)."""
    problem.likelihood.model.expected(theta)
    return problem.likelihood.model.unit.copy()


def centred_problem(problem: Problem, truth: Floats, counts: Floats) -> Problem:
    """Return a problem with other counts (unit bins) and with every constraint centred at a truth."""
    model = problem.likelihood.model
    centred = tuple(c._replace(value=float(c.coefficients @ truth)) for c in problem.likelihood.constraints)
    joined = counts.reshape(model.n_bins, model.bins.width).sum(axis=1)
    likelihood = Likelihood(model, problem.likelihood.with_counts(joined).data, centred)
    start = truth.copy()
    start[MU_SQUARED] = 0.0
    gallium = problem.gallium._replace(value=float(problem.gallium.coefficients @ truth))
    return Problem(
        problem.config,
        problem.spectrum._replace(counts=counts),
        likelihood,
        Start(start, problem.start.free),
        gallium,
        problem.spectra,
    )
