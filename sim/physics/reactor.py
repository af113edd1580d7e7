"""Antineutrinos of nuclear power stations: spectrum of a fission, distances, survival.

Spectra per fission of 235U, 239Pu, 241Pu [HUBER11] and 238U [MUELLER11] as exponentials of polynomials, made
for 2 to 8 MeV: kept as they are from the threshold to 2 MeV, continued above 8 MeV with their logarithmic
slope there. Not in them: the excess near 6 MeV over these predictions, spent fuel, isotopes out of
equilibrium. One set of fission shares stands for all stations. Coefficients, shares, energies: from memory,
unverified.
"""

import math
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.constants import EARTH_RADIUS_KM, HBARC_EV_KM
from sim.core.tables import load_table
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.mixing import mixing

Floats = NDArray[np.float64]
Isotope = Literal["235U", "238U", "239Pu", "241Pu"]


class Fission(NamedTuple):
    """Coefficients of the logarithm of the spectrum (powers of E/MeV), energy released, share of fissions."""

    coefficients: tuple[float, ...]
    released_mev: float
    share: float


# coefficients unverified [HUBER11], 238U [MUELLER11]; energies unverified [MA13]; shares of a typical
# pressurised-water reactor
FISSIONS: dict[Isotope, Fission] = {
    "235U": Fission((4.367, -4.577, 2.100, -0.5294, 0.06186, -0.002777), 202.36, 0.56),
    "238U": Fission((0.4833, 0.1927, -0.1283, -0.006762, 0.002233, -0.0001536), 205.99, 0.08),
    "239Pu": Fission((4.757, -5.392, 2.563, -0.6596, 0.07820, -0.003536), 211.12, 0.30),
    "241Pu": Fission((2.990, -2.882, 1.278, -0.3343, 0.03905, -0.001754), 214.26, 0.06),
}

_VALID_TO_MEV = 8.0
_JOULE_MEV = 6.241509074e12


class Sites(NamedTuple):
    """Distance through the Earth and mean thermal power of the stations, each float64 (n,)."""

    distance_km: Floats
    power_gw: Floats


def isotope_spectrum(isotope: Isotope, energy_mev: ArrayLike) -> Floats:
    """Antineutrinos per MeV and fission of one isotope.

    Parameters
    ----------
    isotope : a key of ``FISSIONS``.
    energy_mev : antineutrino energies, any shape; meant for energies above 1.8 MeV.

    Returns
    -------
    float array of the same shape, per MeV and fission.
    """
    energy = np.asarray(energy_mev, dtype=np.float64)
    logarithm = np.polynomial.Polynomial(FISSIONS[isotope].coefficients)
    inside = np.minimum(energy, _VALID_TO_MEV)
    beyond = float(logarithm.deriv()(_VALID_TO_MEV)) * (energy - inside)
    return np.asarray(np.exp(logarithm(inside) + beyond), dtype=np.float64)


def fission_spectrum(energy_mev: ArrayLike) -> Floats:
    """Antineutrinos per MeV and fission of the mean fuel; shape of ``energy_mev``."""
    energy = np.asarray(energy_mev, dtype=np.float64)
    return sum(
        (fission.share * isotope_spectrum(isotope, energy) for isotope, fission in FISSIONS.items()),
        np.zeros_like(energy),
    )


def released_mev() -> float:
    """Return the mean energy of a fission in MeV."""
    return sum(fission.share * fission.released_mev for fission in FISSIONS.values())


@cache
def sites(site: SiteConfig) -> Sites:
    """Return distance and power of the stations of ``reactor_sites.csv`` seen from a site, nearest first."""
    table = load_table("reactor_sites")
    latitude, longitude = (np.deg2rad(table.numbers(name)) for name in ("latitude_deg", "longitude_deg"))
    here, east = math.radians(site.latitude_deg), math.radians(site.longitude_deg)
    cosine = np.sin(here) * np.sin(latitude) + math.cos(here) * np.cos(latitude) * np.cos(longitude - east)
    chord = EARTH_RADIUS_KM * np.sqrt(2.0 * (1.0 - cosine))
    order = np.argsort(chord)
    power = table.numbers("thermal_gw") * table.numbers("load")
    return Sites(chord[order], power[order])


def survival(energy_mev: Floats, distance_km: Floats, neutrino: NeutrinoConfig, step_mev: float) -> Floats:
    """Chance that an anti-nu_e is still one: vacuum, three flavours, the fast phases averaged.

    The phase of the larger splitting runs through many turns within any energy bin of use; the cosine of the
    smaller one is averaged over ``step_mev``, so that stations far away do not alias.

    Parameters
    ----------
    energy_mev : antineutrino energies, float (n,).
    distance_km : distances, float (m,).
    neutrino : mixing of the card.
    step_mev : width of the energy average; 0 for none.

    Returns
    -------
    float (m, n).
    """
    weight = mixing(neutrino).flavour[0]
    phase = neutrino.delta_m2_21_ev2 * distance_km[:, None] / (2.0 * HBARC_EV_KM * 1e6 * energy_mev)
    blur = np.sinc(phase * step_mev / (2.0 * np.pi * energy_mev))
    return np.asarray(np.sum(weight**2) + 2.0 * weight[0] * weight[1] * np.cos(phase) * blur)


def reactor_flux(energy_mev: Floats, neutrino: NeutrinoConfig, site: SiteConfig) -> Floats:
    """Flux of anti-nu_e of all stations at the detector, with oscillations.

    Parameters
    ----------
    energy_mev : antineutrino energies on an even grid, float (n,).
    neutrino : mixing of the card.
    site : where the detector is.

    Returns
    -------
    float (n,), per cm^2, s and MeV.
    """
    distance_km, power_gw = sites(site)
    fissions = power_gw * 1e9 * _JOULE_MEV / released_mev()
    weight = fissions / (4.0 * np.pi * (1e5 * distance_km) ** 2)
    step = float(energy_mev[1] - energy_mev[0])
    surviving = weight @ survival(energy_mev, distance_km, neutrino, step)
    return np.asarray(fission_spectrum(energy_mev) * surviving)
