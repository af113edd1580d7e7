"""Groups: primaries so close in time that they can share a gate, or each other's dead time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.primaries import Deposits, Primaries
from sim.detector.light import Photoelectrons
from sim.detector.model import Detector

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Groups(NamedTuple):
    """Groups that are digitised, in time order, with their deposits.

    Deposits of group g are rows deposit_start[g] to deposit_start[g + 1], its primaries rows
    primary_start[g] to primary_start[g + 1] of ``primary``.
    """

    origin_ns: Ints  # (n_groups,), since the block's start
    span_ns: Floats  # (n_groups,), in which dark noise is made
    primary_start: Ints  # (n_groups + 1,)
    deposit_start: Ints  # (n_groups + 1,)
    primary: Ints  # (n_primaries,), row of Primaries
    deposit: Ints  # (n_deposits,), row of Deposits
    time_ns: Floats  # (n_deposits,), since the group's origin
    kind: NDArray[np.uint8]
    x_m: Floats
    y_m: Floats
    z_m: Floats
    label: Ints  # number of the primary in its group
    above: Ints
    below: Ints


def gather(
    primaries: Primaries, deposits: Deposits, photoelectrons: Photoelectrons, detector: Detector
) -> Groups:
    """Group the primaries of a block and keep the groups that can reach the analysis.

    Two neighbours in time belong to one group if the later comes within ``selection.reach_ns`` of the
    earlier. A group is kept if its photoelectrons above threshold reach ``selection.min_photoelectrons``.
    """
    n = len(primaries.time_ns)
    selection = detector.selection
    order = np.argsort(primaries.time_ns, kind="stable")
    time_ns = primaries.time_ns[order]
    group = np.cumsum(np.diff(time_ns, prepend=-np.inf) >= selection.reach_ns) - 1
    made = np.bincount(deposits.primary, photoelectrons.above, minlength=n)[order]
    n_groups = int(group[-1]) + 1 if n else 0
    kept = np.bincount(group, made, minlength=n_groups) >= selection.min_photoelectrons
    chosen = kept[group] if n else np.zeros(0, bool)
    primary = order[chosen]
    number = (np.cumsum(kept) - 1)[group[chosen]]
    n_kept = int(kept.sum())
    primary_start = np.searchsorted(number, np.arange(n_kept + 1))
    chosen_time = time_ns[chosen]
    first = chosen_time[primary_start[:-1]]
    last = chosen_time[primary_start[1:] - 1]
    origin = np.floor(first - detector.lead_ns).astype(np.int64)

    rank = np.full(n, -1, np.int64)  # of each primary among the chosen ones
    rank[primary] = np.arange(len(primary))
    rows = np.flatnonzero(rank[deposits.primary] >= 0)
    rows = rows[np.argsort(rank[deposits.primary[rows]], kind="stable")]
    place = rank[deposits.primary[rows]]
    owner = number[place]
    return Groups(
        origin,
        last - origin + detector.gate_ns,
        primary_start,
        np.searchsorted(owner, np.arange(n_kept + 1)),
        primary,
        rows,
        primaries.time_ns[primary[place]] - origin[owner] + deposits.delay_ns[rows],
        deposits.kind[rows],
        deposits.x_m[rows],
        deposits.y_m[rows],
        deposits.z_m[rows],
        place - primary_start[owner],
        photoelectrons.above[rows],
        photoelectrons.below[rows],
    )
