"""What every source is: something that turns a block of live time into primaries and their deposits."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sim.core.constants import SECONDS_PER_DAY
from sim.core.primaries import Block, Deposits, Primaries
from sim.core.schema import PROCESSES, SPECIES

REFERENCE_MASS_T = 100.0


@dataclass(frozen=True, slots=True)
class Positronium:
    """Ortho-positronium: how many of the stopped positrons form it, and how long it lives in the liquid."""

    chance: float = 0.485  # pseudocumene [FRANCO11], unverified
    lifetime_ns: float = 3.12  # in pseudocumene [FRANCO11], unverified


@dataclass(frozen=True, slots=True)
class Birks:
    """What the liquid does to particles: Birks' constants in cm/MeV, and to positrons that have stopped."""

    electron_cm_mev: float
    alpha_cm_mev: float
    positronium: Positronium = Positronium()


class Source(Protocol):
    """A source: frozen, cheap to pickle, and without memory of the blocks it was asked for."""

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return what happens in the tracked volume during a block; the same block gives the same events."""
        ...


def rate_per_s(cpd_100t: float, mass_t: float) -> float:
    """Return counts per second in a mass, from counts per day and 100 t."""
    return cpd_100t * mass_t / (REFERENCE_MASS_T * SECONDS_PER_DAY)


def count_species(primaries: Primaries) -> dict[str, int]:
    """Return the number of interactions of every species, 0 included, by name; neutrons are not counted."""
    first = primaries.process != PROCESSES["neutron_capture"]
    counts = np.bincount(primaries.species[first], minlength=256)
    return {name: int(counts[code]) for name, code in SPECIES.items()}
