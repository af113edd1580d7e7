"""Calibration events that a detector is probed with: what is asked for, known to simulation and analysis."""

from typing import Any, Literal, NamedTuple

Particle = Literal["electron", "alpha", "gamma", "positron", "14C pair"]
PARTICLES: tuple[Particle, ...] = ("electron", "alpha", "gamma", "positron", "14C pair")
PAIR_SPAN_NS = 2000.0  # the second decay of a pair comes at any time in it: longer than any cluster


class Probe(NamedTuple):
    """One kind of calibration event; it fills one block of an events file.

    Attributes
    ----------
    particle : positrons come with their two annihilation gammas; a 14C pair is two decays in a gate, each at
        a place of its own, the second up to ``PAIR_SPAN_NS`` later.
    energy_mev : kinetic energy, > 0 (a positron's may be 0: the two gammas alone); of a 14C pair the least
        energy of each decay, whose spectrum is that of 14C above it.
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
