"""Minimise -2 ln L with Minuit and an analytic gradient, check what comes out.

Minuit works in coordinates in which the expected covariance is the unit matrix: correlated parameters of very
different size then cost a handful of steps, and none of the fits ends in a valley. Bounds are met by holding
a parameter that wants to cross one; the sign of the gradient there tells whether that was right.
"""

from typing import NamedTuple

import numpy as np
from iminuit import Minuit
from numpy.typing import NDArray

from analysis.likelihood import Likelihood, poisson_chi2
from analysis.parameters import INDEX, NAMES, parameter
from analysis.results import FitResult, Statistic, make_estimates
from sim.core.errors import FitError

Floats = NDArray[np.float64]

_TOLERANCE = 0.02  # Minuit's: distance to the minimum below 4e-5 in -2 ln L
_EDM_GOAL = 1e-2  # distance that is still accepted
_MAX_CALLS = 2000
_NEAR_BOUND = 1e-6  # of a typical step
_NEWTON_STEPS = 6
_STEP = 0.1  # of an error, for second derivatives


class Start(NamedTuple):
    """Where a fit starts: all values (order of ``parameters.NAMES``) and the names of the free ones."""

    theta: Floats
    free: tuple[str, ...]


class _Descent(NamedTuple):
    theta: Floats
    value: float
    edm: float
    converged: bool


class _Cost:
    """-2 ln L in whitened coordinates; value and gradient come together, so the last point is kept."""

    def __init__(self, likelihood: Likelihood, theta: Floats, where: NDArray[np.int64], axes: Floats) -> None:
        self._likelihood = likelihood
        self._origin = theta
        self._where = where
        self._axes = axes
        self._point = np.full(where.size, np.nan)
        self._gradient = np.zeros(len(NAMES))
        self._value = np.nan
        self.n_calls = 0

    def theta(self, point: Floats) -> Floats:
        theta = self._origin.copy()
        theta[self._where] += self._axes @ point
        return theta

    def _update(self, point: Floats) -> None:
        if not np.array_equal(point, self._point):
            self._value = self._likelihood.evaluate(self.theta(point), self._gradient)
            self._point = np.array(point, dtype=np.float64)
            self.n_calls += 1

    def value(self, point: Floats) -> float:
        self._update(point)
        return self._value

    def gradient(self, point: Floats) -> Floats:
        self._update(point)
        return self._axes.T @ self._gradient[self._where]


def _where(names: tuple[str, ...]) -> NDArray[np.int64]:
    return np.array([INDEX[name] for name in names], dtype=np.int64)


def _axes(likelihood: Likelihood, theta: Floats, free: tuple[str, ...]) -> Floats:
    """Return the matrix from unit-covariance coordinates to the free parameters; FitError if singular."""
    where = _where(free)
    information = 0.5 * likelihood.information(theta)[np.ix_(where, where)]
    size = np.sqrt(np.diag(information))
    if not np.all(size > 0.0):
        msg = f"the data say nothing about {free[int(np.argmin(size))]}: hold it (fit.fixed)"
        raise FitError(msg)
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    return np.asarray((vectors / np.sqrt(np.maximum(values, 1e-9))) / size[:, None], dtype=np.float64)


def _descend(likelihood: Likelihood, theta: Floats, free: tuple[str, ...]) -> tuple[_Descent, int]:
    cost = _Cost(likelihood, theta, _where(free), _axes(likelihood, theta, free))
    curvature = np.full(len(free), 2.0)  # of -2 ln L along axes of unit covariance
    minuit = Minuit(cost.value, np.zeros(len(free)), grad=cost.gradient, g2=lambda _: curvature)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.strategy = 0
    minuit.tol = _TOLERANCE
    minuit.errors = [1.0] * len(free)
    minuit.migrad(ncall=_MAX_CALLS)
    point = np.array(minuit.values)
    found = _Descent(cost.theta(point), cost.value(point), float(minuit.fmin.edm), bool(minuit.fmin.is_valid))
    return found, cost.n_calls


def _beyond(theta: Floats, names: tuple[str, ...]) -> dict[str, float]:
    """Return the bound of every parameter that has crossed it."""
    found = {}
    for name in names:
        p = parameter(name)
        value = theta[INDEX[name]]
        if p.lower is not None and value < p.lower:
            found[name] = p.lower
        elif p.upper is not None and value > p.upper:
            found[name] = p.upper
    return found


def _wrongly_held(likelihood: Likelihood, theta: Floats, held: dict[str, float]) -> list[str]:
    """Return the held parameters that would go back inside their bounds."""
    gradient = np.zeros(len(NAMES))
    likelihood.evaluate(theta, gradient)
    return [
        name
        for name, bound in held.items()
        if (gradient[INDEX[name]] < -1e-6) == (bound == parameter(name).lower)
        and abs(gradient[INDEX[name]]) > 1e-6
    ]


def _minimise(likelihood: Likelihood, start: Start) -> tuple[_Descent, dict[str, float], int]:
    """Descend; hold what crosses a bound, release (once) what would come back."""
    theta = start.theta.copy()
    held: dict[str, float] = {}
    released: set[str] = set()
    n_calls = 0
    for _ in range(2 * len(start.free)):
        free = tuple(name for name in start.free if name not in held)
        found, calls = _descend(likelihood, theta, free)
        if not found.converged:  # once more from there, with axes of that place
            found, more = _descend(likelihood, found.theta, free)
            calls += more
        n_calls += calls
        crossed = _beyond(found.theta, free)
        if crossed:
            theta = start.theta.copy()
            held |= crossed
            for name, bound in held.items():
                theta[INDEX[name]] = bound
            continue
        locked = {name: bound for name, bound in held.items() if name not in released}
        wrong = _wrongly_held(likelihood, found.theta, locked) if locked else []
        if not wrong:
            return found, held, n_calls
        theta = found.theta
        released.update(wrong)
        for name in wrong:
            del held[name]
            theta[INDEX[name]] += (
                0.1 * parameter(name).step * (1 if theta[INDEX[name]] == parameter(name).lower else -1)
            )
    return found._replace(converged=False), held, n_calls


