"""Muons as the outer detector sees them: times, and whether they crossed the inner detector.

A muon's light is not simulated. The list serves the vetoes and the isotopes that muons make.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import SECONDS_PER_DAY
from sim.core.primaries import Block, Floats
from sim.core.rng import Stage, stream
from sim.physics.muon_config import MuonsConfig

REACH_S = 5.0  # muons longer before an event than any veto are of no use to it
_BEFORE = 9  # branch of the blocks before the run


class Muons(NamedTuple):
    """Muons of a block in time order, shape (n,); ``time_ns`` since the block's start."""

    time_ns: Floats
    inner: NDArray[np.bool_]
    tagged: NDArray[np.bool_]  # by the outer detector


def muon_stream(block: Block, *branch: int) -> np.random.Generator:
    """Return the random numbers of a block's muons; blocks before the run have a negative index."""
    branch = branch if block.index >= 0 else (*branch, _BEFORE)
    return stream(block.seed, Stage.MUON, abs(block.index), *branch)


def draw_muons(block: Block, config: MuonsConfig) -> Muons:
    """Return the muons of a block; the same block gives the same muons, whoever asks."""
    rng = muon_stream(block)
    days = block.live_s / SECONDS_PER_DAY
    n_inner = int(rng.poisson(config.inner_per_day * days))
    n_outer = int(rng.poisson(config.outer_per_day * days))
    time_ns = rng.random(n_inner + n_outer) * (block.live_s * 1e9)
    order = np.argsort(time_ns)
    tagged = rng.random(n_inner + n_outer) < config.tagging_efficiency
    return Muons(time_ns[order], order < n_inner, tagged)


def earlier_blocks(block: Block, block_s: float, reach_s: float) -> list[Block]:
    """Return the blocks in which muons lie that are up to ``reach_s`` older than a block, oldest first.

    Parameters
    ----------
    block : one of a run; the last may be shorter than the others.
    block_s : live time of all others.
    reach_s : how far to look back.

    Returns
    -------
    list of Block; before the run they go on with negative index: the detector was there.
    """
    step_ns = round(block_s * 1e9)
    return [
        Block(block.seed, block.index - back, block.start_ns - back * step_ns, step_ns / 1e9)
        for back in range(math.ceil(reach_s / block_s), 0, -1)
    ]


def muons_before(muons: Muons, event_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which muons come within ``REACH_S`` before one of the events (times as theirs, rising)."""
    following = np.searchsorted(event_ns, muons.time_ns)
    padded = np.append(event_ns.astype(np.float64), np.inf)
    return np.asarray(padded[following] - muons.time_ns <= REACH_S * 1e9)
