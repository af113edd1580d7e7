"""The likelihood profile in the conversion probability of the 7Be line, and the limits from it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.stats import norm

from analysis.beryllium.line_model import LineModel, Rate
from analysis.fit import Start, fit
from analysis.limits import Limit
from sim.core.errors import FitError

Floats = NDArray[np.float64]
Advance = Callable[[float], None]

INTEGRATED = "profile likelihood integrated over 0 <= P <= 1 (flat in P)"
RATIO = "profile-likelihood ratio, one-sided, boundary P >= 0"

_STEP = 0.02
_FEWEST = 12  # points of a profile; with less the step was too wide
_ENOUGH = 25.0  # of -2 ln L above the minimum: exp(-12) of the likelihood is left out
_POINTS = 20001


class LineProfile(NamedTuple):
    """-2 ln L over P.

    Attributes
    ----------
    probability : (n,), from 0 upwards.
    delta : (n,), -2 ln L less its smallest value.
    theta : (n, n_parameters), best fit at each P.
    n_failed : fits that did not converge (they are left out).
    """

    probability: Floats
    delta: Floats
    theta: Floats
    n_failed: int

    def at(self, probability: Floats) -> Floats:
        """Return -2 ln L less its smallest value at any P within the profile (cubic spline)."""
        return np.asarray(CubicSpline(self.probability, self.delta)(probability), dtype=np.float64)

    def fine(self) -> tuple[Floats, Floats]:
        """Return P and -2 ln L on a fine grid over the profile."""
        probability = np.linspace(0.0, self.probability[-1], _POINTS)
        return probability, self.at(probability)


class LineScan(NamedTuple):
    """A profile and what follows: best P and the ends of its one-sigma interval, the two limits.

    ``ratio`` is None where even P = 1 is not excluded.
    """

    profile: LineProfile
    best: tuple[float, float, float]
    integrated: Limit
    ratio: Limit | None


def _scan(line: LineModel, rate: Rate, step: float, advance: Advance | None) -> LineProfile:
    theta = line.problem.start.theta
    kept: list[tuple[float, float, Floats]] = []
    n_failed = 0
    for probability in np.linspace(0.0, 1.0, round(1.0 / step) + 1):
        likelihood = line.likelihood(float(probability), rate)
        result = fit(likelihood, Start(theta, line.problem.start.free), errors=False)
        if advance is not None:
            advance(1.0)
        if not result.valid:
            n_failed += 1
            continue
        theta = result.theta()
        kept.append((float(probability), result.minimum, theta))
        if result.minimum - min(value for _, value, _ in kept) > _ENOUGH:
            break
    if len(kept) < 4:
        msg = (
            f"profile in P, 7Be rate {rate}: {len(kept)} of {len(kept) + n_failed} fits converged, "
            "expected at least 4: check the fit without conversion"
        )
        raise FitError(msg)
    values = np.array([value for _, value, _ in kept])
    points = np.array([probability for probability, _, _ in kept])
    return LineProfile(points, values - values.min(), np.array([t for _, _, t in kept]), n_failed)


def scan_probability(line: LineModel, rate: Rate, advance: Advance | None = None) -> LineProfile:
    """Fit everything else for each P from 0 upwards, to P = 1 or until it is far excluded.

    Parameters
    ----------
    line : the model.
    rate : ``free``, or tied to the ``solar_model``.
    advance : told the number of fits done.

    Raises
    ------
    FitError
        Hardly any fit converged, or a free parameter has no influence on the data.
    """
    step = _STEP
    while True:
        profile = _scan(line, rate, step, advance)
        if profile.delta[-1] <= _ENOUGH and profile.probability[-1] < 1.0:
            msg = f"profile in P, 7Be rate {rate}: all fits beyond P = {profile.probability[-1]:.2f} failed"
            raise FitError(msg)
        if profile.probability.size + profile.n_failed >= _FEWEST:
            return profile
        step *= 0.2


def integrated_limit(profile: LineProfile, cl: float) -> Limit:
    """Return the P below which ``cl`` of the integral of exp(-delta/2) over 0 <= P <= 1 lies."""
    probability, delta = profile.fine()
    weight = np.exp(-0.5 * delta)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (weight[1:] + weight[:-1]))])
    value = float(np.interp(cl * cumulative[-1], cumulative, probability))
    return Limit(value, cl, INTEGRATED, unit="")


def ratio_limit(profile: LineProfile, cl: float) -> Limit | None:
    """Return the P where -2 ln of the likelihood ratio reaches its one-sided quantile; None if none does."""
    probability, delta = profile.fine()
    best = int(np.argmin(delta))
    beyond = np.flatnonzero(delta[best:] > delta[best] + float(norm.ppf(cl)) ** 2)
    return Limit(float(probability[best + beyond[0]]), cl, RATIO, unit="") if beyond.size else None


def scan_limits(line: LineModel, rate: Rate, advance: Advance | None = None) -> LineScan:
    """Profile and set the limits at the card's confidence level; errors as ``scan_probability``."""
    profile = scan_probability(line, rate, advance)
    probability, delta = profile.fine()
    inside = probability[delta <= delta.min() + 1.0]
    best = (float(probability[np.argmin(delta)]), float(inside[0]), float(inside[-1]))
    level = line.problem.config.confidence
    return LineScan(profile, best, integrated_limit(profile, level), ratio_limit(profile, level))
