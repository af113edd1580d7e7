"""Work in processes: results in order, errors come through, a killed process is told."""

import os
import signal

import pytest

from sim.core.errors import HeliospinError
from sim.core.pool import default_workers, in_order


def _scaled(item, state):
    if item == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if item < 0:
        msg = f"item {item}"
        raise ValueError(msg)
    return item * state


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers):
    assert list(in_order(_scaled, 3, list(range(20)), workers)) == [3 * i for i in range(20)]
    with pytest.raises(ValueError, match="item -1"):
        list(in_order(_scaled, 3, [1, -1, 2], workers))


def test_nothing_to_do():
    assert list(in_order(_scaled, 1, [], 4)) == []
    assert default_workers() >= 1


def test_a_killed_process_is_one_clear_error():
    with pytest.raises(HeliospinError, match="a worker process ended unexpectedly"):
        list(in_order(_scaled, 1, ["die", "die"], 2))
