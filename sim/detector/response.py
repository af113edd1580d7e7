"""The detector's answer to deposits: photoelectrons, groups, gates in one call."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.primaries import Block, Deposits, Primaries
from sim.core.rng import Stage, stream
from sim.detector.gates import Gates, digitise
from sim.detector.groups import Groups, gather
from sim.detector.light import DRAW, Counts, Photoelectrons, draw_photoelectrons
from sim.detector.model import Detector
from sim.detector.optical.model import OpticalDetector
from sim.detector.optical.readout import track_groups


class Response(NamedTuple):
    """What a block's primaries became."""

    light: Photoelectrons  # of every deposit
    groups: Groups  # that were digitised
    gates: Gates  # that were kept


def respond(
    block: Block, primaries: Primaries, deposits: Deposits, detector: Detector, above: Counts | None = None
) -> Response:
    """Run the detector on the primaries of a block.

    Parameters
    ----------
    block : gives the random streams; the same block gives the same answer.
    primaries, deposits : in any order of time.
    detector : made by ``build_detector``.
    above : photoelectrons above threshold where they are known already, int64 (n_deposits,); DRAW elsewhere.
        The optical fidelity tracks photons until they are made; its other counts come out of the tracking.
    """
    if detector.optical is not None:
        return _tracked(block, primaries, deposits, detector, detector.optical, above)
    light = draw_photoelectrons(stream(block.seed, Stage.LIGHT, block.index), deposits, detector, above)
    groups = gather(primaries, deposits, light, detector)
    return Response(light, groups, digitise(block, groups, detector))


def _tracked(
    block: Block,
    primaries: Primaries,
    deposits: Deposits,
    detector: Detector,
    optical: OpticalDetector,
    above: Counts | None,
) -> Response:
    """Track the light of all groups, a part of the block at a time; which of them reach the cut comes out."""
    above = np.full(len(deposits.primary), DRAW) if above is None else above
    known = above != DRAW
    light = _known_counts(block, deposits, detector, known, above)
    uncut = detector._replace(selection=detector.selection._replace(min_photoelectrons=0))
    every = gather(primaries, deposits, light, uncut)
    tracking = track_groups(block, primaries, deposits, every, detector, optical, known)
    gates = digitise(block, every, detector, tracking)
    light.above[every.deposit] = every.above
    light.below[every.deposit] = every.below
    groups = gather(primaries, deposits, light, detector)
    gate = np.full(len(primaries.time_ns), -1, np.int64)
    gate[every.primary] = gates.primary_gate
    return Response(light, groups, gates._replace(primary_gate=gate[groups.primary]))


def _known_counts(
    block: Block, deposits: Deposits, detector: Detector, known: NDArray[np.bool_], above: Counts
) -> Photoelectrons:
    """Return the counts that are known, with those below threshold that belong to them; zeros elsewhere."""
    drawn = draw_photoelectrons(stream(block.seed, Stage.LIGHT, block.index), deposits, detector, above)
    return Photoelectrons(np.where(known, above, 0), np.where(known, drawn.below, 0))
