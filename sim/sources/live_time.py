"""Live time as a row of blocks with calendar times."""

from sim.core.constants import SECONDS_PER_DAY
from sim.core.errors import CardError
from sim.core.primaries import Block
from sim.physics.exposure import utc_seconds

SECONDS_PER_HOUR = 3600.0
_NS_PER_S = 1_000_000_000
_CRUMB_NS = 1000  # a rest that is only rounding makes no block of its own


def utc_ns(text: str) -> int:
    """Read an ISO date and time as UTC in ns since 1970-01-01, to the microsecond; PhysicsError if wrong."""
    return round(utc_seconds(text) * 1e6) * 1000


def split_blocks(seed: int, start_ns: int, live_days: float, block_hours: float) -> list[Block]:
    """Split a run into blocks that follow each other without gaps.

    Parameters
    ----------
    seed : seed of the run.
    start_ns : UTC of the first block's start, ns since 1970-01-01.
    live_days : live time of the run in d, > 0.
    block_hours : length of a block in h, > 0; the last one holds the rest.

    Returns
    -------
    list of Block; the live times add up to ``live_days``, and a block's start and length depend only on its
    index and on ``block_hours`` (the last one apart), so that a run can be prolonged.

    Raises
    ------
    CardError
        A length that is not positive.
    """
    if not live_days > 0.0 or not block_hours > 0.0:
        msg = f"live_days = {live_days} d and block_hours = {block_hours} h must be > 0"
        raise CardError(msg)
    total_ns = round(live_days * SECONDS_PER_DAY * _NS_PER_S)
    block_ns = round(block_hours * SECONDS_PER_HOUR * _NS_PER_S)
    number = max(1, -((_CRUMB_NS - total_ns) // block_ns))
    return [
        Block(seed, i, start_ns + i * block_ns, min(block_ns, total_ns - i * block_ns) / _NS_PER_S)
        for i in range(number)
    ]
