"""Towns made by several processes, handed on in order."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from showcase_bench.datasets.synth.town import TownCounts, TownJob, make_town
from showcase_bench.errors import StoreError
from showcase_bench.processes import end_with_parent

__all__ = ["make_towns"]

_AHEAD = 2
"""Towns that wait for each process."""


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
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent
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
