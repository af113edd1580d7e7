"""The relativistic Fermi function: Coulomb distortion of an emitted electron or positron.

Point nucleus, electron wave function evaluated at the nuclear radius, no screening [BJ82]. The solar
spectra of [BAH97] were made with this choice.
"""

import math

from sim.core.constants import ALPHA_EM, ELECTRON_MASS_MEV, HBARC_MEV_FM
from sim.core.jit import njit

_STIRLING_FROM = 12.0  # |z| from which the series below is exact to 2e-13


@njit
def log_abs_gamma(x: float, y: float) -> float:
    """Log of |Gamma(x + iy)| for x > 0: upward recurrence, then Stirling's series (real part)."""
    shift = 0.0
    while x * x + y * y < _STIRLING_FROM * _STIRLING_FROM:
        shift += 0.5 * math.log(x * x + y * y)
        x += 1.0
    r2 = x * x + y * y
    log_modulus = 0.5 * math.log(r2)
    value = (x - 0.5) * log_modulus - y * math.atan2(y, x) - x + 0.5 * math.log(2.0 * math.pi)
    # Re(1/12 z - 1/360 z^3 + 1/1260 z^5 - 1/1680 z^7), by powers of 1/z
    a, b = x / r2, -y / r2
    a2, b2 = a * a - b * b, 2.0 * a * b
    for coefficient in (1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0):
        value += coefficient * a
        a, b = a * a2 - b * b2, a * b2 + b * a2
    return value - shift


@njit
def fermi_function(z: float, total_energy_me: float, radius_me: float) -> float:
    """Relativistic Fermi function of a point charge; usable inside other kernels.

    ``F = 2 (1 + g) (2 p R)^(2 g - 2) exp(pi y) |Gamma(g + i y)|^2 / Gamma(2 g + 1)^2`` with
    ``g = sqrt(1 - (alpha z)^2)`` and ``y = alpha z W / p`` [BJ82].

    Parameters
    ----------
    z : charge of the daughter nucleus; positive for an electron, negative for a positron.
    total_energy_me : total energy W of the electron or positron, unit m_e; must be above 1.
    radius_me : nuclear radius, unit hbar/(m_e c).

    Returns
    -------
    float, dimensionless; 1 for ``z = 0``.
    """
    p = math.sqrt(total_energy_me * total_energy_me - 1.0)
    az = ALPHA_EM * z
    g = math.sqrt(1.0 - az * az)
    y = az * total_energy_me / p
    exponent = (2.0 * g - 2.0) * math.log(2.0 * p * radius_me) + math.pi * y
    exponent += 2.0 * log_abs_gamma(g, y) - 2.0 * math.lgamma(2.0 * g + 1.0)
    return 2.0 * (1.0 + g) * math.exp(exponent)


@njit
def allowed_shape(z: float, total_energy_me: float, endpoint_me: float, radius_me: float) -> float:
    """Return the allowed beta shape ``p W (W0 - W)^2 F(z, W)``, not normalised; 0 outside ``1 < W < W0``.

    ``endpoint_me`` is the greatest total energy W0 of the electron, unit m_e; the rest as in fermi_function.
    """
    w = total_energy_me
    if w <= 1.0 or w >= endpoint_me:
        return 0.0
    p = math.sqrt(w * w - 1.0)
    left = endpoint_me - w
    return p * w * left * left * fermi_function(z, w, radius_me)


def nuclear_radius_me(mass_number: int) -> float:
    """Return ``1.2 A^(1/3)`` fm in the unit hbar/(m_e c)."""
    return float(1.2 * mass_number ** (1.0 / 3.0) * ELECTRON_MASS_MEV / HBARC_MEV_FM)
