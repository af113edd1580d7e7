"""Late pulses: photoelectrons that bounced off the first dynode and come a second time.

In a uniform field an electron reaches the dynode after a time T. Thrown back with the same speed at an angle
theta to the axis it returns after 2 T cos(theta). With directions as of a matt surface, density 2 cos(theta)
in cos(theta), a part (t / 2T)^2 has returned after t [LUBSANDORZHIEV00].
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline
from sim.core.rng import unit
from sim.detector.config import TransitConfig

Floats = NDArray[np.float64]


class LatePulses(NamedTuple):
    """How many photoelectrons are late, and by how much at most."""

    fraction: float  # 0 where switched off
    most_ns: float  # 2 T


@njit_inline
def late_delay(chance: np.uint32, word: np.uint32, late: LatePulses) -> float:
    """Turn two random words into the delay of a photoelectron in ns: 0 for most."""
    if unit(chance) >= late.fraction:
        return 0.0
    return late.most_ns * math.sqrt(unit(word))


def late_pulse_share(config: TransitConfig, delay_ns: Floats) -> Floats:
    """Return the share of all photoelectrons that are late by at most ``delay_ns`` >= 0, but not prompt."""
    return np.asarray(config.late_fraction * np.minimum(delay_ns / config.late_most_ns, 1.0) ** 2)


def build_late_pulses(config: TransitConfig) -> LatePulses:
    """Return the constants."""
    return LatePulses(config.late_fraction if config.enabled else 0.0, config.late_most_ns)
