"""Inverse distributions whose last part has finer steps of its own, as rows of one table.

A row holds ``bulk`` + 1 values at equal steps of probability from 0 to 1 - 1/TAIL_SHARE, then ``tail`` + 1
values at equal steps from there to 1. Looking one up takes no branch.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline

TAIL_SHARE = 16  # the tail is the last 1/TAIL_SHARE of the probability
_EDGE = 1.0 - 1.0 / TAIL_SHARE
_EDGE32 = np.float32(_EDGE)


def tail_levels(bulk: int, tail: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probabilities at the steps, (bulk + 1,) and (tail + 1,)."""
    return np.linspace(0.0, _EDGE, bulk + 1), np.linspace(_EDGE, 1.0, tail + 1)


@njit_inline
def tail_quantile(u: Any, table: NDArray[np.float32], row: int, bulk: int, tail: int) -> Any:
    """Return the quantile of u, float32 in [0, 1), from a row of a table; linear between steps."""
    line = np.uint64(row)
    low = u * np.float32(bulk / _EDGE)
    high = (u - _EDGE32) * np.float32(tail * TAIL_SHARE) + np.float32(bulk + 1)
    place = high if u >= _EDGE32 else low
    i = np.uint64(place)
    begin = table[line, i]
    return begin + (place - np.float32(i)) * (table[line, i + np.uint64(1)] - begin)
