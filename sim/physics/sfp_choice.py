"""Which scheme computes the precession of an energy, and at which strength."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.physics.mixing import Mixing
from sim.physics.sfp_crossing import crosses
from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path, node_count
from sim.physics.sfp_six import Six
from sim.physics.solar_field import SolarField

Floats = NDArray[np.float64]
Schemes = NDArray[np.str_]
Scheme = Literal["auto", "quadrature", "dressed", "midpoint"]

SCHEME_TYPE = "<U10"
FIRST_ORDER = 3e-4  # conversion above which first order in mu B is not enough: off by 1 % there

_FIRST_ORDER_END = 0.05  # above it a forced first order is refused
_FAST_AT_BIRTH = 300.0  # rad/R_sun: slower splittings at birth interfere with what happens later
_MANY_NODES = 3000  # a field that asks for more is irregular
_SMALL_SIN2_2THETA12 = 0.1  # below, neutrinos need not follow their matter states
_LEAST_SLABS, _AUTO_SLABS, _MOST_SLABS = 10_000, 200_000, 4_000_000  # seconds an energy beyond the second
_SLAB_PHASE = 2.0  # radians between states 1 and 2: slabs in step with it would add up their errors
# mu B in rad/R_sun below which conversion is computed at this strength and scaled with its square: keeps
# amplitudes away from rounding, and from saturation
_REFERENCE = {"majorana": 0.05, "dirac": 0.005}


def check_scheme(scheme: str, nature: str, field: SolarField) -> None:
    """Refuse, as PhysicsError, a scheme that does not exist or does not fit the moment or the field."""
    if nature == "effective":
        msg = "precession needs moment.nature = 'majorana' or 'dirac': mu_eff alone has no states"
        raise PhysicsError(msg)
    if scheme not in get_args(Scheme):
        msg = f"unknown scheme {scheme!r}; schemes: {', '.join(get_args(Scheme))}"
        raise PhysicsError(msg)
    if scheme == "quadrature" and nature == "dirac":
        msg = "the quadrature is for Majorana moments; for Dirac use 'dressed', 'midpoint' or 'auto'"
        raise PhysicsError(msg)
    if scheme != "auto" and field.correlation_km is not None:
        msg = f"scheme {scheme!r} is for regular fields; a random field has its own, use 'auto'"
        raise PhysicsError(msg)


def better_slabs(energy_mev: Floats, mix: Mixing, field: SolarField, v_e: Floats) -> NDArray[np.bool_]:
    """Say for which energies slabs are better than states that are followed, bool (n,).

    In fields that are irregular, or where mixing is small: down to the energy (some 0.3 MeV) that needs
    200 000 slabs; below there is no resonance to jump at, and the nodes follow the field anyway.
    """
    sin2 = float(mix.flavour[0, 1] / (mix.flavour[0, 0] + mix.flavour[0, 1]))
    if node_count(field) <= _MANY_NODES and 4.0 * sin2 * (1.0 - sin2) >= _SMALL_SIN2_2THETA12:
        return np.zeros(len(energy_mev), dtype=np.bool_)
    return np.array([_wanted_slabs(float(mev), mix, field, v_e) <= _AUTO_SLABS for mev in energy_mev], bool)


def choose(
    forced: Scheme,
    nature: str,
    energy_mev: Floats,
    converted: Floats,
    slowest: Floats,
    six: Six,
    path: Path,
    slabs: NDArray[np.bool_],
) -> Schemes:
    """Choose the scheme of every energy.

    Parameters
    ----------
    forced : the scheme to take, or auto.
    nature : majorana or dirac.
    energy_mev, converted, slowest : (n,), what first order converts, least splitting at birth in rad/R_sun.
    six, path : the Hamiltonian's parts, and nodes, to look for level crossings.
    slabs : (n,), :func:`better_slabs`.

    Raises
    ------
    PhysicsError
        A forced first order where conversion exceeds 5 %.
    """
    if not (path.coupling.any() and six.moment.any()):
        return np.full(energy_mev.size, "quadrature", dtype=SCHEME_TYPE)
    if forced != "auto":
        if forced == "quadrature" and np.any(converted > _FIRST_ORDER_END):
            worst = int(np.argmax(converted))
            msg = (
                f"first order in mu B converts {converted[worst]:.3g} at {energy_mev[worst]:g} MeV: "
                "too large for the quadrature, use 'dressed' or 'auto'"
            )
            raise PhysicsError(msg)
        return np.full(energy_mev.size, forced, dtype=SCHEME_TYPE)
    chosen = np.full(energy_mev.size, "quadrature", dtype=SCHEME_TYPE)
    beyond = (converted > FIRST_ORDER) | (slowest < _FAST_AT_BIRTH)
    if nature == "dirac":
        beyond[:] = True
    chosen[beyond] = "dressed"
    chosen[slabs] = "midpoint"
    at = np.flatnonzero(beyond & ~slabs)
    if at.size:
        chosen[at[crosses(energy_mev[at], six, path)]] = "midpoint"
    return chosen


def at_reference(six: Six, nature: str, strength: float) -> tuple[Six, float]:
    """Return the Hamiltonian's parts at a strength fit for computing, and the factor on conversion."""
    least = _REFERENCE[nature]
    if strength == 0.0 or strength >= least:
        return six, 1.0
    return six._replace(moment=six.moment * (least / strength)), (strength / least) ** 2


def rescaled(populations: Floats, ratio: float) -> Floats:
    """Scale the conversion, giving what is not converted back to the neutrinos in proportion; (..., 6)."""
    if ratio == 1.0:
        return populations
    left, right = populations[..., :3], populations[..., 3:] * ratio
    kept = (1.0 - right.sum(axis=-1, keepdims=True)) / left.sum(axis=-1, keepdims=True)
    return np.concatenate([left * kept, right], axis=-1)


def _wanted_slabs(energy_mev: float, mix: Mixing, field: SolarField, v_e: Floats) -> int:
    splitting = RAD_PER_EV2_MEV * mix.mass2_ev2[1] / energy_mev + float(v_e.max())
    return max(_LEAST_SLABS, 4 * node_count(field), int(np.ceil(splitting / _SLAB_PHASE)))


def slab_count(energy_mev: float, mix: Mixing, field: SolarField, v_e: Floats) -> int:
    """Return how many slabs the midpoint scheme needs; PhysicsError for more than four million."""
    wanted = _wanted_slabs(energy_mev, mix, field, v_e)
    if wanted > _MOST_SLABS:
        msg = (
            f"the midpoint scheme needs {wanted} slabs at {energy_mev:g} MeV, "
            f"at most {_MOST_SLABS} are allowed"
        )
        raise PhysicsError(msg)
    return wanted
