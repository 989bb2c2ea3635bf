"""What is to be in a file, in memory or in another file, and writing it whole."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from showcase_bench.errors import StoreError
from showcase_bench.files import replace_file

__all__ = ["Content", "sha256_of", "write_atomically", "written_clearly"]

Content: TypeAlias = bytes | Path
"""What a file holds, or another file that holds the same."""


def sha256_of(content: Content) -> str:
    """Hash of it, in hexadecimal; raises OSError."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: Content) -> None:
    """Replace ``path`` by content, or by that of another file, in one step, creating its folder.

    Raises
    ------
    StoreError
        It cannot be written; the old content is then untouched.
    """
    with written_clearly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)


@contextlib.contextmanager
def written_clearly(path: Path) -> Iterator[None]:
    """Turn what goes wrong with writing ``path`` inside into a StoreError that says what to do."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); nothing was changed. "
            "Check the folder's permissions and free space, or choose another one"
        ) from error
