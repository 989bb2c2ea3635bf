"""Writing so that neither a kill nor a power cut leaves half a file under its final name."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from showcase_bench.errors import ShowcaseError

__all__ = ["SaveError", "replace_bytes", "save_error", "sync_folder", "write_all"]


class SaveError(ShowcaseError):
    """What was downloaded cannot be kept: no room, no permission, or another process at work."""


def write_all(handle: int, data: bytes) -> None:
    """Write all of ``data`` at the file's position; raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def replace_bytes(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Make ``data`` the content of ``path`` in one step; raises OSError.

    Two threads or processes must not do this to one path at a time.
    """
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        temporary.unlink(missing_ok=True)  # Left by a kill; or a link, which is not followed.
        with temporary.open("xb") as stream:
            stream.write(data)
            if sync:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` outlast a power cut, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def save_error(path: Path, error: OSError) -> SaveError:
    """Say what kept ``path`` from being written, and what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what = "the disk is full" if full else f"cannot be written ({error.strerror or error})"
    fix = "Make room" if full else "Make the folder writable"
    return SaveError(
        f"{path}: {what}. {fix} and run the same command again; what is there is kept."
    )
