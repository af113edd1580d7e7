"""What tubes and their concentrators do with a photon, as tables."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.geometry import Photomultipliers
from sim.core.jit import njit_inline
from sim.core.rng import Stage, stream
from sim.detector.optical.config import TubesConfig
from sim.detector.optical.media import quantum_efficiency

Floats = NDArray[np.float64]
_STEPS = 256


class Tubes(NamedTuple):
    """Tables and constants of the tubes; efficiencies are relative to the largest quantum efficiency."""

    by_bin: NDArray[np.float32]  # (N_BINS,) quantum efficiency by wavelength, at most 1
    by_tube: NDArray[np.float32]  # (n_pmt,) relative efficiency, 0 for a dead tube
    accepted: NDArray[np.float32]  # (_STEPS + 1,) by cosine at the mouth: reaches the photocathode
    mouth_m: float
    cathode_m: float
    ring_m: float
    length_m: float
    turned_back: float  # chance of refused light to leave the concentrator
    ring_reflectivity: float
    ring_specular: float


def cutoff(config: TubesConfig) -> float:
    """Return the angle in rad up to which a concentrator can collect.

    Phase space is kept: mouth area x sin^2 = area of the photocathode, a cap of glass of the given curvature
    (for a flat one sin = exit radius / entrance radius) [OBERAUER04].
    """
    depth = config.curvature_m - math.sqrt(config.curvature_m**2 - config.cathode_m**2)
    area = 2.0 * config.curvature_m * depth  # over pi
    return math.asin(min(math.sqrt(area) / config.mouth_m, 1.0))


def acceptance(config: TubesConfig, cosine: Floats) -> Floats:
    """Return the chance of light at an angle to a concentrator's axis to reach the photocathode.

    All angles below the cut-off, none above, with an edge softened by a logistic law; each reflection costs.
    Rays traced through a string profile of the published radii and length agree within 0.08 at the edge and
    0.02 elsewhere; refused ones come back at the angle they entered with.
    """
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    edge = 1.0 / (1.0 + np.exp((angle - cutoff(config)) / math.radians(config.cutoff_width_deg)))
    return np.asarray(config.cone_reflectivity**config.cone_reflections * edge)


@njit_inline
def accepted(cosine: float, table: NDArray[np.float32]) -> float:
    """Look up the acceptance, linear between its entries; cosine in [0, 1]."""
    place = min(max(cosine, 0.0), 0.999999) * (len(table) - 1)
    i = int(place)
    return float(table[i] + (place - i) * (table[i + 1] - table[i]))


def relative_efficiency(config: TubesConfig, layout_seed: int, pmts: Photomultipliers) -> Floats:
    """Return the efficiency of every tube over the tabulated one, dead ones too; float64 (n_pmt,), at most 1.

    Parameters
    ----------
    config : mean and relative spread.
    layout_seed : which tubes are better than others.
    pmts : the tubes.
    """
    normal = stream(layout_seed, Stage.LAYOUT, 1).standard_normal(len(pmts.live))
    spread = np.clip(1.0 + config.relative_qe_sigma * normal, 0.1, None)
    return np.asarray(np.clip(config.relative_qe * spread / spread.mean(), 0.0, 1.0))


def build_tubes(config: TubesConfig, layout_seed: int, pmts: Photomultipliers) -> Tubes:
    """Make the tables of the tubes; dead ones see nothing."""
    by_bin = quantum_efficiency()
    steps = np.linspace(0.0, 1.0, _STEPS + 1)
    return Tubes(
        np.asarray(by_bin / by_bin.max(), dtype=np.float32),
        np.asarray(relative_efficiency(config, layout_seed, pmts) * pmts.live, dtype=np.float32),
        np.asarray(acceptance(config, steps), dtype=np.float32),
        config.mouth_m,
        config.cathode_m,
        config.ring_m,
        config.length_m,
        config.cone_reflectivity**config.turned_back_reflections,
        config.ring_reflectivity,
        config.ring_specular,
    )
