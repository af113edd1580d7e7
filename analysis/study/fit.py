"""What a changed detector does to the fit: its Asimov data, fitted with the nominal response."""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.asimov import asimov_problem, card_exposure, centred_problem, expected_unit_counts
from analysis.config import FitConfig
from analysis.fit import Start
from analysis.model import build_model
from analysis.outcome import Outcome
from analysis.parameters import INDEX, LIGHT_YIELD, MU_SQUARED, NAMES, RESOLUTION_A, YIELD_VARIANCE
from analysis.pipeline import analyse
from analysis.problem import Problem
from analysis.response import Response
from analysis.simulated import simulated_defaults
from sim.core.config import Card
from sim.core.errors import CardError, FitError
from sim.physics.config import MomentConfig

Floats = NDArray[np.float64]

RATES = ("rate_pp", "rate_7Be", "rate_85Kr", "rate_210Bi", "rate_210Po", "rate_11C")
_PEAK, _WIDTH = INDEX["po210_peak"], INDEX["po210_width"]
_SAME_NODES = 0.05  # relative, of the light yield; models have room for 0.15
_OF_DATA = ("estimator", "range", "bin_width", "tfc", "tfc_subtracted")  # keys that data and model must share


class Acceptance(NamedTuple):
    """Factors on the rates, after over before.

    Events with a vertex in the fiducial volume over those truly in it, alphas apart; two decays that make one
    cluster.
    """

    electron: float = 1.0
    alpha: float = 1.0
    pile_up: float = 1.0


class Fitted(NamedTuple):
    """Rates, their errors, and limits of one Asimov fit.

    Attributes
    ----------
    truth, values, errors : by parameter; errors are NaN where one is held.
    limit_gallium, limit_free : 90 % upper limits by integration, 1e-11 mu_B; None without a complete profile.
    moment : best moment with gallium, 1e-11 mu_B.
    chi2 : how badly the model describes the data, of ``ndf``; 0 for data of the model itself.
    """

    truth: dict[str, float]
    values: dict[str, float]
    errors: dict[str, float]
    limit_gallium: float | None
    limit_free: float | None
    moment: float
    chi2: float
    ndf: int
    valid: bool


def fit_section(card: Card) -> FitConfig:
    """Return the fit section for simulated data of a card: its own, over the defaults for simulated data.

    Raises
    ------
    CardError
        The section is not usable, or names templates, on which no response acts.
    """
    given: dict[str, Any] = card.values.get("fit", {})
    defaults = simulated_defaults(card)
    section = defaults | given
    if isinstance(given.get("pulls"), dict):
        section["pulls"] = defaults["pulls"] | given["pulls"]
    config = Card(card.source, {**card.values, "fit": section}).section("fit", FitConfig)
    if config.templates is not None:
        msg = f"{card.source}: fit.templates = {config.templates!r}: the study needs analytic shapes"
        raise CardError(msg)
    return config


def with_response(problem: Problem, response: Response, mu_1e11: float = 0.0) -> Problem:
    """Return an Asimov problem whose true response, and the model's, is another one.

    The nodes of the model stay where they are unless the light yield moves by more than 5 per cent.

    Parameters
    ----------
    problem : of expected counts.
    response : what the detector does.
    mu_1e11 : true moment in 1e-11 mu_B.
    """
    likelihood = problem.likelihood
    model = likelihood.model
    if abs(response.light_yield / model.response.light_yield - 1.0) > _SAME_NODES:
        model = build_model(problem.spectra, response, model.shape, model.bins)
    else:
        model = replace(model, response=response)
    theta = problem.start.theta.copy()
    theta[[LIGHT_YIELD, RESOLUTION_A, YIELD_VARIANCE]] = (
        response.light_yield,
        response.resolution_a,
        response.yield_variance,
    )
    theta[[_PEAK, _WIDTH]] = response.po210_peak, response.po210_width
    theta[MU_SQUARED] = mu_1e11**2
    moved = replace(
        problem, likelihood=replace(likelihood, model=model), start=Start(theta, problem.start.free)
    )
    return centred_problem(moved, theta, expected_unit_counts(moved, theta))


def model_problem(card: Card, response: Response | None = None) -> Problem:
    """Return the fit of the counts that a card expects.

    Parameters
    ----------
    card : sun, mixing, backgrounds, fit.
    response : in place of the one that the fit section names.

    Raises
    ------
    CardError, TableError
        As of the parts.
    """
    config = fit_section(card)
    problem = asimov_problem(card, config, card_exposure(card))
    return with_response(problem, response or problem.likelihood.model.response, _moment_1e11(card))


