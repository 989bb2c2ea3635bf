"""Locks between processes, which end with the process that has them."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Not on Windows, where nothing keeps two processes apart.
    fcntl = None  # type: ignore[assignment]

__all__ = ["is_same_file", "lock", "try_to_lock", "wait_for_lock"]


def lock(handle: int) -> bool:
    """Lock an open file against other processes until it is closed; False where one has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def try_to_lock(handle: int) -> bool | None:
    """Like :func:`lock`, and None where files cannot be locked at all."""
    try:
        return None if fcntl is None else lock(handle)
    except OSError:
        return None


def wait_for_lock(handle: int) -> None:
    """Lock an open file as soon as no other process has it; nothing where that cannot be done."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)


def is_same_file(handle: int, path: Path) -> bool:
    """Whether ``path`` still leads to what is open as ``handle``."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False
