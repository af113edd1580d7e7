"""Penalty terms: Gaussian constraints on parameters or on linear combinations of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.config import FitConfig
from analysis.parameters import INDEX, NAMES

Floats = NDArray[np.float64]


class Constraint(NamedTuple):
    """``((coefficients . theta - value)/sigma)^2``; coefficients float (n_parameters,)."""

    name: str
    coefficients: Floats
    value: float
    sigma: float

    def pull(self, theta: Floats) -> float:
        """Return the deviation in standard deviations."""
        return float((self.coefficients @ theta - self.value) / self.sigma)


def parameter_pull(name: str, value: float, sigma: float) -> Constraint:
    """Return the constraint of a single parameter."""
    coefficients = np.zeros(len(NAMES))
    coefficients[INDEX[name]] = 1.0
    return Constraint(name, coefficients, value, sigma)


def card_pulls(config: FitConfig, pile_up_share: float) -> tuple[Constraint, ...]:
    """Return the constraints of the card, without those on parameters that it fixes.

    Parameters
    ----------
    config : fit section.
    pile_up_share : share of the pile-up spectrum inside the window of ``pile_up_in_window``.
    """
    found = [
        parameter_pull(name, pull.value, pull.sigma)
        for name, pull in config.pulls.items()
        if name not in config.fixed and not (name == "rate_pile_up" and config.pile_up == "none")
    ]
    if not {"rate_pile_up"} & (set(config.fixed) | set(config.pulls)) and pile_up_share > 0.0:
        pull = config.pile_up_in_window
        found.append(parameter_pull("rate_pile_up", pull.value / pile_up_share, pull.sigma / pile_up_share))
    return tuple(found)
