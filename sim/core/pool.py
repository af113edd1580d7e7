"""Work in processes, with results in the order of the work; Ctrl-C ends all of them, and nobody is left."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, resource_tracker
from typing import Any, TypeVar

from sim.core.errors import HeliospinError

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2  # pieces of work a process may be ahead of the reader; bounds the memory
_work: Callable[[Any, Any], Any] | None = None  # of a worker process
_state: Any = None


def _enter(work: Callable[[Any, Any], Any], state: Any) -> None:
    global _work, _state
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers ...
    threading.Thread(target=_end_with_parent, daemon=True).start()  # ... and they never outlive it
    _work, _state = work, state


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(1)


def _do(item: Any) -> Any:
    assert _work is not None
    return _work(item, _state)


@contextlib.contextmanager
def _interrupts_put_off() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach; in this process it takes effect afterwards."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # started later, it would unblock the signal
    caught: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by the new processes
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if caught:
        raise KeyboardInterrupt


def _in_processes(
    work: Callable[[T, S], R], state: S, items: Sequence[T], workers: int
) -> Generator[R, None, None]:
    waiting: deque[Future[R]] = deque()
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _enter, (work, state))
    try:
        for item in items:
            with _interrupts_put_off():  # the first calls start processes
                waiting.append(pool.submit(_do, item))
            if len(waiting) >= workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        pool.shutdown()
    except BrokenProcessPool:
        msg = "a worker process ended unexpectedly (killed, or out of memory)"
        raise HeliospinError(msg) from None
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        pool.shutdown(cancel_futures=True)  # its thread has ended before the interpreter closes its pipes


def in_order(
    work: Callable[[T, S], R], state: S, items: Sequence[T], workers: int
) -> Generator[R, None, None]:
    """Yield ``work(item, state)`` for every item, in the order of the items.

    Parameters
    ----------
    work : a function of a module (it is sent by name).
    state : what all items share; sent to each process once.
    items : what is worked on.
    workers : processes; 1 works in this process.

    Raises
    ------
    HeliospinError
        A process was killed.
    """
    workers = min(workers, len(items))
    if workers > 1:
        yield from _in_processes(work, state, items, workers)
    else:
        for item in items:
            yield work(item, state)


def default_workers() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
