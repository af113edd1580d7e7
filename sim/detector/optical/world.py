"""What the tracking of photons takes and gives: tables, births, photoelectrons, fates."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.detector.arrival import Arrival
from sim.detector.optical.cherenkov import Cherenkov
from sim.detector.optical.emission import Emission
from sim.detector.optical.layout import Layout
from sim.detector.optical.tubes import Tubes

SCATTERED, REFLECTED, REEMITTED, CHERENKOV = 1, 2, 4, 8  # bits of a history; 0: direct scintillation light
FATES = (
    "seen",
    "lost in the scintillator",
    "lost in the buffer",
    "lost in nylon",
    "lost on steel",
    "lost on a concentrator or ring",
    "no photoelectron at a photocathode",
    "too late",
)
SEEN, IN_SCINTILLATOR, IN_BUFFER, IN_NYLON, ON_STEEL, ON_METAL, AT_CATHODE, TOO_LATE = range(8)


class World(NamedTuple):
    """All that a photon can meet."""

    media: NDArray[np.float32]
    rayleigh: NDArray[np.float32]
    emission: Emission
    arrival: Arrival  # emission times only
    cherenkov: Cherenkov
    layout: Layout
    tubes: Tubes
    steel_reflectivity: float
    steel_specular: float
    steel_efficiency: float
    reemission_ns: float
    transfer_ns: float
    red_only: bool
    latest_ns: float


class Births(NamedTuple):
    """What shines, a row a deposit, shape (n,)."""

    photons: NDArray[np.int64]  # of scintillation, thinned
    flashes: NDArray[np.int64]  # of Cherenkov light, thinned
    wanted: NDArray[np.int64]  # photoelectrons after which the rest is left out
    kind: NDArray[np.uint8]  # BETA_LIKE or ALPHA_LIKE
    place_m: NDArray[np.float64]  # (n, 3)
    electron_mev: NDArray[np.float64]
    direction: NDArray[np.float64]  # (n, 3) of the electron


class Found(NamedTuple):
    """Buffers of photoelectrons; the kernel fills them from the front."""

    deposit: NDArray[np.int32]
    tube: NDArray[np.int16]
    time_ns: NDArray[np.float32]
    bin: NDArray[np.int16]
    history: NDArray[np.uint8]
