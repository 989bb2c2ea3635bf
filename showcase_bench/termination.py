"""What a command does when it is told to end (SIGTERM)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Termination", "kept_termination", "termination_as_interrupt"]


_SECONDS_TO_CLEAN_UP = 20.0


class Termination:
    """Whether this process was told to end."""

    told = False


@contextmanager
def termination_as_interrupt() -> Iterator[Termination]:
    """Raise KeyboardInterrupt in the main thread where the process is told to end.

    What ends cleanly at Ctrl-C does so then too. For some seconds nothing more is raised, so that
    cleaning up is not disturbed. Nothing changes in another thread, or where the process already
    has a way of its own to end.
    """
    termination = Termination()
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield termination
        return
    first = 0.0

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal first
        if not termination.told or time.monotonic() - first >= _SECONDS_TO_CLEAN_UP:
            termination.told, first = True, time.monotonic()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        yield termination
    finally:
        if not termination.told:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def kept_termination() -> Iterator[None]:
    """Undo what the block makes of being told to end; for libraries that end the process."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
