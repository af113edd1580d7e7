"""The state of one neutrino: mass states of its birth place, flavours after its way through the Earth."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit, njit_inline
from sim.physics.conversion import Conversion
from sim.physics.earth import HORIZON_DEG, EarthTable, night_transition
from sim.physics.msw import Levels, arrival_weights, levels
from sim.physics.state_table import StateTable

Floats = NDArray[np.float64]

_BY_THE_SUN = -1


class Passage(NamedTuple):
    """What kernels need to know of the way from birth to detector.

    radius, n_e : (n,), density along the solar radius; log_energy : (m,), rows of ``transition``, which is
    P(nu_k -> nu_a), (m, bins + 2, 3, 3): the nadir bins of the night, then day, then the mean night;
    anti : the same for antineutrinos, zero for right-handed states; always : bin used for every event, or -1
    to follow the Sun. table_log_energy (k,), table_radius (l,), table (k, l, 6): by energy and birth place,
    what precession leaves of each mass state (a factor), and the populations of the antineutrinos or
    right-handed states that it makes; without precession of length 0.
    """

    levels: Levels
    radius: Floats
    n_e: Floats
    log_energy: Floats
    transition: Floats
    anti: Floats
    always: int
    table_log_energy: Floats
    table_radius: Floats
    table: Floats


class States(NamedTuple):
    """Populations of the mass states: neutrinos, then antineutrinos or right-handed states."""

    e1: float
    e2: float
    e3: float
    a1: float
    a2: float
    a3: float


class Flavours(NamedTuple):
    """Probabilities at the detector; they sum to 1 less what is right-handed."""

    nue: float
    numu: float
    nutau: float
    anue: float
    anumu: float
    anutau: float


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
    choice = {"average": _BY_THE_SUN, "day": nights, "night": nights + 1}
    states = conversion.state_table()
    transition = _columns(conversion, table)
    if states is None or conversion.nature == "dirac":
        anti = np.zeros_like(transition)
    else:
        anti = _columns(conversion, conversion.anti_earth)
    precession = np.zeros((0, 0, 6)), np.zeros(0), np.zeros(0)
    if states is not None:
        precession = _left_over(conversion, states), states.log_energy, states.radius
    factors, energies, radii = precession
    return Passage(
        levels(conversion.mix),
        conversion.sun.radius,
        conversion.sun.n_e_mol_cm3,
        log_energy,
        transition,
        anti,
        choice[conversion.neutrino.day_night],
        energies,
        radii,
        factors,
    )


def _left_over(conversion: Conversion, states: StateTable) -> Floats:
    """Return the table with the neutrinos' populations over those without precession.

    The factors are smooth and near 1, so that events keep the exact conversion by matter.
    """
    plain = np.empty((*states.states.shape[:2], 3))
    n_e = np.interp(states.radius, conversion.sun.radius, conversion.sun.n_e_mol_cm3)
    _adiabatic(np.exp(states.log_energy), n_e, levels(conversion.mix), plain)
    table = states.states.copy()
    table[..., :3] /= plain
    return table


@njit
def _adiabatic(energy_mev: Floats, n_e: Floats, at: Levels, out: Floats) -> None:
    for i in range(energy_mev.size):
        for j in range(n_e.size):
            out[i, j, 0], out[i, j, 1], out[i, j, 2] = arrival_weights(energy_mev[i], n_e[j], at)


def _columns(conversion: Conversion, table: EarthTable) -> Floats:
    """Return the transitions of a table with those by day and of the mean night behind."""
    day = np.broadcast_to(conversion.mix.flavour.T, (table.energy_mev.size, 1, 3, 3))
    night = day
    if conversion.exposure.night.sum() > 0.0:
        night = night_transition(table, conversion.exposure.night, table.energy_mev)[:, None]
    return np.ascontiguousarray(np.concatenate([table.transition, day, night], axis=1))


@njit_inline
def _cell(value: float, grid: Floats) -> tuple[int, float]:
    """Return cell and place within it on a uniform grid; outside, the nearest end."""
    last = grid.size - 1
    place = (value - grid[0]) / (grid[last] - grid[0]) * last
    place = min(max(place, 0.0), float(last))
    i = min(int(place), last - 1)
    return i, place - i


@njit
def masses_at(passage: Passage, energy_mev: float, birth_radius: float) -> States:
    """Return the populations that a nu_e born at a radius has on arrival."""
    i = min(max(int(np.searchsorted(passage.radius, birth_radius)) - 1, 0), passage.radius.size - 2)
    t = (birth_radius - passage.radius[i]) / (passage.radius[i + 1] - passage.radius[i])
    n_e = passage.n_e[i] + t * (passage.n_e[i + 1] - passage.n_e[i])
    p1, p2, p3 = arrival_weights(energy_mev, n_e, passage.levels)
    if passage.table.shape[0] == 0:
        return States(p1, p2, p3, 0.0, 0.0, 0.0)
    i, t = _cell(math.log(energy_mev), passage.table_log_energy)
    j, u = _cell(birth_radius, passage.table_radius)
    a, b = passage.table[i, j], passage.table[i, j + 1]
    c, d = passage.table[i + 1, j], passage.table[i + 1, j + 1]
    wa, wb, wc, wd = (1.0 - t) * (1.0 - u), (1.0 - t) * u, t * (1.0 - u), t * u
    return States(
        p1 * (wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0]),
        p2 * (wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1]),
        p3 * (wa * a[2] + wb * b[2] + wc * c[2] + wd * d[2]),
        wa * a[3] + wb * b[3] + wc * c[3] + wd * d[3],
        wa * a[4] + wb * b[4] + wc * c[4] + wd * d[4],
        wa * a[5] + wb * b[5] + wc * c[5] + wd * d[5],
    )


@njit_inline
def _mixed(
    low: Floats, high: Floats, t: float, p1: float, p2: float, p3: float
) -> tuple[float, float, float]:
    """Return three flavours of three mass states, transitions linear between two energies."""
    e = p1 * (low[0, 0] + t * (high[0, 0] - low[0, 0]))
    e += p2 * (low[1, 0] + t * (high[1, 0] - low[1, 0])) + p3 * (low[2, 0] + t * (high[2, 0] - low[2, 0]))
    mu = p1 * (low[0, 1] + t * (high[0, 1] - low[0, 1]))
    mu += p2 * (low[1, 1] + t * (high[1, 1] - low[1, 1])) + p3 * (low[2, 1] + t * (high[2, 1] - low[2, 1]))
    tau = p1 * (low[0, 2] + t * (high[0, 2] - low[0, 2]))
    tau += p2 * (low[1, 2] + t * (high[1, 2] - low[1, 2])) + p3 * (low[2, 2] + t * (high[2, 2] - low[2, 2]))
    return e, mu, tau


@njit
def flavours_at(passage: Passage, energy_mev: float, states: States, sun_up: float) -> Flavours:
    """Return the flavours at the detector; ``sun_up`` is the cosine of the Sun's zenith angle."""
    nights = passage.transition.shape[1] - 2
    column = passage.always
    if column < 0:
        column = nights
        if sun_up < 0.0:
            nadir_deg = math.degrees(math.acos(min(1.0, -sun_up)))
            column = min(int(nadir_deg / HORIZON_DEG * nights), nights - 1)
    i, t = _cell(math.log(energy_mev), passage.log_energy)
    low, high = passage.transition[i, column], passage.transition[i + 1, column]
    e, mu, tau = _mixed(low, high, t, states.e1, states.e2, states.e3)
    if passage.table.shape[0] == 0:
        return Flavours(e, mu, tau, 0.0, 0.0, 0.0)
    low, high = passage.anti[i, column], passage.anti[i + 1, column]
    ae, amu, atau = _mixed(low, high, t, states.a1, states.a2, states.a3)
    return Flavours(e, mu, tau, ae, amu, atau)
