"""How many photoelectrons a deposit makes, above and below the discriminator threshold.

The two numbers are independent Poisson variables: the charge of a photoelectron is drawn independently of
everything else, and a marked Poisson process splits into independent ones. Cherenkov light counts as so much
more scintillation light: its share is small, and most of what is seen of it the scintillator gave back.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.primaries import BETA_LIKE, Deposits
from sim.detector.model import Detector
from sim.detector.optics import light_yield

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
DRAW = -1  # in place of a count: it has not been drawn yet


class Photoelectrons(NamedTuple):
    """Photoelectrons of each deposit, int64 (n,)."""

    above: Counts
    below: Counts


def flash_mev(detector: Detector, electron_mev: Floats) -> Floats:
    """Return the visible energy in MeV whose light equals the Cherenkov light of electrons that stop."""
    energy_mev, equivalent_mev = detector.flash
    return np.asarray(np.interp(electron_mev, energy_mev, equivalent_mev, left=0.0))


def mean_photoelectrons(deposits: Deposits, detector: Detector) -> Floats:
    """Return the mean number of photoelectrons of deposits, whatever their charge, with Cherenkov light."""
    electrons = np.where(deposits.kind == BETA_LIKE, deposits.deposited_mev, 0.0)
    shining = deposits.visible_mev + flash_mev(detector, electrons)
    return np.asarray(shining * light_yield(detector.optics, deposits.x_m, deposits.y_m, deposits.z_m))


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
    mean = mean_photoelectrons(deposits, detector)
    below_fraction = detector.charge.below_fraction
    open_ = np.ones(len(mean), bool) if above is None else above == DRAW
    counts = np.empty(len(mean), np.int64) if above is None else above.copy()
    counts[open_] = rng.poisson(mean[open_] * (1.0 - below_fraction))
    return Photoelectrons(counts, rng.poisson(mean * below_fraction))
