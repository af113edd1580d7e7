"""From a limit on the effective moment to limits on flavour and mass moments.

A limit on one moment, all others zero, is ``mu_eff / sqrt(w)`` with w the weight of that moment in mu_eff^2:
P(nu_e -> nu_alpha) for a flavour, P_ek for a diagonal Dirac moment mu_kk, P_ej + P_ek for a Majorana
transition moment mu_jk. Two sets of weights:

``seed_approximation``: that of [BX-MOMENT17]: vacuum mass weights at all energies, two-flavour P(862 keV),
the worse octant of theta_23 for each flavour.
``matter_corrected``: P(E) in solar and Earth matter, averaged over the magnetic recoils of pp and 7Be
neutrinos above the threshold.
"""

from dataclasses import asdict, dataclass

import numpy as np

from sim.core.errors import PhysicsError
from sim.physics.arrival import arrival
from sim.physics.conversion import Conversion
from sim.physics.rates import UNIT_MOMENT, recoil_rates

# The seed's mixing is not printed; these values give its printed limits best. All nine digits come out of
# mu_eff = 2.81; from 2.8 itself mu_13 is 3.34 where 3.4 is printed (unitarity forbids more).
SEED_SIN2_THETA12 = 0.304
SEED_SIN2_THETA13 = 0.0224
SEED_SIN2_THETA23 = 0.51
SEED_P2NU_862_KEV = 0.55

THRESHOLD_MEV = 0.19  # start of the published fit range

_COMPONENTS = ("pp", "7Be")
_HIGHEST_MEV = 1.0


@dataclass(frozen=True)
class MomentLimits:
    """Limits on single moments, all in the unit of the effective one."""

    mu_e: float
    mu_mu: float
    mu_tau: float
    mu_11: float
    mu_22: float
    mu_33: float
    mu_12: float
    mu_13: float
    mu_23: float


@dataclass(frozen=True)
class DerivedLimits:
    """Limits on single moments that follow from one on mu_eff, unit 1e-11 Bohr magnetons."""

    mu_eff_1e11: float
    seed_approximation: MomentLimits
    matter_corrected: MomentLimits

    def to_json(self) -> dict[str, dict[str, float]]:
        """Return both sets as plain values with stable keys, for JSON."""
        return {
            "seed_approximation": asdict(self.seed_approximation),
            "matter_corrected": asdict(self.matter_corrected),
        }


def _limits(
    mu_eff: float, flavour: tuple[float, float, float], mass: tuple[float, float, float]
) -> MomentLimits:
    e, mu, tau = flavour
    p1, p2, p3 = mass
    weights = np.array([e, mu, tau, p1, p2, p3, p1 + p2, p1 + p3, p2 + p3])
    with np.errstate(divide="ignore"):
        return MomentLimits(*(float(limit) for limit in mu_eff / np.sqrt(weights)))


def _seed_weights() -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    c13 = 1.0 - SEED_SIN2_THETA13
    survival = SEED_SIN2_THETA13**2 + c13**2 * SEED_P2NU_862_KEV
    worse_octant = (1.0 - survival) * min(SEED_SIN2_THETA23, 1.0 - SEED_SIN2_THETA23)
    mass = (c13 * (1.0 - SEED_SIN2_THETA12), c13 * SEED_SIN2_THETA12, SEED_SIN2_THETA13)
    return (survival, worse_octant, worse_octant), mass


def _matter_weights(
    conversion: Conversion, threshold_mev: float
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    edges = np.array([threshold_mev, _HIGHEST_MEV])
    total = 0.0
    sums = np.zeros(6)
    for component in _COMPONENTS:
        arriving = arrival(component, conversion.sun, conversion, UNIT_MOMENT)
        at = conversion.averaged(component, arriving.energy_mev[arriving.energy_mev > 0.0])
        columns = np.zeros((6, len(arriving.energy_mev)))
        columns[:, arriving.energy_mev > 0.0] = (at.nue, at.numu, at.nutau, at.e1, at.e2, at.e3)
        plain = arriving._replace(moment_squared=np.ones_like(arriving.energy_mev))
        total += recoil_rates(plain, edges).magnetic_cpd_100t[0]
        for k, column in enumerate(columns):
            weighted = arriving._replace(moment_squared=column)
            sums[k] += recoil_rates(weighted, edges).magnetic_cpd_100t[0]
    e, mu, tau, p1, p2, p3 = (float(value) for value in sums / total)
    return (e, mu, tau), (p1, p2, p3)


def derive_limits(
    mu_eff_1e11: float, conversion: Conversion, threshold_mev: float = THRESHOLD_MEV
) -> DerivedLimits:
    """Turn a limit on the effective moment into limits on flavour and mass moments.

    Parameters
    ----------
    mu_eff_1e11 : limit on mu_eff in 1e-11 Bohr magnetons, > 0.
    conversion : probabilities for the matter-corrected set (with its mixing and solar model).
    threshold_mev : recoil threshold of that set, 0 to 0.6.

    Raises
    ------
    PhysicsError
        A value outside its range.
    """
    if not 0.0 < mu_eff_1e11 < np.inf:
        msg = f"the limit on mu_eff is {mu_eff_1e11}, must be > 0 (unit 1e-11 mu_B)"
        raise PhysicsError(msg)
    if not 0.0 <= threshold_mev <= 0.6:
        msg = f"recoil threshold is {threshold_mev} MeV, must be 0 to 0.6"
        raise PhysicsError(msg)
    return DerivedLimits(
        mu_eff_1e11,
        _limits(mu_eff_1e11, *_seed_weights()),
        _limits(mu_eff_1e11, *_matter_weights(conversion, threshold_mev)),
    )
