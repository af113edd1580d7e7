"""How many photoelectrons a deposit makes, above and below the discriminator threshold.

The two numbers are independent Poisson variables: the charge of a photoelectron is drawn independently of
everything else, and a marked Poisson process splits into independent ones.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.primaries import Deposits
from sim.detector.model import Detector
from sim.detector.optics import light_yield

Counts = NDArray[np.int64]
DRAW = -1  # in place of a count: it has not been drawn yet


class Photoelectrons(NamedTuple):
    """Photoelectrons of each deposit, int64 (n,)."""

    above: Counts
    below: Counts


def draw_photoelectrons(
    rng: np.random.Generator, deposits: Deposits, detector: Detector, above: Counts | None = None
) -> Photoelectrons:
    """Draw the photoelectrons on live tubes.

    Parameters
    ----------
    rng : stream of this stage and block.
    deposits : where, and how much visible energy.
    detector : yield map, threshold.
    above : counts that are known already, int64 (n,), DRAW elsewhere.
    """
    mean = deposits.visible_mev * light_yield(detector.optics, deposits.x_m, deposits.y_m, deposits.z_m)
    below_fraction = detector.charge.below_fraction
    open_ = np.ones(len(mean), bool) if above is None else above == DRAW
    counts = np.empty(len(mean), np.int64) if above is None else above.copy()
    counts[open_] = rng.poisson(mean[open_] * (1.0 - below_fraction))
    return Photoelectrons(counts, rng.poisson(mean * below_fraction))
