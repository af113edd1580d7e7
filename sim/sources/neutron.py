"""A neutron: it slows down, diffuses, and is captured; the gammas of the capture are the delayed event.

Slowing down spreads the thermal neutrons as a Gaussian of variance 2 * age along each axis (Fermi's age).
Then they diffuse: at the time t of its capture a neutron has gone a Gaussian of variance 2 D t along each
axis, so that late captures are further away. A neutron of inverse beta decay starts forwards, and its first
collisions remember that [VB99]. The prompt light of recoil protons is left out: below 0.1 MeV, quenched.
Captures in the buffer make light where their gammas come back into the vessel.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.primaries import Deposits, Floats, Primaries
from sim.core.schema import PROCESSES
from sim.physics.quenching import quenching
from sim.sources.cascade import gamma_deposits
from sim.sources.source import Birks
from sim.sources.vertices import sample_directions

HYDROGEN_GAMMA_MEV = 2.2246  # unverified
CARBON_CHANCE = 0.01  # of a capture on 12C [BX-ANTINU11], unverified
CARBON_GAMMA_MEV = 4.9463  # to the ground state of 13C, unverified
CASCADE_CHANCE = 0.32  # through the level at 3.68 MeV, unverified
CASCADE_MEV = (3.684, 1.262)  # unverified
DIFFUSION_CM2_S = 4.4e4  # water: 36340 +- 750 [DARDEL54]; scaled to the hydrogen and carbon here
FORWARD_M = 0.015  # mean displacement along the start of an inverse-beta-decay neutron [VB99], unverified

_CM2_TO_M2 = 1e-4


class Moderation(NamedTuple):
    """How far a kind of neutron goes before it is thermal: Fermi age, displacement along its start."""

    age_cm2: float
    forward_m: float = 0.0


INVERSE_BETA = Moderation(8.0, FORWARD_M)  # some 20 keV; age unverified
BETA_DELAYED = Moderation(20.0)  # some 0.7 MeV, from 9Li and 8He; age unverified
ALPHA_NEUTRON = Moderation(59.0)  # some 4 MeV: 58.7 cm2 in water for an Am-Be source [IQBAL02]


def with_neutrons(
    rng: np.random.Generator,
    prompt: Primaries,
    prompt_deposits: Deposits,
    moderation: Moderation,
    capture_time_us: float,
    birks: Birks,
    start: Floats | None = None,
) -> tuple[Primaries, Deposits]:
    """Give each prompt primary a neutron of its own family, and follow it to its capture.

    Parameters
    ----------
    rng : stream of the source and block.
    prompt, prompt_deposits : n interactions that set a neutron free.
    moderation : age and forward displacement.
    capture_time_us : mean time to capture.
    birks : quenching of the electrons that the gammas strike.
    start : float (3, n), unit vectors along which neutrons start; needed for a forward displacement.

    Returns
    -------
    Primaries, 2 n rows, prompts first, captures in the same order after them; their deposits. ``energy_mev``
    of a capture is the energy of its gammas, its direction that of the first of them.
    """
    n = len(prompt.time_ns)
    family = np.arange(n, dtype=np.int32)
    wait_s = rng.exponential(capture_time_us * 1e-6, n)
    spread_m = np.sqrt(2.0 * _CM2_TO_M2 * (moderation.age_cm2 + DIFFUSION_CM2_S * wait_s))
    place = np.stack([prompt.x_m, prompt.y_m, prompt.z_m]) + spread_m * rng.standard_normal((3, n))
    if start is not None:
        place += moderation.forward_m * start
    owner, energy = _gammas(rng, n)
    direction = sample_directions(rng, owner.size)
    first = np.searchsorted(owner, family)
    released = np.zeros(n)
    np.add.at(released, owner, energy)
    capture = prompt._replace(
        time_ns=prompt.time_ns + 1e9 * wait_s,
        process=np.full(n, PROCESSES["neutron_capture"], np.uint8),
        energy_mev=released,
        **dict(zip(("x_m", "y_m", "z_m"), place, strict=True)),
        **dict(zip(("dir_x", "dir_y", "dir_z"), direction[:, first], strict=True)),
    )
    late = gamma_deposits(
        rng,
        n + owner,
        energy,
        np.zeros(owner.size),
        np.ascontiguousarray(place[:, owner]),
        direction,
        quenching("electron", birks.electron_cm_mev),
    )
    both = [prompt._replace(family=family), capture._replace(family=family)]
    parts = [prompt_deposits, late]
    primaries = Primaries(*(np.concatenate(columns) for columns in zip(*both, strict=True)))
    return primaries, Deposits(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _gammas(rng: np.random.Generator, n: int) -> tuple[NDArray[np.int64], Floats]:
    """Return the gammas of n captures: number of the capture, not falling, and energy."""
    u = rng.random(n)
    carbon = u < CARBON_CHANCE
    cascade = u < CARBON_CHANCE * CASCADE_CHANCE
    owner = np.repeat(np.arange(n), 1 + cascade)
    second = np.zeros(owner.size, bool)
    second[1:] = owner[1:] == owner[:-1]
    energy = np.where(carbon, np.where(cascade, CASCADE_MEV[0], CARBON_GAMMA_MEV), HYDROGEN_GAMMA_MEV)[owner]
    energy[second] = CASCADE_MEV[1]
    return owner, energy
