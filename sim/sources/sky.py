"""The Sun during a block: direction and 1/d^2 at any moment, without an ephemeris for each event."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit_inline
from sim.core.primaries import Block
from sim.physics.config import SiteConfig
from sim.physics.exposure import inverse_distance_squared, solar_direction

Floats = NDArray[np.float64]

_STEP_S = 120.0  # the chord's mid-point is 3e-5 rad off the Sun's path


class Sky(NamedTuple):
    """The Sun on a uniform grid of times, linear between: unit vectors to it (3, n), 1/d^2 (n,)."""

    step_s: float
    direction: Floats
    flux_factor: Floats
    top_factor: float  # largest flux factor of the block


def block_sky(block: Block, site: SiteConfig) -> Sky:
    """Return the Sun's path during a block; vectors are east, north, up."""
    steps = max(1, math.ceil(block.live_s / _STEP_S))
    step_s = block.live_s / steps
    times = np.asarray(block.start_ns * 1e-9 + step_s * np.arange(steps + 1), dtype=np.float64)
    factor = inverse_distance_squared(times)
    return Sky(step_s, np.ascontiguousarray(solar_direction(times, site)), factor, float(factor.max()))


@njit_inline
def sun_at(sky: Sky, time_s: float) -> tuple[float, float, float, float]:
    """Return the unit vector to the Sun and 1/d^2, a time after the block's start."""
    position = time_s / sky.step_s
    i = min(int(position), sky.flux_factor.size - 2)
    t = position - i
    x = sky.direction[0, i] + t * (sky.direction[0, i + 1] - sky.direction[0, i])
    y = sky.direction[1, i] + t * (sky.direction[1, i + 1] - sky.direction[1, i])
    z = sky.direction[2, i] + t * (sky.direction[2, i + 1] - sky.direction[2, i])
    scale = 1.0 / math.sqrt(x * x + y * y + z * z)
    factor = sky.flux_factor[i] + t * (sky.flux_factor[i + 1] - sky.flux_factor[i])
    return x * scale, y * scale, z * scale, factor
