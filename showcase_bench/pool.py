"""Work shared out to other processes, its results taken back in order."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from showcase_bench.errors import StoreError
from showcase_bench.processes import end_with_parent, held_interrupts

__all__ = ["map_in_processes"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2
"""Items that wait for each process."""


def map_in_processes(
    function: Callable[[T], R],
    items: Iterable[T],
    processes: int,
    *,
    initializer: Callable[..., None] | None = None,
    initargs: tuple[Any, ...] = (),
) -> Iterator[R]:
    """What ``function`` gives for each item, in order, a few items ahead of the reader.

    Parameters
    ----------
    function, items
        Both can be pickled; the function is one of a module.
    processes
        How many new ones, at least 1; none outlives the iterator or this process. Where that is
        interrupted, or closed, they end in the middle of their work.
    initializer, initargs
        Called once in each process.

    Raises
    ------
    StoreError
        A process was killed.
    """
    context = multiprocessing.get_context("spawn")
    leash, hand = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        processes,
        mp_context=context,
        initializer=_begin,
        initargs=(leash, initializer, initargs),
    )
    try:
        waiting: deque[Future[R]] = deque()
        for item in items:
            with held_interrupts():  # from the terminal they go to all processes
                waiting.append(pool.submit(function, item))
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise StoreError(
            "a process that did a part of the work was ended from outside, perhaps for want of "
            "memory. Run the command again with fewer --jobs."
        ) from error
    except BaseException:
        hand.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        hand.close()
        leash.close()


def _begin(
    leash: Connection[Any, Any],
    initializer: Callable[..., None] | None,
    initargs: tuple[Any, ...],
) -> None:
    end_with_parent()
    threading.Thread(target=_end_when_let_go, args=(leash,), daemon=True).start()
    if initializer is not None:
        initializer(*initargs)


def _end_when_let_go(leash: Connection[Any, Any]) -> None:
    wait([leash])
    os._exit(1)