def _hessian(likelihood: Likelihood, theta: Floats, free: tuple[str, ...]) -> Floats:
    """Second derivatives of -2 ln L by central differences of the gradient, along the whitened axes."""
    where = _where(free)
    axes = _axes(likelihood, theta, free)
    cost = _Cost(likelihood, theta, where, axes)
    n = len(free)
    rotated = np.empty((n, n))
    for i in range(n):
        step = np.zeros(n)
        step[i] = _STEP
        rotated[i] = (cost.gradient(step) - cost.gradient(-step)) / (2.0 * _STEP)
    inverse = np.linalg.inv(axes)
    return np.asarray(inverse.T @ (0.5 * (rotated + rotated.T)) @ inverse)


def _is_positive(hessian: Floats) -> bool:
    size = np.sqrt(np.abs(np.diag(hessian)))
    return bool(
        np.diag(hessian).min() > 0.0 and np.linalg.eigvalsh(hessian / np.outer(size, size)).min() > 0.0
    )


def _refine(
    likelihood: Likelihood, found: _Descent, free: tuple[str, ...], held: dict[str, float]
) -> tuple[_Descent, Floats | None, float, int]:
    """Return the minimum, its second derivatives (None if not positive), depth and calls made.

    Minuit's own estimate of the distance can be too good in a curved valley; Newton steps with the full
    second derivatives, halved until they go down, then go on to the bottom.
    """
    n_calls = 0
    for _ in range(_NEWTON_STEPS):
        hessian = _hessian(likelihood, found.theta, free)
        n_calls += 2 * len(free)
        if not _is_positive(hessian):
            return found, None, found.edm, n_calls
        step, edm = _newton(likelihood, found.theta, hessian, free, held)
        if edm < _EDM_GOAL:
            break
        for part in (1.0, 0.5, 0.25, 0.125):
            theta = found.theta + part * step
            value = likelihood.evaluate(theta, np.zeros(len(NAMES)))
            n_calls += 1
            if value < found.value and not _beyond(theta, free):
                found = found._replace(theta=theta, value=value)
                break
        else:
            break
    return found, hessian, edm, n_calls


def goodness(likelihood: Likelihood, theta: Floats, n_free: int) -> Statistic:
    """Return the chi2 without penalties; each constraint counts as a degree of freedom."""
    slope = np.empty(likelihood.model.n_bins)
    value = poisson_chi2(likelihood.data.counts, likelihood.model.expected(theta), slope)
    return Statistic(float(value), likelihood.model.n_bins + len(likelihood.constraints) - n_free)


def fit(likelihood: Likelihood, start: Start, *, errors: bool = True) -> FitResult:
    """Fit the free parameters.

    Parameters
    ----------
    likelihood : data, model and penalty terms.
    start : values and free parameters.
    errors : also compute the covariance; without it (profiles, toys) the estimates carry no errors.

    Returns
    -------
    FitResult; ``valid`` tells whether it converged, ``remarks`` why not. A bad fit raises nothing.

    Raises
    ------
    FitError
        A free parameter has no influence on the data.
    """
    found, held, n_calls = _minimise(likelihood, start)
    remarks = [] if found.converged else ["the minimiser did not converge"]
    covariance: Floats = np.zeros((0, 0))
    widths: dict[str, float] = {}
    edm = found.edm
    if errors:
        found, hessian, edm, more = _refine(likelihood, found, start.free, held)
        n_calls += more
        if hessian is not None:
            covariance = np.asarray(2.0 * np.linalg.inv(hessian), dtype=np.float64)
            widths = dict(zip(start.free, np.sqrt(np.diag(covariance)).tolist(), strict=True))
        else:
            remarks.append("the covariance is not positive definite")
    if not edm < _EDM_GOAL:
        remarks.append(f"the estimated distance to the minimum is {edm:.2g}")
    near = {
        name
        for name in start.free
        for bound in (parameter(name).lower, parameter(name).upper)
        if bound is not None and abs(found.theta[INDEX[name]] - bound) < _NEAR_BOUND * parameter(name).step
    }
    return FitResult(
        parameters=make_estimates(found.theta, widths),
        free=start.free,
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        statistic=goodness(likelihood, found.theta, len(start.free)),
        minimum=found.value,
        edm=edm,
        valid=not remarks,
        at_limit=tuple(name for name in start.free if name in near or name in held),
        remarks=tuple(remarks),
        n_calls=n_calls,
    )


def _newton(
    likelihood: Likelihood, theta: Floats, hessian: Floats, free: tuple[str, ...], held: dict[str, float]
) -> tuple[Floats, float]:
    """Return the step to the minimum over the parameters that no bound holds, and its depth in -2 ln L."""
    gradient = np.zeros(len(NAMES))
    likelihood.evaluate(theta, gradient)
    moving = [i for i, name in enumerate(free) if name not in held]
    where = _where(free)[moving]
    newton = np.linalg.solve(hessian[np.ix_(moving, moving)], gradient[where])
    step = np.zeros(len(NAMES))
    step[where] = -newton
    return step, float(0.5 * gradient[where] @ newton)
