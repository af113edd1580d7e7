"""The likelihood profile in the magnetic moment: for each mu >= 0 the best fit of everything else."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.config import FitConfig
from analysis.fit import Start, fit
from analysis.likelihood import Likelihood
from analysis.parameters import MU_SQUARED
from analysis.results import FitResult

Floats = NDArray[np.float64]

_ENOUGH = 25.0  # of -2 ln L above the minimum: exp(-12) of the likelihood is left out
_COARSE = 4  # steps are this much wider once the profile is well above the minimum
_WELL_ABOVE = 9.0
_RELATIVE = 0.05  # no step is smaller than this part of the moment: short exposures reach far


class Profile(NamedTuple):
    """-2 ln L over the moment.

    Attributes
    ----------
    mu_1e11 : (n,), moments in 1e-11 mu_B, from 0 upwards.
    delta : (n,), -2 ln L less its smallest value.
    theta : (n, n_parameters), best fit at each moment.
    complete : the profile rose far enough for a limit before its end.
    n_failed : fits that did not converge (they are left out).
    """

    mu_1e11: Floats
    delta: Floats
    theta: Floats
    complete: bool
    n_failed: int


def scan_moment(
    likelihood: Likelihood,
    start: FitResult,
    config: FitConfig,
    advance: Callable[[float], None] | None = None,
) -> Profile:
    """Scan the moment upwards from 0, each fit starting where the last one ended.

    Parameters
    ----------
    likelihood : with the constraints that shall act.
    start : a fit of the same likelihood; its free parameters are profiled (the moment itself excepted).
    config : step and greatest moment.
    advance : told the number of fits done.
    """
    free = tuple(name for name in start.free if name != "mu_squared")
    theta = start.theta()
    moments: list[float] = []
    values: list[float] = []
    points: list[Floats] = []
    n_failed = 0
    mu = 0.0
    best = np.inf
    complete = False
    while mu <= config.profile_max + 1e-9:
        guess = theta.copy()
        guess[MU_SQUARED] = mu * mu
        result = fit(likelihood, Start(guess, free), errors=False)
        if advance is not None:
            advance(1.0)
        if result.valid:
            theta = result.theta()
            moments.append(mu)
            values.append(result.minimum)
            points.append(theta)
            best = min(best, result.minimum)
        else:
            n_failed += 1
        above = values[-1] - best if values else 0.0
        if above > _ENOUGH:
            complete = True
            break
        step = config.profile_step * (_COARSE if above > _WELL_ABOVE else 1)
        mu += max(step, _RELATIVE * mu)
    delta = np.array(values) - best
    return Profile(np.array(moments), delta, np.array(points), complete, n_failed)


def best_moment(profile: Profile) -> tuple[float, float, float]:
    """Return the best moment and the ends of the one-sigma interval (delta < 1), in 1e-11 mu_B."""
    mu = np.linspace(0.0, profile.mu_1e11[-1], 20001)
    delta = interpolate(profile, mu)
    best = int(np.argmin(delta))
    inside = np.nonzero(delta <= delta[best] + 1.0)[0]
    return float(mu[best]), float(mu[inside[0]]), float(mu[inside[-1]])


def interpolate(profile: Profile, mu_1e11: Floats) -> Floats:
    """Return -2 ln L at any moments within the profile: cubic spline, level at 0 (a function of mu^2)."""
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(profile.mu_1e11, profile.delta, bc_type=((1, 0.0), "not-a-knot"))
    return np.asarray(spline(mu_1e11), dtype=np.float64)
