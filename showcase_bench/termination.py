"""What a command does when it is told to end (SIGTERM)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Terminated", "kept_termination", "termination_as_interrupt"]


class Terminated(KeyboardInterrupt):
    """Told to end (SIGTERM); all that ends cleanly at Ctrl-C does so then too."""


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Raise :class:`Terminated` in the main thread where the process is told to end.

    Only the first time, so that cleaning up is not disturbed. Nothing changes in another thread, or
    where the process already has a way of its own to end.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    told = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            raise Terminated

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        if not told:
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
