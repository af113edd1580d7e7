"""Expected rates: recoil spectra and counts per day and 100 t of every solar component.

``dR/dT = N_e Phi int dE phi(E) sum_a P_a(E) dsigma_a/dT``, weak and magnetic apart. Contents of recoil bins
are integrated, not sampled at centres: the kinematic edges of the lines fall inside bins.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ELECTRONS_PER_100T, SECONDS_PER_DAY
from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.arrival import Arrival, arrival
from sim.physics.config import MomentConfig
from sim.physics.conversion import Conversion
from sim.physics.elastic import max_recoil, min_energy, weak_integral, weak_kernel
from sim.physics.magnetic import RECOIL_FLOOR_MEV, magnetic_integral
from sim.physics.solar_model import SolarModel

Floats = NDArray[np.float64]

UNIT_MOMENT = MomentConfig(nature="effective", mu_eff_bohr=1e-11)
ELECTRON_SECONDS = ELECTRONS_PER_100T * SECONDS_PER_DAY  # per day and 100 t

_E_NODES, _E_WEIGHTS = np.polynomial.legendre.leggauss(32)
_T_NODES, _T_WEIGHTS = np.polynomial.legendre.leggauss(3)
_WIDEST_MEV = 0.01  # bins are cut into pieces of at most this width (or a tenth of T) before integration
_SMALLEST_PIECE_MEV = 1e-4


class RecoilRates(NamedTuple):
    """Counts per day and 100 t in recoil bins: edges (n + 1,), weak and magnetic (n,)."""

    edges_mev: Floats
    weak_cpd_100t: Floats
    magnetic_cpd_100t: Floats


class ComponentRate(NamedTuple):
    """Counts per day and 100 t of one component above a threshold."""

    weak_cpd_100t: float
    magnetic_cpd_100t: float


@njit
def _weak_at(a: Arrival, recoil_mev: float, radiative: bool) -> float:
    """Weak dR/dT of a continuous spectrum, per electron and unit flux: nodes in s, E = top (1 - s^2)."""
    lowest = min_energy(recoil_mev)
    if lowest >= a.top_mev:
        return 0.0
    reach = math.sqrt(1.0 - lowest / a.top_mev)
    last = a.energy_mev.size - 1
    total = 0.0
    for k in range(_E_NODES.size):
        s = 0.5 * reach * (1.0 + _E_NODES[k])
        energy = a.top_mev * (1.0 - s * s)
        i = min(int(s * last), last - 1)
        t = s * last - i
        u = 1.0 - t
        nue, nux, anue, anux = weak_kernel(recoil_mev, energy, radiative)
        mixture = (
            (u * a.nue[i] + t * a.nue[i + 1]) * nue
            + (u * a.nux[i] + t * a.nux[i + 1]) * nux
            + (u * a.anue[i] + t * a.anue[i + 1]) * anue
            + (u * a.anux[i] + t * a.anux[i + 1]) * anux
        )
        total += _E_WEIGHTS[k] * s * (u * a.amount[i] + t * a.amount[i + 1]) * mixture
    return total * reach * a.top_mev


@njit
def _magnetic_span(a: Arrival, low_mev: float, high_mev: float, from_mev: float, to_mev: float) -> float:
    """Magnetic content of a recoil bin from neutrinos of from < E < to, continuous spectrum."""
    to_mev = min(to_mev, a.top_mev)
    if from_mev >= to_mev:
        return 0.0
    near = math.sqrt(1.0 - to_mev / a.top_mev)
    far = math.sqrt(1.0 - from_mev / a.top_mev)
    last = a.energy_mev.size - 1
    total = 0.0
    for k in range(_E_NODES.size):
        s = near + 0.5 * (far - near) * (1.0 + _E_NODES[k])
        i = min(int(s * last), last - 1)
        t = s * last - i
        amount = (1.0 - t) * a.amount[i] + t * a.amount[i + 1]
        squared = (1.0 - t) * a.moment_squared[i] + t * a.moment_squared[i + 1]
        energy = a.top_mev * (1.0 - s * s)
        total += _E_WEIGHTS[k] * s * amount * squared * magnetic_integral(low_mev, high_mev, energy)
    return total * (far - near) * a.top_mev


@njit
def _continuous_bin(a: Arrival, low_mev: float, high_mev: float, radiative: bool) -> tuple[float, float]:
    high = min(high_mev, max_recoil(a.top_mev))
    if low_mev >= high:
        return 0.0, 0.0
    weak = 0.0
    start = low_mev
    while start < high:
        piece = max(min(_WIDEST_MEV, 0.1 * start), _SMALLEST_PIECE_MEV)
        stop = high if start + 1.5 * piece > high else start + piece
        for k in range(_T_NODES.size):
            recoil = start + 0.5 * (stop - start) * (1.0 + _T_NODES[k])
            weak += 0.5 * (stop - start) * _T_WEIGHTS[k] * _weak_at(a, recoil, radiative)
        start = stop
    first = min_energy(max(low_mev, RECOIL_FLOOR_MEV))
    second = min_energy(max(high, RECOIL_FLOOR_MEV))
    magnetic = _magnetic_span(a, low_mev, high, first, second)
    return weak, magnetic + _magnetic_span(a, low_mev, high, second, a.top_mev)


@njit
def _line_bin(a: Arrival, low_mev: float, high_mev: float, radiative: bool) -> tuple[float, float]:
    weak = 0.0
    magnetic = 0.0
    for i in range(a.energy_mev.size):
        energy = a.energy_mev[i]
        nue, nux, anue, anux = weak_integral(low_mev, high_mev, energy, radiative)
        mixture = a.nue[i] * nue + a.nux[i] * nux + a.anue[i] * anue + a.anux[i] * anux
        weak += a.amount[i] * mixture
        magnetic += a.amount[i] * a.moment_squared[i] * magnetic_integral(low_mev, high_mev, energy)
    return weak, magnetic


@njit
def _fill_bins(a: Arrival, edges_mev: Floats, radiative: bool, weak: Floats, magnetic: Floats) -> None:
    for i in range(weak.size):
        if a.continuous:
            weak[i], magnetic[i] = _continuous_bin(a, edges_mev[i], edges_mev[i + 1], radiative)
        else:
            weak[i], magnetic[i] = _line_bin(a, edges_mev[i], edges_mev[i + 1], radiative)


def recoil_rates(arriving: Arrival, edges_mev: Floats, *, radiative: bool = True) -> RecoilRates:
    """Bin contents of the recoil spectrum of one component.

    Parameters
    ----------
    arriving : the component at the detector (``sim.physics.arrival``).
    edges_mev : float (n + 1,), increasing recoil energies >= 0; the last may be infinite.
    radiative : False leaves the radiative corrections out.

    Returns
    -------
    RecoilRates, counts per day and 100 t; the magnetic part starts at 1 keV (``RECOIL_FLOOR_MEV``).

    Raises
    ------
    PhysicsError
        Edges that do not increase or are negative.
    """
    edges = np.ascontiguousarray(edges_mev, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not (edges[0] >= 0.0 and np.all(np.diff(edges) > 0.0)):
        msg = "recoil bins need at least two increasing edges >= 0 MeV"
        raise PhysicsError(msg)
    weak = np.empty(len(edges) - 1)
    magnetic = np.empty(len(edges) - 1)
    _fill_bins(arriving, edges, radiative, weak, magnetic)
    scale = ELECTRON_SECONDS * arriving.flux_cm2_s
    return RecoilRates(edges, scale * weak, scale * magnetic)


def expected_rates(
    sun: SolarModel,
    conversion: Conversion,
    moment: MomentConfig = UNIT_MOMENT,
    threshold_mev: float = 0.0,
) -> dict[str, ComponentRate]:
    """Rates of every component of a solar model above a recoil threshold.

    Parameters
    ----------
    sun, conversion : solar model and its probabilities.
    moment : moments of the magnetic part; by default mu_eff = 1e-11 mu_B.
    threshold_mev : recoil threshold, >= 0.

    Returns
    -------
    component name to ``ComponentRate``, counts per day and 100 t.
    """
    edges = np.array([threshold_mev, math.inf])
    found = {}
    for component in sun.components:
        rates = recoil_rates(arrival(component, sun, conversion, moment), edges)
        found[component] = ComponentRate(float(rates.weak_cpd_100t[0]), float(rates.magnetic_cpd_100t[0]))
    return found
