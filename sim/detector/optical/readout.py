"""From tracked light to what the channels take: the chain of the fast model goes on from here.

A photoelectron falls below the discriminator threshold with the fraction of the fast model, and has its
charge from the same tables; the tube adds its jitter, a normal number [BOX58], and late pulses. Words come
from Philox with the counter (photoelectron, what for, deposit, tag), so the result does not depend on how a
block is cut.

The Cherenkov light of a deposit is that of one electron of the deposited energy that stops there. It flies
along its primary if the deposit is at the primary's vertex, else in a random direction. This is right for
recoils and beta particles. A positron counts as an electron. A gamma's sites are its Compton electrons: their
energies are right, their directions are not known here, and light is isotropic; sites that the source merged
count as one electron, which makes a little too much light.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.core.primaries import BETA_LIKE, Block, Deposits, Primaries
from sim.core.rng import philox, unit
from sim.detector.charge import Charge, charge_steps
from sim.detector.gates import Tracking
from sim.detector.groups import Groups
from sim.detector.hits import Tracked
from sim.detector.late_pulses import LatePulses, late_delay
from sim.detector.model import Detector
from sim.detector.optical.directions import isotropic
from sim.detector.optical.model import ALL, Electrons, Key, OpticalDetector, photon_key
from sim.detector.optics import light_yield

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_READ_TAG = np.uint32(0x0B7E)  # last word of the counters; no other kernel uses it
_READ, _DIRECTION, _LATE = 0, 1, 2


@njit
def _directions(first: int, n: int, k0: np.uint32, k1: np.uint32) -> Floats:
    out = np.empty((n, 3))
    for i in range(n):
        w0, _, _, _ = philox(np.uint32(0), np.uint32(_DIRECTION), np.uint32(first + i), _READ_TAG, k0, k1)
        out[i, 0], out[i, 1], out[i, 2] = isotropic(w0)
    return out


@njit
def _read_out(
    first: int,
    deposit: NDArray[np.int32],
    charges: Charge,
    sigma_ns: float,
    late: LatePulses,
    k0: np.uint32,
    k1: np.uint32,
    time_ns: NDArray[np.float32],
    fires: NDArray[np.uint8],
    charge: NDArray[np.int16],
    known: NDArray[np.bool_],
    above: Ints,
    below: Ints,
) -> None:
    number = 0
    for i in range(len(deposit)):
        row = deposit[i]
        number = number + 1 if i > 0 and row == deposit[i - 1] else 0
        w0, w1, w2, w3 = philox(
            np.uint32(number), np.uint32(_READ), np.uint32(first + row), _READ_TAG, k0, k1
        )
        if known[row]:  # the first of them are above threshold: their order means nothing
            fires[i] = number < above[row]
        else:
            fires[i] = unit(w0) >= charges.below_fraction
            above[row] += fires[i]
            below[row] += 1 - fires[i]
        charge[i] = charge_steps(w1, charges.above if fires[i] else charges.below)
        time_ns[i] += sigma_ns * math.sqrt(-2.0 * math.log(unit(w2))) * math.cos(2.0 * math.pi * unit(w3))
        if late.fraction > 0.0:
            w0, w1, w2, w3 = philox(
                np.uint32(number), np.uint32(_LATE), np.uint32(first + row), _READ_TAG, k0, k1
            )
            time_ns[i] += late_delay(w0, w1, late)


def electrons_of(key: Key, primaries: Primaries, deposits: Deposits, first: int) -> Electrons:
    """Return the electron behind each deposit, as the module says; energy 0 for alpha-like deposits.

    Parameters
    ----------
    key : of the block's photons.
    primaries : of the block.
    deposits : any part of the block's deposits.
    first : number of the first of them in the block.
    """
    owner = deposits.primary
    along = np.column_stack([primaries.dir_x[owner], primaries.dir_y[owner], primaries.dir_z[owner]])
    length = np.linalg.norm(along, axis=1)
    known = (
        (length > 0)
        & (deposits.x_m == primaries.x_m[owner])
        & (deposits.y_m == primaries.y_m[owner])
        & (deposits.z_m == primaries.z_m[owner])
    )
    direction = _directions(first, len(owner), *key)
    direction[known] = along[known] / length[known, None]
    energy_mev = np.where(deposits.kind == BETA_LIKE, deposits.deposited_mev, 0.0)
    return Electrons(energy_mev, *np.ascontiguousarray(direction.T))


def track_groups(
    block: Block,
    primaries: Primaries,
    deposits: Deposits,
    groups: Groups,
    detector: Detector,
    optical: OpticalDetector,
    known: NDArray[np.bool_],
) -> Tracking:
    """Prepare the tracking of a block, run of groups by run of groups.

    Parameters
    ----------
    block : gives the random numbers.
    primaries, deposits : of the block.
    groups : all of them, with counts that the tracking sets where they are not known; their deposits' rows
        are the numbers that the random counters take.
    detector : charge, threshold, jitter, yield map.
    optical : tables of the tracking.
    known : bool (n_deposits of the block,), photoelectrons that are to be made as counted.
    """
    key = photon_key(block.seed, block.index)
    ordered = Deposits._make(column[groups.deposit] for column in deposits)
    counted = known[groups.deposit]
    chance = light_yield(detector.optics, ordered.x_m, ordered.y_m, ordered.z_m) / optical.photons_per_mev
    photons = np.concatenate([[0.0], np.cumsum(optical.tracked_photons(ordered.visible_mev))])

    def shine(first_group: int, last_group: int) -> Tracked:
        first, last = int(groups.deposit_start[first_group]), int(groups.deposit_start[last_group])
        part = Deposits._make(column[first:last] for column in ordered)
        wanted = np.where(counted, groups.above + groups.below, ALL)[first:last]
        electrons = electrons_of(key, primaries, part, first)
        found = optical.track(key, part, electrons, first, wanted, chance[first:last]).photoelectrons
        n = len(found.deposit)
        tracked = Tracked(
            first,
            np.searchsorted(found.deposit, np.arange(last - first + 1)).astype(np.int64),
            found.time_ns,
            found.tube,
            np.empty(n, np.uint8),
            np.empty(n, np.int16),
        )
        _read_out(
            first, found.deposit, detector.charge, detector.transit_ns, detector.late_pulses, *key,
            tracked.time_ns, tracked.fires, tracked.charge,
            counted[first:last], groups.above[first:last], groups.below[first:last],
        )  # fmt: skip
        return tracked

    return Tracking(np.diff(photons[groups.deposit_start]).astype(np.int64), shine)
