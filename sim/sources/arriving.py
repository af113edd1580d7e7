"""The state of one neutrino: mass states of its birth place, flavours after its way through the Earth."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.conversion import Conversion
from sim.physics.earth import HORIZON_DEG, night_transition
from sim.physics.msw import Levels, arrival_weights, levels

Floats = NDArray[np.float64]

_BY_THE_SUN = -1


class Passage(NamedTuple):
    """What kernels need to know of the way from birth to detector.

    radius, n_e : (n,), density along the solar radius; log_energy : (m,), rows of ``transition``, which is
    P(nu_k -> nu_a), (m, bins + 2, 3, 3): the nadir bins of the night, then day, then the mean night;
    always : bin used for every event, or -1 to follow the Sun.
    """

    levels: Levels
    radius: Floats
    n_e: Floats
    log_energy: Floats
    transition: Floats
    always: int


def build_passage(conversion: Conversion) -> Passage:
    """Tabulate the transitions that ``Conversion`` averages, one nadir bin at a time.

    Raises
    ------
    PhysicsError
        Nadir bins that are not equal parts of the night, or energies not uniform in the logarithm.
    """
    table = conversion.earth
    nights = table.transition.shape[1]
    log_energy = np.log(table.energy_mev)
    for grid, low, top in ((table.edges_deg, 0.0, HORIZON_DEG), (log_energy, log_energy[0], log_energy[-1])):
        if not np.allclose(grid, np.linspace(low, top, grid.size)):
            msg = "the Earth's table must have equal nadir bins up to 90 degrees and energies of equal ratio"
            raise PhysicsError(msg)
    day = np.broadcast_to(conversion.mix.flavour.T, (table.energy_mev.size, 1, 3, 3))
    if conversion.exposure.night.sum() > 0.0:
        night = night_transition(table, conversion.exposure.night, table.energy_mev)[:, None]
    else:
        night = day
    choice = {"average": _BY_THE_SUN, "day": nights, "night": nights + 1}
    return Passage(
        levels(conversion.mix),
        conversion.sun.radius,
        conversion.sun.n_e_mol_cm3,
        log_energy,
        np.ascontiguousarray(np.concatenate([table.transition, day, night], axis=1)),
        choice[conversion.neutrino.day_night],
    )


@njit
def masses_at(passage: Passage, energy_mev: float, birth_radius: float) -> tuple[float, float, float]:
    """Return P_e1, P_e2, P_e3 of a nu_e born at a radius."""
    i = min(max(int(np.searchsorted(passage.radius, birth_radius)) - 1, 0), passage.radius.size - 2)
    t = (birth_radius - passage.radius[i]) / (passage.radius[i + 1] - passage.radius[i])
    n_e = passage.n_e[i] + t * (passage.n_e[i + 1] - passage.n_e[i])
    return arrival_weights(energy_mev, n_e, passage.levels)


@njit
def flavours_at(
    passage: Passage, energy_mev: float, p1: float, p2: float, p3: float, sun_up: float
) -> tuple[float, float, float]:
    """Return P of nu_e, nu_mu, nu_tau at the detector; ``sun_up`` is the cosine of the Sun's zenith angle."""
    nights = passage.transition.shape[1] - 2
    column = passage.always
    if column < 0:
        column = nights
        if sun_up < 0.0:
            nadir_deg = math.degrees(math.acos(min(1.0, -sun_up)))
            column = min(int(nadir_deg / HORIZON_DEG * nights), nights - 1)
    last = passage.log_energy.size - 1
    span = passage.log_energy[last] - passage.log_energy[0]
    place = (math.log(energy_mev) - passage.log_energy[0]) / span * last
    place = min(max(place, 0.0), float(last))
    i = min(int(place), last - 1)
    t = place - i
    low = passage.transition[i, column]
    high = passage.transition[i + 1, column]
    e = p1 * (low[0, 0] + t * (high[0, 0] - low[0, 0]))
    e += p2 * (low[1, 0] + t * (high[1, 0] - low[1, 0])) + p3 * (low[2, 0] + t * (high[2, 0] - low[2, 0]))
    mu = p1 * (low[0, 1] + t * (high[0, 1] - low[0, 1]))
    mu += p2 * (low[1, 1] + t * (high[1, 1] - low[1, 1])) + p3 * (low[2, 1] + t * (high[2, 1] - low[2, 1]))
    return e, mu, p1 + p2 + p3 - e - mu
