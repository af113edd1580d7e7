"""Radiative corrections of neutrino-electron scattering: functions of [BKS95], eqs. (11) to (17).

The electroweak part sits in ``kappa`` and ``RHO_NC``, which multiply sin^2 theta_W in the couplings; the
photon part in three functions f_-, f_+ and f_+-, one for each term of the cross section.
"""

import math

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.jit import njit, njit_inline

KAPPA_E = (0.9791, 0.0097)  # [BKS95] kappa = first + second * I(T), sin^2 theta_W in MS-bar at M_Z
KAPPA_MU = (0.9970, -0.00037)

_SIXTH_PI2 = math.pi**2 / 6.0
_SMALL_BETA2 = 1e-3
_SOFTEST = 1e-15  # the first-order logarithm is cut here: beyond, it would outgrow the tree level


@njit_inline
def _dilogarithm_half(x: float) -> float:
    u = -math.log1p(-x)
    v = u * u
    even = -0.25 * v
    odd = u * (
        1.0
        + v
        * (
            1.0 / 36.0
            + v
            * (
                -1.0 / 3600.0
                + v * (1.0 / 211680.0 + v * (-1.0 / 10886400.0 + v * (1.0 / 526901760.0 - v * 4.0647616e-11)))
            )
        )
    )
    return even + odd


@njit
def dilogarithm(x: float) -> float:
    """Return Li2(x) for 0 <= x <= 1 to 1e-14 (Bernoulli series in -ln(1-x), reflected above 1/2)."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return _SIXTH_PI2
    if x <= 0.5:
        return _dilogarithm_half(x)
    return _SIXTH_PI2 - math.log(x) * math.log1p(-x) - _dilogarithm_half(1.0 - x)


@njit
def kappa(recoil_mev: float) -> tuple[float, float]:
    """Return the factors (kappa_e, kappa_mu) of sin^2 theta_W at recoil energy T > 0."""
    x = math.sqrt(1.0 + 2.0 * ELECTRON_MASS_MEV / recoil_mev)
    if x > 30.0:
        inverse = 1.0 / (x * x)
        bracket = inverse * (1.0 / 3.0 + inverse * (0.2 + inverse / 7.0))
    else:
        bracket = 0.5 * x * math.log((x + 1.0) / (x - 1.0)) - 1.0
    loop = (1.0 / 3.0 + (3.0 - x * x) * bracket) / 6.0
    return KAPPA_E[0] + KAPPA_E[1] * loop, KAPPA_MU[0] + KAPPA_MU[1] * loop


@njit
def photon_corrections(recoil_mev: float, energy_mev: float) -> tuple[float, float, float]:
    """Return (f_-, (1-z)^2 f_+, f_+-) at z = T/E, for 0 < T < T_max(E).

    The logarithm ln(1 - z - m/(E_e + l)) diverges at T_max (integrably); with y = (E_e + l)/m its argument is
    (y - 1)(y_max - y)/(y (y_max - 1)), which keeps all digits there.
    """
    z = recoil_mev / energy_mev
    tau = recoil_mev / ELECTRON_MASS_MEV
    gamma = 1.0 + tau
    momentum = math.sqrt(tau * (tau + 2.0))
    beta = momentum / gamma
    y = gamma + momentum
    y_max = 1.0 + 2.0 * energy_mev / ELECTRON_MASS_MEV
    beta2 = beta * beta
    if beta2 < _SMALL_BETA2:
        a = beta2 * (1.0 / 3.0 + beta2 * (0.2 + beta2 * (1.0 / 7.0 + beta2 / 9.0)))
    else:
        a = math.log(y) / beta - 1.0
    soft = math.log(max((y - 1.0) * (y_max - y) / (y * (y_max - 1.0)), _SOFTEST))
    ln_z = math.log(z)
    ln_1z = math.log1p(-z)
    spence_z = -dilogarithm(z)
    spence_1z = ln_z * ln_1z - _SIXTH_PI2 - spence_z
    one_z = 1.0 - z
    one_z2 = one_z * one_z
    z2 = z * z
    minus = (
        a * (2.0 * soft - ln_1z - 0.5 * ln_z - 5.0 / 12.0)
        + 0.5 * (spence_z + dilogarithm(beta))
        - 0.5 * ln_1z * ln_1z
        - (11.0 / 12.0 + 0.5 * z) * ln_1z
        + z * (ln_z + 0.5 * math.log(2.0 * energy_mev / ELECTRON_MASS_MEV))
        - (31.0 / 18.0 + ln_z / 12.0) * beta
        - 11.0 / 12.0 * z
        + z2 / 24.0
    )
    plus = (
        a * (one_z2 * (2.0 * soft - ln_1z - 0.5 * ln_z - 2.0 / 3.0) - 0.5 * (z2 * ln_z + one_z))
        - 0.5 * one_z2 * (ln_1z * ln_1z + beta * (spence_1z - ln_z * ln_1z))
        + ln_1z * (0.5 * z2 * ln_z + one_z * (2.0 * z - 0.5) / 3.0)
        - 0.5 * z2 * spence_1z
        - z * (1.0 - 2.0 * z) * ln_z / 3.0
        - z * one_z / 6.0
        - beta / 12.0 * (ln_z + one_z * (115.0 - 109.0 * z) / 6.0)
    )
    return minus, plus, 2.0 * a * soft
