"""What a fit gives: frozen results, to and from plain values for JSON."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.parameters import INDEX, NAMES, parameter
from sim.core.errors import InputFileError

Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """Fitted value, one-sigma error (None where the parameter was held), unit."""

    value: float
    error: float | None
    unit: str


class Statistic(NamedTuple):
    """Goodness of fit: -2 ln L ratio to the saturated model (without penalties), degrees of freedom."""

    value: float
    ndf: int
    kind: str = "Poisson likelihood ratio (Baker-Cousins)"


@dataclass(frozen=True)
class FitResult:
    """One converged or failed fit.

    Attributes
    ----------
    parameters : every parameter by name, in the order of ``parameters.NAMES``.
    free : names of the fitted ones, order of ``covariance``.
    covariance : (n_free, n_free).
    statistic : goodness of fit.
    minimum : -2 ln L with penalties.
    edm : estimated distance to the minimum, in -2 ln L.
    valid : converged, covariance positive definite.
    at_limit : parameters that sit at a bound (their errors mean little).
    remarks : why a fit is not valid, or what to know about it.
    n_calls : evaluations of likelihood and gradient.
    """

    parameters: dict[str, Estimate]
    free: tuple[str, ...]
    covariance: tuple[tuple[float, ...], ...]
    statistic: Statistic
    minimum: float
    edm: float
    valid: bool
    at_limit: tuple[str, ...]
    remarks: tuple[str, ...]
    n_calls: int

    def theta(self) -> Floats:
        """Return the values as the model takes them, float (n_parameters,)."""
        return np.array([self.parameters[name].value for name in NAMES])

    def value(self, name: str) -> float:
        """Return one fitted value."""
        return self.parameters[name].value

    def error(self, name: str) -> float:
        """Return one error; NaN for a parameter that was held."""
        error = self.parameters[name].error
        return float("nan") if error is None else error

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON; the keys are the published format of ``fit.json``."""
        plain = asdict(self)
        plain["parameters"] = {name: estimate._asdict() for name, estimate in self.parameters.items()}
        plain["statistic"] = self.statistic._asdict()
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "FitResult":
        """Read what ``to_plain`` gave, also with further keys beside.

        Raises
        ------
        InputFileError
            A key is missing or of the wrong type.
        """
        try:
            return cls(
                parameters={name: Estimate(**plain["parameters"][name]) for name in NAMES},
                free=tuple(plain["free"]),
                covariance=tuple(tuple(float(x) for x in row) for row in plain["covariance"]),
                statistic=Statistic(**plain["statistic"]),
                minimum=float(plain["minimum"]),
                edm=float(plain["edm"]),
                valid=bool(plain["valid"]),
                at_limit=tuple(plain["at_limit"]),
                remarks=tuple(plain["remarks"]),
                n_calls=int(plain["n_calls"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            msg = f"not the result of a fit: {type(error).__name__} {error}"
            raise InputFileError(msg) from None


def make_estimates(theta: Floats, errors: dict[str, float]) -> dict[str, Estimate]:
    """Return every parameter's estimate from values and the errors of the free ones."""
    return {
        name: Estimate(float(theta[INDEX[name]]), errors.get(name), parameter(name).unit) for name in NAMES
    }
