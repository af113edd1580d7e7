"""What happens in the scintillator, as flat arrays: handed from the sources to the detector."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BETA_LIKE = 0  # electrons, positrons, gammas: the fast emission profile
ALPHA_LIKE = 1  # alphas, protons: the slow emission profile

ALONE = -1  # family of a primary that is an interaction by itself


@dataclass(frozen=True, slots=True)
class Block:
    """A slice of live time, the unit of work: it has its own random streams."""

    seed: int
    index: int
    start_ns: int  # UTC, since 1970-01-01
    live_s: float


class Primaries(NamedTuple):
    """One row a primary, shape (n,); times in ns since the block's start, in any order."""

    time_ns: Floats
    family: NDArray[np.int32]  # same number for all primaries of one interaction; -1: alone
    species: NDArray[np.uint8]  # sim.core.schema.SPECIES
    process: NDArray[np.uint8]  # sim.core.schema.PROCESSES
    pdg_birth: NDArray[np.int32]
    pdg_detector: NDArray[np.int32]
    neutrino_energy_mev: Floats
    birth_radius_rsun: Floats
    energy_mev: Floats  # recoil, or kinetic energy of the decay particle
    x_m: Floats
    y_m: Floats
    z_m: Floats
    dir_x: Floats
    dir_y: Floats
    dir_z: Floats
    weight: Floats


class Deposits(NamedTuple):
    """One row an energy deposit, shape (m,), sorted by primary; a primary has one or more."""

    primary: NDArray[np.int64]  # row of Primaries
    kind: NDArray[np.uint8]  # BETA_LIKE or ALPHA_LIKE
    delay_ns: Floats  # after the primary's time
    deposited_mev: Floats
    visible_mev: Floats  # quenched
    x_m: Floats
    y_m: Floats
    z_m: Floats


def empty_primaries(n: int) -> Primaries:
    """Return n rows of zeros with weight 1, each alone in its family."""
    types = {
        "family": np.int32,
        "species": np.uint8,
        "process": np.uint8,
        "pdg_birth": np.int32,
        "pdg_detector": np.int32,
    }
    rows = {name: np.zeros(n, types.get(name, np.float64)) for name in Primaries._fields}
    rows["weight"] = np.ones(n)
    rows["family"][:] = ALONE
    return Primaries(**rows)


def point_deposits(primaries: Primaries, kind: int, visible_mev: Floats) -> Deposits:
    """Return one deposit a primary, at its vertex, of its whole energy."""
    n = len(primaries.time_ns)
    return Deposits(
        np.arange(n),
        np.full(n, kind, np.uint8),
        np.zeros(n),
        primaries.energy_mev,
        visible_mev,
        primaries.x_m,
        primaries.y_m,
        primaries.z_m,
    )


def join(parts: list[tuple[Primaries, Deposits]]) -> tuple[Primaries, Deposits]:
    """Join sources into one list of primaries and their deposits; the order of parts is kept.

    Families are numbered within a part; here they get numbers of their own, from 0 upwards.
    """
    offsets = np.cumsum([0, *(len(p.time_ns) for p, _ in parts)])
    primaries = Primaries(*(np.concatenate(columns) for columns in zip(*(p for p, _ in parts), strict=True)))
    first = np.cumsum([0, *(int(p.family.max(initial=ALONE)) + 1 for p, _ in parts)])
    shift = np.repeat(first[:-1], np.diff(offsets))
    primaries.family[:] = np.where(primaries.family == ALONE, ALONE, primaries.family + shift)
    deposits = [
        d._replace(primary=d.primary + start) for (_, d), start in zip(parts, offsets[:-1], strict=True)
    ]
    return primaries, Deposits(*(np.concatenate(columns) for columns in zip(*deposits, strict=True)))
