"""What a nu_e has become at the solar surface."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.physics.mixing import Mixing

Floats = NDArray[np.float64]
Schemes = NDArray[np.str_]


class SpinFlavourProbabilities(NamedTuple):
    """What arrives at the solar surface, each float64 (n,) but the last.

    ``e1, e2, e3`` populations of the neutrino mass states; ``a1, a2, a3`` of the antineutrino (Majorana) or
    right-handed (Dirac) ones; the six sum to 1. ``anue, anumu, anutau``: antineutrino flavours by day, zero
    for Dirac; ``sterile``: sum of the right-handed states, zero for Majorana. ``scheme`` str (n,), what
    computed it.
    """

    anue: Floats
    anumu: Floats
    anutau: Floats
    sterile: Floats
    e1: Floats
    e2: Floats
    e3: Floats
    a1: Floats
    a2: Floats
    a3: Floats
    scheme: Schemes


def assemble(populations: Floats, scheme: Schemes, mix: Mixing, nature: str) -> SpinFlavourProbabilities:
    """Join the populations (n, 6) with the flavours that the lower three show by day.

    Rounding and weights of births may leave a population of next to nothing below zero: it is set to zero.
    """
    populations = np.maximum(populations, 0.0)
    columns = populations.T.copy()
    none = np.zeros(len(populations))
    if nature == "dirac":
        sterile = populations[:, 3:].sum(axis=1)
        return SpinFlavourProbabilities._make([none, none.copy(), none.copy(), sterile, *columns, scheme])
    flavours = (populations[:, 3:] @ mix.flavour.T).T.copy()
    return SpinFlavourProbabilities._make([*flavours, none, *columns, scheme])
