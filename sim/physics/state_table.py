"""Populations of the six mass states over energy and birth radius: what an event kernel looks up.

Between the points populations are interpolated linearly in log E and radius; every point is an average over
its cells, so that averages over production regions are kept. Off by at most 2 % of the antineutrino part.
"""

from pathlib import Path as FilePath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.cache import Arrays, digest, remembered
from sim.core.constants import SOLAR_RADIUS_KM
from sim.physics.sfp_choice import SCHEME_TYPE, choose, rescaled
from sim.physics.sfp_six import inner_moments

if TYPE_CHECKING:
    from sim.physics.sfp import SpinFlavour

Floats = NDArray[np.float64]
Schemes = NDArray[np.str_]

ENERGIES_MEV = np.geomspace(0.05, 20.0, 200)
RADII = np.linspace(0.0, 0.5, 201)  # almost nothing is born further out

_STEP = float(RADII[1] - RADII[0])
_POINTS = 8  # of the average on either side of a radius
_SEEN = 0.3  # solar radii: splittings at birth further out are not asked for
_SLABS_A_STEP = 4
_DIGITS = 12  # of the moments' ratios: rounding must not make a new table


class StateTable(NamedTuple):
    """Populations on arrival of a nu_e, by energy and birth place; one table serves all components.

    ``log_energy`` (m,), uniform, of MeV; ``radius`` (n,), uniform, in solar radii; ``states`` (m, n, 6):
    three mass states, then three of antineutrinos (Majorana) or right-handed states (Dirac), sum 1;
    ``scheme`` str (m,), what computed them.
    """

    log_energy: Floats
    radius: Floats
    states: Floats
    scheme: Schemes


def _windows(x: Floats) -> Floats:
    """Return the weights (n_radii, n_x) of the averages around the radii, from values at ``x``."""
    u = (np.arange(2 * _POINTS) + 0.5) / _POINTS - 1.0
    weights = np.zeros((len(RADII), len(x)))
    for row, radius in zip(weights, RADII, strict=True):
        place = radius + _STEP * u
        share = (1.0 - np.abs(u))[place >= 0.0]
        place = np.clip(place[place >= 0.0], x[0], x[-1])
        left = np.clip(np.searchsorted(x, place) - 1, 0, len(x) - 2)
        t = (place - x[left]) / (x[left + 1] - x[left])
        np.add.at(row, left, share * (1.0 - t))
        np.add.at(row, left + 1, share * t)
        row /= row.sum()
    return weights


def _inside(x: Floats) -> NDArray[np.int64]:
    """Return the nodes that the averages ask for."""
    return np.arange(min(len(x), int(np.searchsorted(x, RADII[-1] + _STEP)) + 2))


def _first_order(turning: "SpinFlavour") -> tuple[Floats, Floats, Floats]:
    """Return populations (m, n, 6), the greatest conversion (m,) and the least splitting (m,)."""
    from sim.physics.sfp_births import response_by_birth  # kernels are loaded where they are used

    nodes = turning.unit_path
    moments = inner_moments(turning.matrix_bohr, turning.mix)
    size = float(np.abs(moments).max())
    ratios = np.round(moments / size, _DIGITS) if size > 0.0 else moments
    if turning.nature == "dirac":
        ratios = np.zeros(3, complex)

    def make() -> Arrays:
        at = _inside(nodes.x)
        born = np.zeros(len(nodes.x), bool)
        born[at] = True
        found = response_by_birth(ENERGIES_MEV, nodes, turning.mix, ratios, born)
        average = _windows(nodes.x[at])
        arrays: Arrays = {
            name: np.einsum("rx,mxk->mrk", average, getattr(found, name)[:, at])
            for name in ("mass", "gain", "loss")
        }
        seen = nodes.x[at] <= _SEEN
        return arrays | {
            "most": found.gain[:, at].sum(axis=2).max(axis=1),
            "least": found.least[:, at][:, seen].min(axis=1),
        }

    key = digest(
        FilePath(__file__), *nodes, turning.mix.inner, turning.mix.mass2_ev2, ratios, ENERGIES_MEV, RADII
    )
    names = ("mass", "gain", "loss", "most", "least")
    found = {
        name: np.asarray(array, dtype=np.float64)
        for name, array in remembered("births-forms", key, names, make).items()
    }
    square = (size * turning.field.peak_kg) ** 2
    states = np.concatenate([found["mass"] - square * found["loss"], square * found["gain"]], axis=2)
    return np.ascontiguousarray(states), square * found["most"], found["least"]


def _all_orders(turning: "SpinFlavour", energy: Floats, chosen: Schemes) -> Floats:
    """Return populations (m, n, 6) by the schemes that are given."""
    from sim.physics.sfp_backward import dressed_by_birth, midpoint_by_birth, random_by_birth

    def make() -> Arrays:
        out = np.empty((len(energy), len(RADII), 6))
        if turning.field.correlation_km is not None:
            at = _inside(turning.path.x)
            length = turning.field.correlation_km / SOLAR_RADIUS_KM
            found = random_by_birth(energy, turning.six, turning.path, at, length)
            return {"states": np.einsum("rx,mxk->mrk", _windows(turning.path.x[at]), found)}
        six, ratio = turning.six_at_reference
        dressed = chosen == "dressed"
        if dressed.any():
            nodes = turning.fine_path
            at = _inside(nodes.x)
            found = dressed_by_birth(energy[dressed], six, nodes, at, _STEP)
            out[dressed] = np.einsum("rx,mxk->mrk", _windows(nodes.x[at]), found)
        place = np.arange(0.0, RADII[-1] + 2.0 * _STEP, _STEP / _SLABS_A_STEP)
        for k in np.flatnonzero(~dressed):
            slabs = turning.slabs(float(energy[k]))
            at = np.unique(np.searchsorted(slabs.x, place))
            found = midpoint_by_birth(float(energy[k]), six, slabs, at, _STEP)
            out[k] = _windows(slabs.x[at]) @ found
        return {"states": rescaled(out, ratio)}

    key = digest(FilePath(__file__), turning.identity, energy, chosen, RADII)
    found = remembered("births-states", key, ("states",), make)
    return np.ascontiguousarray(found["states"], dtype=np.float64)


def state_table(turning: "SpinFlavour") -> StateTable:
    """Tabulate a precession over energy (0.05 to 20 MeV) and birth radius (to 0.5 solar radii).

    Kept on disk; tables that first order makes are kept for unit moment and field, so that another strength
    finds them.
    """
    log_energy = np.log(ENERGIES_MEV)
    if turning.field.correlation_km is not None:
        chosen = np.full(len(ENERGIES_MEV), "random", SCHEME_TYPE)
        return StateTable(log_energy, RADII, _all_orders(turning, ENERGIES_MEV, chosen), chosen)
    states, most, least = _first_order(turning)
    chosen = choose(
        turning.scheme,
        turning.nature,
        ENERGIES_MEV,
        most,
        least,
        turning.six,
        turning.path,
        turning.better_slabs(ENERGIES_MEV),
    )
    beyond = chosen != "quadrature"
    if beyond.any():
        states[beyond] = _all_orders(turning, ENERGIES_MEV[beyond], chosen[beyond])
    return StateTable(log_energy, RADII, states, chosen)
