"""The detector's answer to deposits: photoelectrons, groups, gates in one call."""

from typing import NamedTuple

from sim.core.primaries import Block, Deposits, Primaries
from sim.core.rng import Stage, stream
from sim.detector.gates import Gates, digitise
from sim.detector.groups import Groups, gather
from sim.detector.light import Counts, Photoelectrons, draw_photoelectrons
from sim.detector.model import Detector


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
    """
    light = draw_photoelectrons(stream(block.seed, Stage.LIGHT, block.index), deposits, detector, above)
    groups = gather(primaries, deposits, light, detector)
    return Response(light, groups, digitise(block, groups, detector))
