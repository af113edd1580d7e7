"""Thinning of single events: only those are kept that a search for delayed coincidences could pair.

1. Of all singles those without another one within the reach in time and ``APART_M`` of their starts are
   dropped, before anything else is drawn for them.
2. The rest is followed through the scintillator, and a single is kept if it is the earlier or the later one
   of a pair within the reach and ``NEAR_M`` (centroids of their light), both above ``PROMPT_MEV`` and the
   later one above ``DELAYED_MEV``.

What a search finds among the rest is what it would find among all, in time or with its window moved by up to
the reach, for vertices up to 1 m apart, prompts above 350 p.e. and delayed events above 650 p.e. (440 to
550 p.e. a visible MeV, vertices good to 10 cm). Step 1 loses gammas that started further apart than
``APART_M`` and met: 1e-4 of the pairs, tested.
"""

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.core.primaries import Deposits, Floats

APART_M = 3.5  # NEAR_M, and 1 m for each gamma between its start and the centroid of its light
NEAR_M = 1.5
PROMPT_MEV = 0.5  # visible
DELAYED_MEV = 1.0

Mask = NDArray[np.bool_]


@njit
def near(time_s: Floats, place: Floats, reach_s: float, apart_m: float) -> Mask:
    """Return which of n events in time order have another one near in time and place, (3, n)."""
    n = time_s.size
    out = np.zeros(n, dtype=np.bool_)
    limit = apart_m * apart_m
    for i in range(n):
        j = i + 1
        while j < n and time_s[j] - time_s[i] <= reach_s:
            if not (out[i] and out[j]):
                dx, dy, dz = place[0, i] - place[0, j], place[1, i] - place[1, j], place[2, i] - place[2, j]
                if dx * dx + dy * dy + dz * dz <= limit:
                    out[i] = True
                    out[j] = True
            j += 1
    return out


@njit
def in_pairs(time_s: Floats, place: Floats, visible_mev: Floats, reach_s: float) -> Mask:
    """Return which of n events in time order belong to a pair that a search could find."""
    n = time_s.size
    out = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        j = i + 1
        while visible_mev[i] > PROMPT_MEV and j < n and time_s[j] - time_s[i] <= reach_s:
            if visible_mev[j] > DELAYED_MEV:
                dx, dy, dz = place[0, i] - place[0, j], place[1, i] - place[1, j], place[2, i] - place[2, j]
                if dx * dx + dy * dy + dz * dz <= NEAR_M * NEAR_M:
                    out[i] = True
                    out[j] = True
            j += 1
    return out


def light_of(deposits: Deposits, n: int) -> tuple[Floats, Floats]:
    """Return the visible energy of n primaries and its centroid, (3, n)."""
    visible = np.zeros(n)
    np.add.at(visible, deposits.primary, deposits.visible_mev)
    centroid = np.zeros((3, n))
    for row, column in zip(centroid, (deposits.x_m, deposits.y_m, deposits.z_m), strict=True):
        np.add.at(row, deposits.primary, deposits.visible_mev * column)
    return visible, centroid / np.maximum(visible, 1e-9)
