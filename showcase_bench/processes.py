"""What every part of the package that starts processes needs."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

__all__ = ["available_processors", "end_process", "end_with_parent", "held_interrupts"]

_SECONDS_TO_END = 10.0


def available_processors() -> int:
    """Processors that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def end_with_parent() -> None:
    """Let this process end when the one that started it does, however that happens."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True).start()


def end_process(process: BaseProcess) -> None:
    """Wait for a process that was told to end, and end it by force after some seconds."""
    process.join(_SECONDS_TO_END)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Hold interrupts back until the block ends; a process started inside never gets any."""
    resource_tracker.ensure_running()  # which lets interrupts through when it has to be started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
