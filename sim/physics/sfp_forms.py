"""Published short forms of the antineutrino probability of 8B neutrinos in a core field.

``P(nu_e -> anu_e) = c [mu_12 / 1e-12 mu_B  B(r0) / 10 kG]^2``, flat in energy. The coefficients hold for the
densities and birth places of their authors, read from memory: unverified.
"""

from typing import NamedTuple

import numpy as np

from sim.physics.solar_field import SolarField

CORE_RADIUS = 0.05  # solar radii: where 8B neutrinos are born and core fields are quoted

_AP02 = 1.8e-10  # times sin^2(2 theta12), B at 0.05 solar radii [AP02], unverified
_AMM22 = 1.1e-10  # [AMM22], unverified
_MOMENT_BOHR, _FIELD_KG = 1e-12, 10.0
_INSIDE, _OUTSIDE, _OUTER_RADIUS = 0.3, 0.1, 0.7  # of the peak: what counts as a core field


class ShortForms(NamedTuple):
    """P(nu_e -> anu_e) of the two published forms."""

    akhmedov_pulido: float
    akhmedov_martinez_mirave: float


def is_core_field(field: SolarField) -> bool:
    """Say whether a regular field is strong at 0.05 solar radii and weak from 0.7 on."""
    outside = field.shape(np.linspace(_OUTER_RADIUS, 1.0, 301)).max()
    inside = float(field.shape(np.array([CORE_RADIUS]))[0])
    return field.correlation_km is None and inside >= _INSIDE and outside <= _OUTSIDE * inside


def short_forms(mu12_bohr: float, core_kg: float, sin2_theta12: float) -> ShortForms:
    """Evaluate the published forms.

    Parameters
    ----------
    mu12_bohr : modulus of the transition moment, mass basis, Bohr magnetons.
    core_kg : field across the ray at 0.05 solar radii.
    sin2_theta12 : of the mixing.
    """
    square = (mu12_bohr / _MOMENT_BOHR * core_kg / _FIELD_KG) ** 2
    return ShortForms(_AP02 * 4.0 * sin2_theta12 * (1.0 - sin2_theta12) * square, _AMM22 * square)