def data_problem(card: Card, kb_shift_cm_mev: float) -> Problem:
    """Return the problem whose expected counts are the data, with the response of the fit section.

    Parameters
    ----------
    card : sun, mixing, backgrounds of the truth; bins of the fit.
    kb_shift_cm_mev : change of the true Birks constant of electrons.
    """
    config = fit_section(card)
    config = config.model_copy(update={"kb_cm_mev": config.kb_cm_mev + kb_shift_cm_mev})
    problem = asimov_problem(card, config, card_exposure(card))
    return with_response(problem, problem.likelihood.model.response, _moment_1e11(card))


def data_counts(problem: Problem, card: Card, response: Response, acceptance: Acceptance) -> Floats:
    """Return what a changed detector, or a changed Sun, is expected to count, unit bins.

    Parameters
    ----------
    problem : of the data.
    card : of the data, for its moment.
    response : of the changed detector.
    acceptance : factors on the rates.
    """
    moment = _moment_1e11(card)
    changed = with_response(problem, response, moment)
    theta = changed.start.theta.copy()
    theta[MU_SQUARED] = moment**2
    factors = {"rate_210Po": acceptance.alpha, "rate_pile_up": acceptance.electron * acceptance.pile_up}
    for name in NAMES:
        if name.startswith("rate_"):
            theta[INDEX[name]] *= factors.get(name, acceptance.electron)
    return expected_unit_counts(changed, theta)


def split_cards(nominal: Card, varied: Card) -> tuple[Card, Card]:
    """Return the card of the data and the card of the fit for a changed card.

    What the analysis assumes (``fit``) belongs to the fit, everything else to the data. Both share the bins
    and the fiducial volume.
    """
    nominal, varied = seen_carbon(nominal), seen_carbon(varied)
    given, changed = nominal.values.get("fit", {}), varied.values.get("fit", {})
    shared = {name: changed[name] for name in _OF_DATA if name in changed}
    data = Card(varied.source, {**varied.values, "fit": {**given, **shared}})
    volume = varied.values.get("reconstruction", {})
    fit = Card(nominal.source, {**nominal.values, "fit": changed, "reconstruction": volume})
    return data, fit


def _moment_1e11(card: Card) -> float:
    return card.section("moment", MomentConfig).mu_eff_bohr / 1e-11


def seen_carbon(card: Card) -> Card:
    """Return a card whose activity of 14C is 0 where ``pile_up.c14`` says that none is there."""
    if card.values.get("pile_up", {}).get("c14", True):
        return card
    backgrounds = {**card.values.get("backgrounds", {}), "c14_bq_100t": 0.0}
    return Card(card.source, {**card.values, "backgrounds": backgrounds})


def fitted(problem: Problem) -> Fitted:
    """Fit an Asimov problem and set limits; where that fails, all values are NaN and ``valid`` is false."""
    try:
        return _collect(problem, analyse(problem))
    except FitError:
        names = [name for name in NAMES if name in problem.start.free or name.startswith("rate_")]
        truth = {name: float(problem.start.theta[INDEX[name]]) for name in names}
        nothing = dict.fromkeys(names, math.nan)
        return Fitted(truth, nothing, nothing, None, None, math.nan, math.nan, 0, False)


def _collect(problem: Problem, outcome: Outcome) -> Fitted:
    standard = outcome.standard
    names = [name for name in NAMES if name in standard.free or name.startswith("rate_")]
    gallium, free = outcome.gallium.integrated, outcome.free.integrated
    return Fitted(
        truth={name: float(problem.start.theta[INDEX[name]]) for name in names},
        values={name: standard.value(name) for name in names},
        errors={name: standard.error(name) for name in names},
        limit_gallium=None if gallium is None else gallium.value,
        limit_free=None if free is None else free.value,
        moment=outcome.gallium.best[0],
        chi2=standard.statistic.value,
        ndf=standard.statistic.ndf,
        valid=standard.valid,
    )


def fit_changed(problem: Problem, counts: Floats) -> Fitted:
    """Fit changed counts with the model, start and constraints of a nominal problem."""
    return fitted(centred_problem(problem, problem.start.theta, counts))
