"""Calibration events that a detector is probed with: what is asked for, known to simulation and analysis."""

from typing import Any, Literal, NamedTuple

Particle = Literal["electron", "alpha", "gamma", "positron"]
PARTICLES: tuple[Particle, ...] = ("electron", "alpha", "gamma", "positron")


class Probe(NamedTuple):
    """One kind of calibration event; it fills one block of an events file.

    Attributes
    ----------
    particle : positrons come with their two annihilation gammas.
    energy_mev : kinetic energy, > 0 (a positron's may be 0: the two gammas alone).
    radius_m : of a centred sphere.
    shell : on the sphere; else uniform inside.
    events : number, at equal intervals of time, so that no two share a gate.
    """

    particle: Particle
    energy_mev: float
    radius_m: float
    shell: bool
    events: int

    def to_plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return self._asdict()
