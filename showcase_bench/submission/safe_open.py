"""Open a file from outside: a regular file, never a device, a pipe or a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from showcase_bench.errors import PredictionError

__all__ = ["open_regular"]

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def open_regular(path: Path) -> tuple[BinaryIO, int]:
    """The open file and its size in bytes; opening a pipe does not wait for its other end.

    Raises
    ------
    PredictionError
        There is no such file, it cannot be read, or it is something else than a regular file. A
        symbolic link is refused: what somebody sent could lead to any file of this machine.
    """
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "link")
        handle = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise PredictionError(shown_path(path), *_reason(error)) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            kind = next((name for test, name in _KINDS if test(status.st_mode)), "special")
            raise PredictionError(
                shown_path(path), f"cannot be read: it is {kind}, not a file", "Name a file."
            )
        return os.fdopen(handle, "rb", buffering=1 << 16), status.st_size
    except BaseException:
        os.close(handle)
        raise


def shown_path(path: Path) -> str:
    """A path as messages name it, whatever bytes it is made of."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _reason(error: OSError | ValueError) -> tuple[str, str]:
    """What is wrong, and the fix."""
    if isinstance(error, ValueError):
        return "is not a path", "Name a file."
    if error.errno == errno.ENOENT:
        return "no such file", ""
    if error.errno == errno.ELOOP:
        return (
            "is a symbolic link, and links are not followed",
            'Name the file itself: `realpath` of it, as "$(realpath FILE)".',
        )
    return f"cannot be read: {error.strerror}", ""
