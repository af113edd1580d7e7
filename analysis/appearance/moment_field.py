"""What a limit on antineutrinos says about moment times field: conversion per field profile, and back.

The moment is the Majorana transition moment mu_12: mu_13 and mu_23 hardly convert 8B neutrinos [AMM22].
Conversion is first order in mu B, so it goes as (mu_12 B)^2 with a shape over the energy that belongs to the
profile: nearly constant above 7 MeV for fields in the core, rising as E^2 for fields in the outer Sun.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.physics.config import FieldConfig, MomentConfig, NeutrinoConfig, SiteConfig
from sim.physics.conversion import Conversion
from sim.physics.solar_field import PROFILES, solar_field
from sim.physics.solar_model import SolarModel

Floats = NDArray[np.float64]

BIRTH_RADIUS = 0.05  # R_sun, where 8B neutrinos are born: core fields are quoted there [AP02]
UNIT_PRODUCT = 1e-9  # mu_B kG
FIRST_ORDER = 3e-3  # conversion where the next order is 4 %: limits above it are marked

_REFERENCE_BOHR, _REFERENCE_KG = 1e-12, 10.0
_CORE_SHARE = 0.1  # of the peak that a core field has where 8B neutrinos are born
_CORE_SLOPE, _OUTER_SLOPE = 0.6, 1.8
_LOWEST_MEV, _HIGHEST_MEV, _ENERGIES = 1.7, 20.0, 150
_LITERATURE = 7.4e-7  # mu_B kG, of the published form [AP02], [BX-ANTINU11]; unverified


class Conversion12(NamedTuple):
    """Conversion by mu_12 in one field, averaged over the 8B production region and over day and night.

    Attributes
    ----------
    name : profile.
    core : True: B is quoted at 0.05 R_sun; False: at its peak.
    energy_mev, per_unit : (n,), P(nu_e -> anti-nu_e) for mu_12 B = 1e-9 mu_B kG, first order.
    peak_ratio : peak of the field over the quoted value; 1 for outer fields.
    """

    name: str
    core: bool
    energy_mev: Floats
    per_unit: Floats
    peak_ratio: float

    def probability(self, energy_mev: Floats) -> Floats:
        """Return P for mu_12 B = 1e-9 mu_B kG at any energies; constant beyond the computed ones."""
        return np.interp(energy_mev, self.energy_mev, self.per_unit)

    def family(self) -> str:
        """Return what makes the conversion, by its rise from 8 to 14 MeV: core, outer or mixed fields.

        Core fields are nearly flat there, fields of the outer Sun go as E^2; some profiles have both.
        """
        low, high = self.probability(np.array([8.0, 14.0]))
        slope = np.log(high / low) / np.log(14.0 / 8.0)
        if slope < _CORE_SLOPE:
            return "core"
        return "outer" if slope > _OUTER_SLOPE else "mixed"

    def quoted(self) -> str:
        """Return where B is quoted."""
        return f"B at {BIRTH_RADIUS:g} R_sun" if self.core else "peak B"


def convert(sun: SolarModel, neutrino: NeutrinoConfig, site: SiteConfig, field: FieldConfig) -> Conversion12:
    """Compute the conversion by mu_12 for the shape of a field; its strength does not matter.

    Parameters
    ----------
    sun, neutrino, site : Sun, mixing, and where the nights are: the Earth takes 2 % of P at 10 MeV.
    field : profile, twist, width, correlation length.

    Raises
    ------
    PhysicsError
        An unknown profile or a bad width, a field that needs too many slabs.
    TableError
        The table of a field is not usable.
    """
    unit = solar_field(field.profile, peak_kg=1.0, width=field.width)
    at_birth = float(unit.at(np.array([BIRTH_RADIUS]))[0])
    core = at_birth >= _CORE_SHARE
    quoted = at_birth if core else 1.0
    strength = {"peak_kg": _REFERENCE_KG / quoted, "value_kg": None, "at_radius": None}
    moment = MomentConfig(nature="majorana", mu12_bohr=_REFERENCE_BOHR)
    turning = Conversion.build(sun, neutrino, site, field=field.model_copy(update=strength), moment=moment)
    energy = np.geomspace(_LOWEST_MEV, _HIGHEST_MEV, _ENERGIES)
    scale = (UNIT_PRODUCT / (_REFERENCE_BOHR * _REFERENCE_KG)) ** 2
    per_unit = scale * turning.averaged("8B", energy).anue
    return Conversion12(field.profile, core, energy, per_unit, 1.0 / quoted)


def profiles() -> tuple[FieldConfig, ...]:
    """Return one field a named profile, each with its default width."""
    return tuple(FieldConfig(profile=name) for name in PROFILES)


def literature_product(probability: float, sin2_theta12: float) -> float:
    """Return mu B(0.05 R_sun) in 1e-9 mu_B kG of the published two-flavour form.

    ``mu B = 7.4e-7 mu_B kG sqrt(P / sin^2 2 theta_12)`` [AP02]: an exponential density and no neutral-current
    potential, the same at all energies.
    """
    sin2_2theta12 = 4.0 * sin2_theta12 * (1.0 - sin2_theta12)
    return float(_LITERATURE / UNIT_PRODUCT * np.sqrt(probability / sin2_2theta12))
