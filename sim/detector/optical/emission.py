"""Birth of scintillation light: how many photons, of which wavelength.

Only photons that the best tube could see are tracked: their number is thinned at birth by the largest quantum
efficiency, and a tube then sees a photon with its efficiency over the largest one. Poisson numbers stay
Poisson numbers, so nothing else changes.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from sim.core.errors import PhysicsError
from sim.core.jit import njit, njit_inline
from sim.core.rng import philox, unit
from sim.detector.optical.config import ScintillationConfig
from sim.detector.optical.media import FIRST_NM, N_BINS

Floats = NDArray[np.float64]
_STEPS = 2048


class Emission(NamedTuple):
    """Wavelengths of PPO: distribution at bin edges (N_BINS + 1,), its inverse in bins (_STEPS + 1,)."""

    below: NDArray[np.float32]
    bins: NDArray[np.float32]


def emission_distribution(config: ScintillationConfig, wavelength_nm: Floats) -> Floats:
    """Return the part of the PPO emission below a wavelength.

    Our parametrisation: lambda - start follows a log-normal law whose mode and mean are the published peak
    and mean [BX-G4]; its tail ends at the edge of the tables, where 2e-4 is left. Its width (60 nm) follows.
    """
    mode, mean = config.peak_nm - config.start_nm, config.mean_nm - config.start_nm
    sigma = math.sqrt(2.0 / 3.0 * math.log(mean / mode))
    centre = math.log(mode) + sigma**2
    last = FIRST_NM + N_BINS
    reach = np.clip(wavelength_nm, config.start_nm + 1e-9, last) - config.start_nm
    whole = ndtr((math.log(last - config.start_nm) - centre) / sigma)
    return np.asarray(ndtr((np.log(reach) - centre) / sigma) / whole)


def build_emission(config: ScintillationConfig) -> Emission:
    """Make the tables of wavelengths; the inverse interpolates the distribution of 1 nm bins."""
    edges = FIRST_NM + np.arange(N_BINS + 1.0)
    below = emission_distribution(config, edges)
    rising = np.flatnonzero(np.diff(below, prepend=-1.0) > 1e-12)
    if below[rising[0]] > 0.0:
        msg = f"emission starts at {config.start_nm} nm, expected above {FIRST_NM} nm"
        raise PhysicsError(msg)
    rising[0] = max(int(np.searchsorted(below, 0.0, side="right")) - 1, 0)
    bins = np.interp(np.linspace(0.0, 1.0, _STEPS + 1), below[rising], rising)
    return Emission(below.astype(np.float32), np.minimum(bins, N_BINS - 1e-3).astype(np.float32))


@njit_inline
def emitted_bin(u: float, table: NDArray[np.float32]) -> int:
    """Turn a uniform number into the bin of an emitted wavelength."""
    place = u * (len(table) - 1)
    i = int(place)
    return int(table[i] + (place - i) * (table[i + 1] - table[i]))


@njit
def poisson_number(
    mean: float, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32
) -> int:
    """Draw a Poisson number from counters of its own (draw, c1, c2, c3).

    Multiplication of uniforms below a mean of 10, transformed rejection above [HOERMANN93].
    """
    draw = np.uint32(0)
    if mean < 10.0:
        number = -1
        rest = math.exp(-mean)
        product = 1.0
        while True:
            w0, w1, w2, w3 = philox(draw, c1, c2, c3, k0, k1)
            draw = np.uint32(draw + np.uint32(1))
            for word in (np.uint32(w0), np.uint32(w1), np.uint32(w2), np.uint32(w3)):
                number += 1
                product *= unit(word)
                if product <= rest:
                    return number
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        w0, w1, _, _ = philox(draw, c1, c2, c3, k0, k1)
        draw = np.uint32(draw + np.uint32(1))
        u = unit(w0) - 0.5
        v = unit(w1)
        near = 0.5 - abs(u)
        number = math.floor((2.0 * a / near + b) * u + mean + 0.43)
        if near >= 0.07 and v <= squeeze:
            return int(number)
        if number < 0.0 or (near < 0.013 and v > near):
            continue
        if math.log(v * inverse / (a / (near * near) + b)) <= number * math.log(mean) - mean - math.lgamma(
            number + 1.0
        ):
            return int(number)
