"""From a profile to an upper limit on the moment."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from analysis.profile import Profile, interpolate
from sim.core.errors import FitError

UNIT = "1e-11 mu_B"
INTEGRATED = "profile likelihood integrated over mu >= 0 (flat in mu)"
RATIO = "profile-likelihood ratio, one-sided, boundary mu >= 0"
_POINTS = 40001


class Limit(NamedTuple):
    """An upper limit: value in ``unit``, confidence level, how it was made."""

    value: float
    cl: float
    method: str
    unit: str = UNIT


def _check(profile: Profile) -> None:
    if not profile.complete:
        top = f"{profile.mu_1e11[-1]:g}" if profile.mu_1e11.size else "nowhere"
        msg = (
            f"the likelihood profile ends at mu = {top}e-11 mu_B before it has risen enough for a limit: "
            "raise fit.profile_max"
        )
        raise FitError(msg)


def integrated_limit(profile: Profile, cl: float) -> Limit:
    """Upper limit that holds ``cl`` of the integral of exp(-delta/2) over mu >= 0.

    This is the published way of the Phase-II analysis; a Bayesian limit with a prior flat in mu.

    Raises
    ------
    FitError
        The profile does not reach far enough.
    """
    _check(profile)
    mu = np.linspace(0.0, profile.mu_1e11[-1], _POINTS)
    weight = np.exp(-0.5 * interpolate(profile, mu))
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (weight[1:] + weight[:-1]))])
    return Limit(float(np.interp(cl * cumulative[-1], cumulative, mu)), cl, INTEGRATED)


def ratio_limit(profile: Profile, cl: float) -> Limit:
    """Upper limit where -2 ln of the likelihood ratio to the best mu >= 0 reaches its one-sided quantile.

    For a best fit above 0 the coverage is asymptotically ``cl``; at the boundary the limit over-covers.

    Raises
    ------
    FitError
        The profile does not reach far enough.
    """
    _check(profile)
    mu = np.linspace(0.0, profile.mu_1e11[-1], _POINTS)
    delta = interpolate(profile, mu)
    best = int(np.argmin(delta))
    goal = float(norm.ppf(cl)) ** 2 + delta[best]
    beyond = best + int(np.argmax(delta[best:] > goal))
    if beyond == 0:
        return Limit(0.0, cl, RATIO)
    root = brentq(lambda m: float(interpolate(profile, np.array([m]))[0]) - goal, mu[beyond - 1], mu[beyond])
    return Limit(float(root), cl, RATIO)
