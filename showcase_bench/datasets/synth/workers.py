"""Towns made by several processes, handed on in order."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from showcase_bench.datasets.synth.town import TownCounts, TownJob, make_town
from showcase_bench.errors import StoreError

__all__ = ["available_processors", "make_towns"]

_AHEAD = 2
"""Towns that wait for each process."""


def available_processors() -> int:
    """Processors that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def make_towns(towns: Sequence[TownJob], processes: int) -> Iterator[TownCounts]:
    """Make all towns, in this process or in ``processes`` others; counts come in their order.

    Raises
    ------
    OSError
        A part cannot be written.
    StoreError
        A process was killed.
    """
    processes = min(processes, len(towns))
    if processes <= 1:
        yield from map(make_town, towns)
        return
    pool = ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    try:
        waiting: deque[Future[TownCounts]] = deque()
        for town in towns:
            waiting.append(pool.submit(make_town, town))
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise StoreError(
            "a process that made a part of the world was ended from outside, perhaps for want of "
            "memory. Run the command again with fewer --jobs."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _end_with_parent() -> None:
    """Let this process end when the one that started it does, however that happens."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
