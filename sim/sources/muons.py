"""Muons as the outer detector sees them: times, and whether they crossed the scintillator.

A muon's light is not simulated. The list serves the vetoes and the isotopes that muons make.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SECONDS_PER_DAY
from sim.core.primaries import Block, Floats
from sim.core.rng import Stage, stream
from sim.physics.antineutrino_config import AntineutrinoConfig

REACH_S = 5.0  # muons longer before an event than any veto are of no use to it


class Muons(NamedTuple):
    """Muons of a block in time order, shape (n,); ``time_ns`` since the block's start."""

    time_ns: Floats
    inner: NDArray[np.bool_]


def draw_muons(block: Block, channel: AntineutrinoConfig) -> Muons:
    """Return the muons of a block; the same block gives the same muons, whoever asks."""
    rng = stream(block.seed, Stage.MUON, block.index)
    days = block.live_s / SECONDS_PER_DAY
    n_inner = int(rng.poisson(channel.muons_inner_per_day * days))
    n_outer = int(rng.poisson(channel.muons_outer_per_day * days))
    time_ns = rng.random(n_inner + n_outer) * (block.live_s * 1e9)
    order = np.argsort(time_ns)
    return Muons(time_ns[order], order < n_inner)


def muons_before(muons: Muons, event_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which muons come within ``REACH_S`` before one of the events (times as theirs, rising)."""
    following = np.searchsorted(event_ns, muons.time_ns)
    padded = np.append(event_ns.astype(np.float64), np.inf)
    return np.asarray(padded[following] - muons.time_ns <= REACH_S * 1e9)
