"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from showcase_bench.files.locks import is_same_file, wait_for_lock
from showcase_bench.files.temporary import PREFIX, sweep

__all__ = ["replace_file", "write_durably"]


def replace_file(path: Path, *parts: bytes | memoryview) -> None:
    """Make ``parts``, one after another, the content of ``path`` in one step; raises OSError.

    The file is readable by all. Its folder must exist. Where it fails, the old content is untouched
    and nothing is left.
    """
    sweep(path.parent)
    temporary, handle = _made(path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            temporary.chmod(0o644)
            _write(file.fileno(), *parts)
            temporary.replace(path)  # still locked, so nobody takes it away before
    finally:
        temporary.unlink(missing_ok=True)


def _made(folder: Path) -> tuple[Path, int]:
    """A new file, open and locked."""
    while True:
        handle, name = tempfile.mkstemp(prefix=PREFIX, dir=folder)
        wait_for_lock(handle)
        if is_same_file(handle, Path(name)):
            return Path(name), handle
        os.close(handle)


def write_durably(path: Path, data: bytes) -> None:
    """Write ``data`` and wait until the disk has it; raises OSError."""
    with path.open("wb") as file:
        _write(file.fileno(), data)


def _write(handle: int, *parts: bytes | memoryview) -> None:
    for part in parts:
        view = memoryview(part)
        while view:
            view = view[os.write(handle, view) :]
    os.fsync(handle)
