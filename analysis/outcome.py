"""All that one analysis gives, and how it is written to ``fit.json``."""

from typing import Any, NamedTuple

import numpy as np

from analysis.limits import Limit
from analysis.parameters import NAMES
from analysis.problem import Problem
from analysis.profile import Profile
from analysis.results import FitResult
from sim.core.config import Card
from sim.core.provenance import run_record

MU = "mu_squared"

# Published rates [BX-NEUTRINO18], cpd/100 t, for the comparison table.
PUBLISHED = {
    "rate_pp": (134.0, 10.0),
    "rate_7Be": (48.3, 1.1),
    "rate_85Kr": (6.8, 1.8),
    "rate_210Bi": (17.5, 1.9),
    "rate_210Po": (260.0, 3.0),
}


class Scan(NamedTuple):
    """One profile and what follows from it: best moment with its one-sigma interval, limits."""

    profile: Profile
    best: tuple[float, float, float]
    integrated: Limit | None
    ratio: Limit | None


class Outcome(NamedTuple):
    """All results of a fit.

    Attributes
    ----------
    problem : what was fitted.
    best : the fit that is reported: ``standard``, or, where 0 is excluded, with the moment free and gallium.
    standard : fit with the moment held at 0.
    free, gallium : profiles without and with the gallium constraint.
    """

    problem: Problem
    best: FitResult
    standard: FitResult
    free: Scan
    gallium: Scan


def _profile_plain(profile: Profile) -> dict[str, Any]:
    return {
        "mu_bohr": (1e-11 * profile.mu_1e11).tolist(),
        "delta": profile.delta.tolist(),
        "complete": profile.complete,
        "n_failed": profile.n_failed,
    }


def _moment_plain(scan: Scan) -> dict[str, Any]:
    best, low, high = scan.best
    return {
        "value": best,
        "low": low,
        "high": high,
        "delta_at_zero": float(scan.profile.delta[0]) if scan.profile.delta.size else None,
        "unit": "1e-11 mu_B",
        "meaning": "best moment and the interval where -2 ln L rises by less than 1",
    }


def limits(outcome: Outcome) -> dict[str, Limit]:
    """Return the limits by their published names; those of an incomplete profile are left out."""
    found = {
        "mu_eff_no_gallium": outcome.free.integrated,
        "mu_eff_gallium": outcome.gallium.integrated,
        "mu_eff_no_gallium_ratio": outcome.free.ratio,
        "mu_eff_gallium_ratio": outcome.gallium.ratio,
    }
    return {name: limit for name, limit in found.items() if limit is not None}


def comparison(outcome: Outcome) -> dict[str, dict[str, float | None]]:
    """Return the fitted rates beside the solar model's and the published ones, cpd/100 t."""
    table: dict[str, dict[str, float | None]] = {}
    for name in NAMES:
        if name.startswith("rate_"):
            estimate = outcome.best.parameters[name]
            published = PUBLISHED.get(name)
            table[f"{name}_cpd_100t"] = {
                "value": estimate.value,
                "error": estimate.error,
                "solar_model": outcome.problem.spectra.ssm_cpd_100t.get(name.removeprefix("rate_")),
                "published": published[0] if published else None,
                "published_error": published[1] if published else None,
            }
    return table


def input_plain(problem: Problem) -> dict[str, Any]:
    """Return what was fitted as plain values, for the JSON of a result."""
    config, data = problem.config, problem.spectrum
    return {
        "source": data.source,
        "estimator": data.estimator,
        "range": [float(data.centres()[0]), float(data.centres()[-1])],
        "bin": data.step,
        "bin_width": config.bin_width,
        "exposure_d_100t": data.exposure_d_100t,
        "counts": float(data.counts.sum()),
        "tfc": config.tfc,
        "tfc_subtracted": config.tfc_subtracted,
    }


def to_plain(outcome: Outcome, card: Card) -> dict[str, Any]:
    """Return the contents of ``fit.json``."""
    problem = outcome.problem
    config, data = problem.config, problem.spectrum
    resolved = {**card.values, "fit": config.model_dump(mode="json")}
    best = outcome.best
    mu_squared = best.parameters[MU]
    moment = float(np.sqrt(max(mu_squared.value, 0.0)))
    plain = best.to_plain()
    plain["parameters"]["mu_eff"] = {
        "value": moment,
        "error": mu_squared.error / (2.0 * moment) if mu_squared.error is not None and moment > 0.0 else None,
        "unit": "1e-11 mu_B",
    }
    plain["moment_is_free"] = MU in best.free
    plain["rates"] = comparison(outcome)
    plain["limits"] = {name: limit._asdict() for name, limit in limits(outcome).items()}
    plain["moment"] = {"no_gallium": _moment_plain(outcome.free), "gallium": _moment_plain(outcome.gallium)}
    plain["profile"] = _profile_plain(outcome.free.profile)
    plain["profile_gallium"] = _profile_plain(outcome.gallium.profile)
    plain["standard"] = outcome.standard.to_plain()
    plain["constraints"] = {
        c.name: {"value": c.value, "sigma": c.sigma, "pull": c.pull(best.theta())}
        for c in (*problem.likelihood.constraints, problem.gallium)
    }
    plain["input"] = input_plain(problem)
    plain["provenance"] = run_record("fit", card, resolved, input=data.source)
    return plain
