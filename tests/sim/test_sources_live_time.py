from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import CardError, PhysicsError
from sim.core.primaries import Block
from sim.sources.live_time import split_blocks, utc_ns


def test_dates_are_utc() -> None:
    assert utc_ns("2011-12-14") == 1_323_820_800 * 10**9
    assert utc_ns("2011-12-14T00:00:00") == utc_ns("2011-12-14T01:00:00+01:00")
    assert utc_ns("1970-01-01T00:00:00.000001") == 1000
    with pytest.raises(PhysicsError, match="yesterday"):
        utc_ns("yesterday")


@given(st.floats(1e-3, 2000.0), st.floats(0.5, 240.0))
def test_blocks_tile_the_live_time(live_days: float, block_hours: float) -> None:
    blocks = split_blocks(5, 10**18, live_days, block_hours)
    assert sum(block.live_s for block in blocks) == pytest.approx(live_days * 86400.0, rel=1e-9, abs=2e-6)
    assert [block.index for block in blocks] == list(range(len(blocks)))
    assert all(0.0 < block.live_s <= block_hours * 3600.0 + 1e-9 for block in blocks)
    for one, following in pairwise(blocks):
        assert one.start_ns + round(one.live_s * 1e9) == following.start_ns


def test_a_longer_run_starts_with_the_same_blocks() -> None:
    assert split_blocks(5, 0, 10.0, 24.0)[:6] == split_blocks(5, 0, 6.0, 24.0)


def test_whole_days_make_no_crumb() -> None:
    blocks = split_blocks(1, 0, 1291.5, 24.0)
    assert len(blocks) == 1292
    assert blocks[-1] == Block(1, 1291, 1291 * 86400 * 10**9, 43200.0)


@pytest.mark.parametrize(("days", "hours"), [(0.0, 24.0), (-1.0, 24.0), (1.0, 0.0)])
def test_lengths_must_be_positive(days: float, hours: float) -> None:
    with pytest.raises(CardError, match="must be > 0"):
        split_blocks(1, 0, days, hours)
