"""Response to prompt events: positron energy to efficiency, resolution and, for simulated data, charge.

Prompt energy means kinetic energy of the positron plus both annihilation gammas, not quenched: real
candidates are given in it, simulated ones are brought back to it from the charge.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.appearance.config import AppearanceConfig
from sim.core.tables import load_table
from sim.physics.ibd import THRESHOLD_MEV, mean_prompt_energy, positron_limits

Floats = NDArray[np.float64]

PUBLISHED_EFFICIENCY = 0.85  # 0.850 +- 0.015 of all cuts, unverified [BX-ANTINU21]
_HIGHEST_MEV = 40.0
_TABLE = "response_coincidence"


class PromptResponse(NamedTuple):
    """Response over the prompt energy; arrays (m,), linear between the energies, constant outside.

    Attributes
    ----------
    name : published or simulation.
    energy_mev : prompt energies, rising.
    sigma_mev : resolution.
    efficiency : share of the interactions in the fiducial mass that pass all cuts but the muon vetoes.
    charge_pe : mean charge; None where candidates come with energies.
    """

    name: str
    energy_mev: Floats
    sigma_mev: Floats
    efficiency: Floats
    charge_pe: Floats | None

    def efficiency_at(self, prompt_mev: Floats) -> Floats:
        """Return the efficiency, shape of the energies."""
        return np.interp(prompt_mev, self.energy_mev, self.efficiency)

    def sigma_at(self, prompt_mev: Floats) -> Floats:
        """Return the resolution in MeV, shape of the energies."""
        return np.interp(prompt_mev, self.energy_mev, self.sigma_mev)

    def energy_of(self, charge_pe: Floats) -> Floats:
        """Return the prompt energy in MeV whose mean charge is given; straight on beyond the table's ends.

        Raises
        ------
        ValueError
            The response has no charge: a programming error, not a user's.
        """
        if self.charge_pe is None:
            msg = f"the {self.name} response has no charge"
            raise ValueError(msg)
        charge = np.asarray(charge_pe, dtype=np.float64)
        inside = np.interp(charge, self.charge_pe, self.energy_mev)
        low = (self.energy_mev[1] - self.energy_mev[0]) / (self.charge_pe[1] - self.charge_pe[0])
        high = (self.energy_mev[-1] - self.energy_mev[-2]) / (self.charge_pe[-1] - self.charge_pe[-2])
        below = np.minimum(charge - self.charge_pe[0], 0.0)
        above = np.maximum(charge - self.charge_pe[-1], 0.0)
        return np.asarray(inside + low * below + high * above)


@cache
def simulated_response() -> PromptResponse:
    """Return the response of the simulated detector, from the packaged table."""
    table = load_table(_TABLE)
    energy, charge = table.rising("energy_mev"), table.rising("charge_pe")
    return PromptResponse(
        "simulation", energy, table.numbers("sigma_mev"), table.numbers("efficiency"), charge
    )


def prompt_response(config: AppearanceConfig, *, simulated: bool) -> PromptResponse:
    """Return the response that a card asks for.

    Parameters
    ----------
    config : its keys response, efficiency and resolution.
    simulated : whether the candidates are a reconstruction of this program; decides for ``auto``.
    """
    if config.response == "simulation" or (config.response == "auto" and simulated):
        found = simulated_response()
        if config.efficiency is None:
            return found
        return found._replace(efficiency=np.full_like(found.efficiency, config.efficiency))
    energy = np.linspace(0.2, _HIGHEST_MEV, 400)
    efficiency = PUBLISHED_EFFICIENCY if config.efficiency is None else config.efficiency
    return PromptResponse(
        "published", energy, config.resolution * np.sqrt(energy), np.full_like(energy, efficiency), None
    )


def smear(prompt_mev: Floats, sigma_mev: Floats, edges_mev: Floats) -> Floats:
    """Return the chance (m, n) that a prompt event of each energy is reconstructed in each bin."""
    pull = (edges_mev[None, :] - prompt_mev[:, None]) / sigma_mev[:, None]
    return np.asarray(np.diff(ndtr(pull), axis=1))


def fold(energy_mev: Floats, edges_mev: Floats, response: PromptResponse) -> Floats:
    """Return the chance (m, n) that an antineutrino interaction is selected with its prompt energy in a bin.

    Mean prompt energy of inverse beta decay; the spread that comes with the positron's angle is added to the
    resolution. Zero below the threshold of the reaction.

    Parameters
    ----------
    energy_mev : (m,), neutrino energies.
    edges_mev : (n + 1,), prompt energy.
    response : efficiency and resolution.
    """
    chance = np.zeros((energy_mev.size, edges_mev.size - 1))
    above = energy_mev > THRESHOLD_MEV
    mean = mean_prompt_energy(energy_mev[above])
    low, high = positron_limits(energy_mev[above])
    sigma = np.hypot(response.sigma_at(mean), (high - low) / math.sqrt(12.0))
    chance[above] = smear(mean, sigma, edges_mev) * response.efficiency_at(mean)[:, None]
    return chance
