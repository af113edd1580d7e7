"""Spectra of the antineutrinos that interact by inverse beta decay: solar ones and the other sources.

A spectrum of interacting antineutrinos is flux times cross section, with oscillations. Only its shape is used
for reactors, the Earth and the atmosphere: their rates are the card's. For the Sun the rate follows from the
flux. Oscillations of geo-neutrinos change the rate (0.55) and hardly the shape; matter effects are left out.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import DAYS_PER_YEAR, FREE_PROTONS_PER_100T, SECONDS_PER_DAY
from sim.core.errors import PhysicsError
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.config import NeutrinoConfig, SiteConfig
from sim.physics.geo_neutrinos import Chain, endpoint, geo_density
from sim.physics.ibd import THRESHOLD_MEV, Constants, mean_prompt_energy, total_cross_section
from sim.physics.reactor import reactor_flux
from sim.physics.spectra import Spectrum, density
from sim.physics.spectra import endpoint as solar_endpoint

Floats = NDArray[np.float64]
SolarComponent = Literal["8B", "hep"]
Probability = Callable[[Floats], Floats] | float

BACKGROUNDS = ("reactor", "geo-238U", "geo-232Th", "atmospheric")
SOLAR = ("8B", "hep")  # the components that reach above the threshold

_CHAINS: dict[str, Chain] = {"geo-238U": "238U", "geo-232Th": "232Th"}
_GRID = 1601
_REACTOR_TO_MEV = 13.0
_PROMPT_TO_MEV = 30.0
_SECONDS_PER_YEAR = DAYS_PER_YEAR * SECONDS_PER_DAY


def _even(last_mev: float) -> Floats:
    return np.linspace(THRESHOLD_MEV, last_mev, _GRID)


def _normalised(energy_mev: Floats, value: Floats) -> Spectrum:
    return Spectrum(energy_mev, value / np.trapezoid(value, energy_mev))


def _check_background(source: str) -> None:
    if source not in BACKGROUNDS:
        msg = f"unknown source of antineutrinos {source!r}, sources are {', '.join(BACKGROUNDS)}"
        raise PhysicsError(msg)


def _check_solar(component: str) -> None:
    if component not in SOLAR:
        msg = f"no solar antineutrinos of {component!r} above {THRESHOLD_MEV:.3f} MeV, expected 8B or hep"
        raise PhysicsError(msg)


@lru_cache(maxsize=4)
def _atmospheric(constants: Constants) -> Spectrum:
    """Flat in the mean prompt energy from 2 m_e to 30 MeV: neutral currents leave a nearly flat spectrum."""
    energy = _even(1.1 * _PROMPT_TO_MEV)
    prompt = mean_prompt_energy(energy, constants)
    energy = _even(float(np.interp(_PROMPT_TO_MEV, prompt, energy)))
    return _normalised(energy, np.gradient(mean_prompt_energy(energy, constants), energy))


@lru_cache(maxsize=32)
def _reactor(neutrino: NeutrinoConfig, constants: Constants) -> Spectrum:
    energy = _even(_REACTOR_TO_MEV)
    flux = reactor_flux(energy, neutrino, SiteConfig())
    return _normalised(energy, flux * total_cross_section(energy, constants))


@lru_cache(maxsize=8)
def _geo(chain: Chain, constants: Constants) -> Spectrum:
    energy = _even(endpoint(chain))
    return _normalised(energy, geo_density(chain, energy) * total_cross_section(energy, constants))


def interacting_spectrum(source: str, neutrino: NeutrinoConfig, channel: AntineutrinoConfig) -> Spectrum:
    """Energy spectrum of the antineutrinos that interact.

    Reactors: the stations of ``reactor_sites.csv`` at their distances from the LNGS, oscillations in vacuum.
    Earth: the beta branches above the threshold. Atmosphere: flat in the mean prompt energy up to 30 MeV.

    Parameters
    ----------
    source : one of ``BACKGROUNDS``.
    neutrino : mixing of the card; only the reactors' shape depends on it.
    channel : card section, for the constants of the cross section.

    Returns
    -------
    ``(energy_mev, density_per_mev)``, float (n,) each, from the threshold up; trapezoid integral 1.

    Raises
    ------
    PhysicsError
        Unknown source.
    """
    _check_background(source)
    if source == "reactor":
        return _reactor(neutrino, channel.cross_section)
    if source == "atmospheric":
        return _atmospheric(channel.cross_section)
    return _geo(_CHAINS[source], channel.cross_section)


def interactions_per_100t_y(source: str, channel: AntineutrinoConfig) -> float:
    """Return the rate of interactions per 100 t and year of a source of ``BACKGROUNDS``, from the card.

    Raises
    ------
    PhysicsError
        Unknown source.
    """
    _check_background(source)
    return {
        "reactor": channel.reactor_per_100t_y,
        "geo-238U": channel.geo_u238_per_100t_y,
        "geo-232Th": channel.geo_th232_per_100t_y,
        "atmospheric": channel.atmospheric_per_100t_y,
    }[source]


def solar_interactions_per_100t_y(
    component: str, flux_cm2_s: float, probability: Probability, channel: AntineutrinoConfig
) -> tuple[Floats, Floats]:
    """Interactions of solar antineutrinos over their energy.

    Parameters
    ----------
    component : ``8B`` or ``hep``, the only ones above the threshold.
    flux_cm2_s : flux of the component at the Earth, all energies and flavours.
    probability : P(nu_e -> anti-nu_e), a number or a function of the energies in MeV, float (n,).
    channel : card section, for the constants of the cross section.

    Returns
    -------
    energies in MeV and interactions per MeV, 100 t and year, float (n,) each; integrate by trapezoids.

    Raises
    ------
    PhysicsError
        A component that does not reach the threshold, or a probability outside [0, 1].
    """
    _check_solar(component)
    energy = _even(solar_endpoint(component))
    chance = np.asarray(probability(energy) if callable(probability) else probability, dtype=np.float64)
    if not np.all((chance >= 0.0) & (chance <= 1.0)):
        least, most = float(np.min(chance)), float(np.max(chance))
        msg = f"P(nu_e -> anti-nu_e) of {component} runs from {least:.6g} to {most:.6g}, must be in [0, 1]"
        raise PhysicsError(msg)
    protons_seconds = FREE_PROTONS_PER_100T * _SECONDS_PER_YEAR
    per_energy = flux_cm2_s * density(component, energy) * total_cross_section(energy, channel.cross_section)
    return energy, protons_seconds * per_energy * chance


def solar_cross_section(component: str, channel: AntineutrinoConfig, above_mev: float = 0.0) -> float:
    """Cross section averaged over the spectrum of 8B or hep above an energy, cm^2.

    Times the flux above that energy it is the rate per proton: it turns a limit on interactions into one on
    the flux. Below the threshold the cross section is 0, but the flux counts.

    Raises
    ------
    PhysicsError
        A component that does not reach the threshold, or an energy above its endpoint.
    """
    _check_solar(component)
    last = solar_endpoint(component)
    if not 0.0 <= above_mev < last:
        msg = f"{component}: energies above {above_mev:g} MeV, expected 0 to {last:g}"
        raise PhysicsError(msg)
    all_energies = np.linspace(above_mev, last, 2 * _GRID)
    flux = np.trapezoid(density(component, all_energies), all_energies)
    energy = np.linspace(max(above_mev, THRESHOLD_MEV), last, 2 * _GRID)
    rate = np.trapezoid(
        density(component, energy) * total_cross_section(energy, channel.cross_section), energy
    )
    return float(rate / flux)
