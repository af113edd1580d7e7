"""The order of a conversion fit and what it gives: fits, two limits, ``beryllium.json``, figures."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.asimov import asimov_problem, centred_problem
from analysis.beryllium.line_model import PUBLISHED, RATE, SPECIES, LineModel, build_line_model
from analysis.beryllium.profile import Advance, LineScan, scan_limits
from analysis.config import FitConfig
from analysis.fit import Start, fit
from analysis.histograms import Spectrum
from analysis.limits import Limit
from analysis.outcome import input_plain
from analysis.parameters import INDEX
from analysis.problem import build_problem
from analysis.results import FitResult
from sim.core.config import Card
from sim.core.errors import CardError
from sim.core.provenance import run_record

_SHOWN = ("rate_7Be", "rate_85Kr", "rate_210Bi")  # of every fit of a profile: what conversion trades with


class LineOutcome(NamedTuple):
    """All results of a conversion fit.

    Attributes
    ----------
    line : what was fitted.
    standard : fit without conversion, with errors.
    at_limit : fit at the limit of the free rate (values only).
    free, solar_model : profiles and limits with the 7Be rate free, and tied to the solar model.
    """

    line: LineModel
    standard: FitResult
    at_limit: FitResult
    free: LineScan
    solar_model: LineScan


def analyse_line(line: LineModel, advance: Advance | None = None) -> LineOutcome:
    """Fit, profile and set both limits; errors as ``scan_probability``."""
    problem = line.problem
    standard = fit(problem.likelihood, problem.start)
    line = replace(line, problem=replace(problem, start=Start(standard.theta(), problem.start.free)))
    free = scan_limits(line, "free", advance)
    tied = scan_limits(line, "solar_model", advance)
    nearest = int(np.argmin(np.abs(free.profile.probability - free.integrated.value)))
    start = Start(free.profile.theta[nearest], problem.start.free)
    at_limit = fit(line.likelihood(free.integrated.value), start, errors=False)
    return LineOutcome(line, standard, at_limit, free, tied)


def fit_line(
    card: Card,
    config: FitConfig,
    spectrum: Spectrum,
    flux_error: float | None = None,
    advance: Advance | None = None,
) -> LineOutcome:
    """Analyse a measured or simulated spectrum; errors as ``build_problem`` and ``build_line_model``."""
    return analyse_line(build_line_model(build_problem(card, config, spectrum), card, flux_error), advance)


def fit_line_asimov(
    card: Card,
    config: FitConfig,
    exposure_d_100t: float,
    probability: float = 0.0,
    flux_error: float | None = None,
    advance: Advance | None = None,
) -> LineOutcome:
    """Analyse the expected counts of a card, without a magnetic moment.

    Parameters
    ----------
    card, config, exposure_d_100t : as for ``asimov_problem``.
    probability : true conversion of the line, 0 to 1.
    flux_error : as for ``build_line_model``.
    advance : told the number of fits done.

    Raises
    ------
    CardError
        A probability outside 0 to 1, and as the parts.
    """
    if not 0.0 <= probability <= 1.0:
        msg = f"{card.source}: conversion probability {probability:g}: must be from 0 to 1"
        raise CardError(msg)
    line = build_line_model(asimov_problem(card, config, exposure_d_100t), card, flux_error)
    truth = line.problem.start.theta
    model = line.model(probability)
    model.expected(truth)
    problem = centred_problem(line.problem, truth, model.unit.copy())
    return analyse_line(replace(line, problem=problem), advance)


def limits(outcome: LineOutcome) -> dict[str, Limit]:
    """Return the limits by name; a likelihood ratio that excludes nothing is left out."""
    found = {
        "p_862_free": outcome.free.integrated,
        "p_862_solar_model": outcome.solar_model.integrated,
        "p_862_free_ratio": outcome.free.ratio,
        "p_862_solar_model_ratio": outcome.solar_model.ratio,
    }
    return {name: limit for name, limit in found.items() if limit is not None}


def _profile_plain(scan: LineScan) -> dict[str, Any]:
    profile = scan.profile
    return {
        "probability": profile.probability.tolist(),
        "delta": profile.delta.tolist(),
        "n_failed": profile.n_failed,
        **{f"{name}_cpd_100t": profile.theta[:, INDEX[name]].tolist() for name in _SHOWN},
    }


def _best_plain(scan: LineScan) -> dict[str, Any]:
    best, low, high = scan.best
    return {
        "value": best,
        "low": low,
        "high": high,
        "delta_at_zero": float(scan.profile.at(np.zeros(1))[0]),
        "meaning": "best P(nu_e -> anti-nu_e) at 862 keV and the interval where -2 ln L rises by less than 1",
    }


def to_plain(outcome: LineOutcome, card: Card) -> dict[str, Any]:
    """Return the contents of ``beryllium.json``."""
    line = outcome.line
    problem = line.problem
    config, data = problem.config, problem.spectrum
    resolved = {**card.values, "fit": config.model_dump(mode="json")}
    pull = line.pull()
    plain = outcome.standard.to_plain()
    plain["limits"] = {name: limit._asdict() for name, limit in limits(outcome).items()}
    plain["published"] = {key: {"value": value, "cl": 0.90} for key, value in PUBLISHED.items()}
    plain["conversion"] = {"free": _best_plain(outcome.free), "solar_model": _best_plain(outcome.solar_model)}
    plain["profile"] = _profile_plain(outcome.free)
    plain["profile_solar_model"] = _profile_plain(outcome.solar_model)
    plain["line"] = {
        "event_ratio": line.event_ratio,
        "rate_cpd_100t": problem.spectra.ssm_cpd_100t[SPECIES],
        "meaning": "7Be events at P = 1 over those at P = 0, same flux; the solar model's rate at P = 0",
    }
    plain["constraints"] = {
        c.name: {"value": c.value, "sigma": c.sigma} for c in problem.likelihood.constraints
    }
    plain["constraint_solar_model"] = {"parameter": RATE, "value": pull.value, "sigma": pull.sigma}
    plain["input"] = input_plain(problem)
    plain["provenance"] = run_record("fit", card, resolved, input=data.source)
    return plain


def save(outcome: LineOutcome, card: Card, folder: Path) -> list[Path]:
    """Write ``beryllium.json``, the figures and their numbers; return the figures' PNGs.

    Raises
    ------
    OutputError
        The folder or a file cannot be written.
    """
    from analysis.plots import line_conversion as plots
    from analysis.plots.files import save_result

    figures = (
        ("beryllium_spectrum", plots.line_figure, plots.line_numbers),
        ("beryllium_profile", plots.conversion_figure, plots.conversion_numbers),
    )
    return save_result(outcome, "beryllium.json", to_plain(outcome, card), figures, folder)
