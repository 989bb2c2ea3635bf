"""Writing a file whole or not at all, and keeping others away from it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Not on Windows, where nothing keeps two processes apart.
    fcntl = None  # type: ignore[assignment]

__all__ = ["lock", "replace_file", "write_durably"]


def lock(handle: int) -> bool:
    """Lock an open file against other processes until it is closed; False where one has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def replace_file(path: Path, data: bytes) -> None:
    """Make ``data`` the content of ``path`` in one step, readable by all; raises OSError.

    The folder must exist. Where it fails, the old content is untouched and nothing is left.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        temporary.chmod(0o644)
        write_durably(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_durably(path: Path, data: bytes) -> None:
    """Write ``data`` and wait until the disk has it; raises OSError."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
