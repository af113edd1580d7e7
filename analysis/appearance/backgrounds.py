"""Backgrounds of the antineutrino channel as prompt spectra: other antineutrinos, and what imitates them."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.appearance.candidates import Candidates
from analysis.appearance.config import AppearanceConfig
from analysis.appearance.prompt_response import PromptResponse, fold, smear
from sim.core.constants import DAYS_PER_YEAR
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.antineutrino_spectra import interacting_spectrum, interactions_per_100t_y
from sim.physics.config import NeutrinoConfig
from sim.physics.correlated import MEAN_LIFE_S, NEUTRON_BRANCH, prompt_spectrum

Floats = NDArray[np.float64]

FREE = math.inf
TARGET_T = 100.0
_GEO = ("geo-238U", "geo-232Th")
_SINGLES_MEV = (1.0, 2.7)  # prompt energies of accidental pairs: 11C and gammas up to 2.61 MeV


class Background(NamedTuple):
    """Expected counts (n,) of one background and their relative uncertainty, one for all bins; inf: free."""

    name: str
    counts: Floats
    sigma: float


def weights(energy_mev: Floats) -> Floats:
    """Return the trapezoid weights of a grid, same shape."""
    step = np.diff(energy_mev)
    return np.asarray(0.5 * (np.append(step, 0.0) + np.append(0.0, step)))


def _interacting(
    names: tuple[str, ...],
    neutrino: NeutrinoConfig,
    channel: AntineutrinoConfig,
    edges: Floats,
    response: PromptResponse,
) -> Floats:
    total = np.zeros(edges.size - 1)
    for name in names:
        energy, density = interacting_spectrum(name, neutrino, channel)
        shape = (weights(energy) * density) @ fold(energy, edges, response)
        total += interactions_per_100t_y(name, channel) * shape
    return total


def _prompts(species: str, edges: Floats, response: PromptResponse, *, efficient: bool) -> Floats:
    """Return the share (n,) of a correlated background's prompt events in each bin."""
    energy, density = prompt_spectrum(species)
    chance = smear(energy, response.sigma_at(energy), edges)
    if efficient:
        chance = chance * response.efficiency_at(energy)[:, None]
    return np.asarray((weights(energy) * density) @ chance)


def _cosmogenic(channel: AntineutrinoConfig) -> dict[str, float]:
    """Return the decays with a neutron per 100 t and year, 9Li and 8He."""
    rates = {"9Li": channel.li9_cpd_100t, "8He": channel.he8_cpd_100t}
    return {name: rate * DAYS_PER_YEAR * NEUTRON_BRANCH[name] for name, rate in rates.items()}


def _published(
    channel: AntineutrinoConfig, config: AppearanceConfig, edges: Floats, response: PromptResponse
) -> dict[str, Floats]:
    """Return counts per 100 t and year of what the card says is left after the cuts."""
    decays = _cosmogenic(channel)
    all_decays = sum(decays.values()) or 1.0
    cosmogenic = np.zeros(edges.size - 1)
    for name, rate in decays.items():
        cosmogenic += rate / all_decays * _prompts(name, edges, response, efficient=False)
    low, high = _SINGLES_MEV
    singles = np.diff(np.clip((edges - low) / (high - low), 0.0, 1.0))
    return {
        "9Li-8He": config.li9_he8_per_100t_y * cosmogenic,
        "alpha-n": config.alpha_neutron_per_100t_y * _prompts("alpha-n", edges, response, efficient=False),
        "accidental": config.accidental_per_100t_y * singles,
    }


def _simulated(
    channel: AntineutrinoConfig, inner_veto_s: float, edges: Floats, response: PromptResponse
) -> dict[str, Floats]:
    """Return counts per 100 t and year of what the card's rates leave after cuts and muon vetoes."""
    cosmogenic = np.zeros(edges.size - 1)
    for name, rate in _cosmogenic(channel).items():
        left = rate * math.exp(-inner_veto_s / MEAN_LIFE_S[name])
        cosmogenic += left * _prompts(name, edges, response, efficient=True)
    alpha = channel.alpha_neutron_per_100t_y * _prompts("alpha-n", edges, response, efficient=True)
    return {"9Li-8He": cosmogenic, "alpha-n": alpha}


def _sigma(value: float | str) -> float:
    return FREE if isinstance(value, str) else value


def backgrounds(
    neutrino: NeutrinoConfig,
    channel: AntineutrinoConfig,
    config: AppearanceConfig,
    data: Candidates,
    edges_mev: Floats,
    response: PromptResponse,
) -> tuple[Background, ...]:
    """Compute the expected counts of every background in an exposure.

    Antineutrinos come with the rates of the card's section [antineutrino]. The others come, for data, with
    the rates after cuts of section [appearance], accidental pairs flat from 1.0 to 2.7 MeV; for a simulation,
    with the rates it was made with, and accidental pairs as found in moved windows.

    Parameters
    ----------
    neutrino, channel, config : sections of the card.
    data : candidates, for exposure, veto and accidental pairs.
    edges_mev : (n + 1,), prompt energy.
    response : efficiency and resolution.
    """
    scale = data.exposure_t_y / TARGET_T
    if data.accidental is None:
        others = {n: scale * c for n, c in _published(channel, config, edges_mev, response).items()}
    else:
        others = _simulated(channel, data.inner_veto_s, edges_mev, response)
        others = {n: scale * c for n, c in others.items()}
        others["accidental"] = data.accidental.histogram(edges_mev)
    antineutrinos = (
        ("reactor", ("reactor",), config.reactor_sigma),
        ("geo", _GEO, config.geo_sigma),
        ("atmospheric", ("atmospheric",), config.atmospheric_sigma),
    )
    found = [
        Background(label, scale * _interacting(names, neutrino, channel, edges_mev, response), _sigma(sigma))
        for label, names, sigma in antineutrinos
    ]
    found += [Background(name, counts, _sigma(config.other_sigma)) for name, counts in others.items()]
    return tuple(found)
