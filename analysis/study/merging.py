"""Pile-up of two 14C decays: how near in time they must be to make one cluster, and what an effect changes.

The rate of pile-up is the square of the activity times this resolving time. Short windows see the light of
the second decay only while they are open, whatever the length of the cluster.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.study.sample import Sample
from sim.core.probes import PAIR_SPAN_NS

Rows = NDArray[np.int64]


class Merging(NamedTuple):
    """Resolving time in ns without an effect, and its change; errors are statistical, of the same pairs."""

    n: int
    nominal_ns: float
    nominal_error_ns: float
    change_ns: float
    change_error_ns: float

    def factor(self, estimator: str) -> float:
        """Return what the effect multiplies the rate of pile-up with, as an estimator sees it."""
        window_ns = next((float(part) for part in estimator.split("_") if part.isdigit()), np.inf)
        if self.nominal_ns == 0.0:
            return 1.0
        after_ns = self.nominal_ns + self.change_ns
        return float(min(window_ns, after_ns) / min(window_ns, self.nominal_ns))


def merging(before: Sample, after: Sample, rows: Rows) -> Merging:
    """Return the resolving time of pairs of decays, and what an effect does to it.

    Parameters
    ----------
    before, after : the same events without and with the effect.
    rows : pairs of 14C decays, int (n,), not empty; the second comes within ``PAIR_SPAN_NS``.
    """
    one, other = (PAIR_SPAN_NS * (s.found & s.single)[rows].astype(np.float64) for s in (before, after))
    root = max(rows.size, 1) ** 0.5
    return Merging(
        rows.size, float(one.mean()), float(one.std() / root), float((other - one).mean()),
        float((other - one).std() / root),
    )  # fmt: skip
