"""Monoenergetic electrons, alphas or gammas at a point or in a sphere: to tune and validate the response."""

import math
from dataclasses import dataclass

import numpy as np

from sim.core.errors import PhysicsError
from sim.core.primaries import (
    ALPHA_LIKE,
    BETA_LIKE,
    Block,
    Deposits,
    Primaries,
    empty_primaries,
    point_deposits,
)
from sim.core.rng import Stage, stream
from sim.core.schema import PROCESSES, SPECIES
from sim.physics.quenching import quenching, visible_energies
from sim.sources.cascade import gamma_deposits
from sim.sources.source import Birks
from sim.sources.vertices import sample_directions, sample_sphere

CALIBRATION_SPECIES = ("electron", "alpha", "gamma")


@dataclass(frozen=True, slots=True)
class CalibrationSource:
    """A source of one particle and energy.

    Attributes
    ----------
    species : electron, alpha or gamma.
    energy_mev : kinetic energy, > 0.
    rate_hz : events per second of live time, >= 0.
    birks : for the visible energy.
    centre_m : where it is.
    radius_m : events are uniform in a sphere of this radius about the centre; 0 is a point.
    regular : events at equal intervals (never overlapping) instead of at random.

    Raises
    ------
    PhysicsError
        Unknown species, a value out of range.
    """

    species: str
    energy_mev: float
    rate_hz: float
    birks: Birks
    centre_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radius_m: float = 0.0
    regular: bool = False

    def __post_init__(self) -> None:
        """Check the values."""
        if self.species not in CALIBRATION_SPECIES:
            msg = f"no calibration source of {self.species!r}, species are {', '.join(CALIBRATION_SPECIES)}"
            raise PhysicsError(msg)
        if not (self.energy_mev > 0.0 and self.rate_hz >= 0.0 and self.radius_m >= 0.0):
            msg = (
                f"calibration source of {self.energy_mev} MeV, {self.rate_hz} Hz, radius {self.radius_m} m: "
                "the energy must be > 0, the others >= 0"
            )
            raise PhysicsError(msg)

    def generate(self, block: Block) -> tuple[Primaries, Deposits]:
        """Return the events of a block."""
        code = SPECIES[self.species]
        rng = stream(block.seed, Stage.CALIBRATION, block.index, code)
        expected = self.rate_hz * block.live_s
        n = math.floor(expected * (1.0 + 1e-12)) if self.regular else int(rng.poisson(expected))
        primaries = empty_primaries(n)
        primaries.species[:] = code
        primaries.process[:] = PROCESSES["calibration"]
        primaries.energy_mev[:] = self.energy_mev
        slots = (np.arange(n) + 0.5) / max(expected, 1.0) if self.regular else rng.random(n)
        primaries.time_ns[:] = slots * (block.live_s * 1e9)
        place = sample_sphere(rng, self.radius_m, n) + np.array(self.centre_m)[:, None]
        direction = sample_directions(rng, n)
        primaries = primaries._replace(
            **dict(zip(("x_m", "y_m", "z_m"), place, strict=True)),
            **dict(zip(("dir_x", "dir_y", "dir_z"), direction, strict=True)),
        )
        if self.species == "gamma":
            electron = quenching("electron", self.birks.electron_cm_mev)
            energy = primaries.energy_mev
            return primaries, gamma_deposits(
                rng, np.arange(n), energy, np.zeros(n), place, direction, electron
            )
        if self.species == "alpha":
            visible = visible_energies("alpha", primaries.energy_mev, self.birks.alpha_cm_mev)
            return primaries, point_deposits(primaries, ALPHA_LIKE, visible)
        visible = visible_energies("electron", primaries.energy_mev, self.birks.electron_cm_mev)
        return primaries, point_deposits(primaries, BETA_LIKE, visible)
