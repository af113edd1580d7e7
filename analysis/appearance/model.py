"""Expected prompt spectra of one exposure: backgrounds, and the solar signal for any conversion."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.appearance.backgrounds import TARGET_T, Background, backgrounds
from analysis.appearance.candidates import Candidates
from analysis.appearance.config import PROMPT_OFFSET_MEV, AppearanceConfig
from analysis.appearance.prompt_response import PromptResponse, fold, prompt_response
from sim.core.config import Card
from sim.physics.antineutrino_config import AntineutrinoConfig
from sim.physics.antineutrino_spectra import solar_interactions_per_100t_y
from sim.physics.config import NeutrinoConfig, SiteConfig, SunConfig
from sim.physics.solar_model import SolarModel, load_solar_model
from sim.physics.spectra import spectrum

Floats = NDArray[np.float64]

_LOWEST_MEV = 1.8
_STEP_MEV = 0.01


class Physics(NamedTuple):
    """The sections of a card that say what is expected."""

    sun: SolarModel
    neutrino: NeutrinoConfig
    site: SiteConfig
    channel: AntineutrinoConfig


class AppearanceModel(NamedTuple):
    """All that is expected of one exposure, in n bins of prompt energy.

    Attributes
    ----------
    edges_mev : (n + 1,), prompt energy.
    first_above : first bin above the threshold.
    backgrounds : one a source.
    energy_mev : (m,), neutrino energies, middles of steps from 1.8 MeV on.
    flux_cm2_s : (m,), 8B flux of each step.
    interactions, per_probability : (m,) and (m, n), interactions in the exposure, and counts in the bins, of
        each step if all its neutrinos were converted.
    response : efficiency, resolution, charge.
    exposure_t_y : fiducial mass times live time.
    """

    edges_mev: Floats
    first_above: int
    backgrounds: tuple[Background, ...]
    energy_mev: Floats
    flux_cm2_s: Floats
    interactions: Floats
    per_probability: Floats
    response: PromptResponse
    exposure_t_y: float

    def signal(self, probability: Floats | float) -> Floats:
        """Return expected counts (n,) for P at ``energy_mev``, or the same P at all."""
        return np.asarray(np.broadcast_to(probability, self.energy_mev.shape) @ self.per_probability)

    def background(self) -> Floats:
        """Return the sum of the backgrounds, (n,)."""
        return np.asarray(np.sum([b.counts for b in self.backgrounds], axis=0))

    def flux_above(self, low_mev: float, probability: Floats | float = 1.0) -> float:
        """Return the flux of antineutrinos in cm^-2 s^-1 above a neutrino energy, for P at ``energy_mev``."""
        converted = self.flux_cm2_s * probability
        return float(np.sum(converted[self.energy_mev > low_mev]))

    def mean_probability(self, low_mev: float, probability: Floats | float) -> float:
        """Return P averaged over the 8B spectrum above a neutrino energy."""
        return self.flux_above(low_mev, probability) / self.flux_above(low_mev)

    def efficiency(self) -> float:
        """Return the efficiency averaged over the undistorted signal."""
        seen = fold(self.energy_mev, np.array([-np.inf, np.inf]), self.response)[:, 0]
        return float(np.sum(self.interactions * seen) / np.sum(self.interactions))


def read_physics(card: Card) -> Physics:
    """Check the sections of a card; CardError and TableError as they say."""
    section = card.section("sun", SunConfig)
    return Physics(
        load_solar_model(section.model).scaled(section.flux_scale),
        card.section("neutrino", NeutrinoConfig),
        card.section("site", SiteConfig),
        card.section("antineutrino", AntineutrinoConfig),
    )


def prompt_edges(config: AppearanceConfig) -> Floats:
    """Return edges in prompt energy: steps over the range, and the threshold as an edge of its own."""
    low, high = config.range_mev
    step = config.bin_width_mev
    edges = np.append(np.arange(low, high - 1e-6 * step, step), high)
    near = int(np.argmin(np.abs(edges - config.threshold_mev)))
    if abs(edges[near] - config.threshold_mev) < 1e-3 * step:
        edges[near] = config.threshold_mev
    else:
        edges = np.sort(np.append(edges, config.threshold_mev))
    return np.asarray(edges - PROMPT_OFFSET_MEV, dtype=np.float64)


def build_model(physics: Physics, config: AppearanceConfig, data: Candidates) -> AppearanceModel:
    """Compute what is expected of an exposure.

    Parameters
    ----------
    physics : Sun, mixing, rates of antineutrinos.
    config : range, bins, response, uncertainties.
    data : candidates, for their exposure and binning; a simulation brings its accidental pairs.

    Raises
    ------
    HeliospinError
        A table is not usable; the bins of the data do not cover the range above the threshold.
    """
    response = prompt_response(config, simulated=data.accidental is not None)
    edges, first_above = data.binning(config, prompt_edges(config))
    boron, made = physics.sun.flux("8B"), spectrum("8B")
    energy = np.arange(_LOWEST_MEV, made.energy_mev[-1], _STEP_MEV) + 0.5 * _STEP_MEV
    given = solar_interactions_per_100t_y("8B", boron, 1.0, physics.channel)
    interactions = data.exposure_t_y / TARGET_T * _STEP_MEV * np.interp(energy, *given)
    return AppearanceModel(
        edges,
        first_above,
        backgrounds(physics.neutrino, physics.channel, config, data, edges, response),
        energy,
        boron * _STEP_MEV * np.interp(energy, made.energy_mev, made.density_per_mev),
        interactions,
        interactions[:, None] * fold(energy, edges, response),
        response,
        data.exposure_t_y,
    )
