"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from showcase_bench.files.locks import is_same_file, wait_for_lock
from showcase_bench.files.temporary import PREFIX, sweep

__all__ = ["replace_file", "write_durably"]

_CHUNK = 1 << 20


def replace_file(path: Path, *parts: bytes | memoryview | Path) -> None:
    """Make ``parts``, one after another, the content of ``path`` in one step; raises OSError.

    A path stands for the content of that file. The new file is readable by all. Its folder must
    exist. Where it fails, the old content is untouched and nothing is left.
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


def write_durably(path: Path, content: bytes | Path) -> None:
    """Write content, or that of another file, and wait until the disk has it; raises OSError."""
    with path.open("wb") as file:
        _write(file.fileno(), content)


def _write(handle: int, *parts: bytes | memoryview | Path) -> None:
    for part in parts:
        for chunk in _chunks(part) if isinstance(part, Path) else [part]:
            view = memoryview(chunk)
            while view:
                view = view[os.write(handle, view) :]
    os.fsync(handle)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
