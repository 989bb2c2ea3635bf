"""Folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from showcase_bench.files.temporary import OLD, PREFIX, TARGET, temporary_folder

__all__ = ["is_being_replaced", "new_folder"]

_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)
_MOST_ROUNDS = 1000


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """An empty folder that takes the place of ``target`` when the block ends without an error.

    What was there before goes aside first and is removed when the new folder is in place; a process
    that is killed between the two leaves it aside, where the next
    :func:`~showcase_bench.files.sweep` puts it back from. Several processes may do this for one
    target: each finds its own in place at the end of its block, until another's takes its place.

    Raises
    ------
    OSError
        It cannot be made; ``target`` is as before.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(target.parent) as folder:
        (folder / TARGET).write_text(target.name, encoding="utf-8")
        new = folder / "new"
        new.mkdir()
        yield new
        _put(new, target, folder)


def is_being_replaced(target: Path) -> bool:
    """Whether a process makes a folder for this place, so that it may be missing for a moment."""
    for path in target.parent.glob(f"{PREFIX}*/{TARGET}"):
        with contextlib.suppress(OSError, ValueError):
            if path.read_text(encoding="utf-8") == target.name:
                return True
    return False


def _put(new: Path, target: Path, folder: Path) -> None:
    for number in range(_MOST_ROUNDS):
        try:
            new.rename(target)
            return
        except OSError as error:
            if error.errno not in _OCCUPIED:
                raise
        with contextlib.suppress(FileNotFoundError):  # another process has just moved it aside
            target.rename(folder / f"{OLD}-{number}")
    raise OSError(errno.EBUSY, "other processes write it over and over", str(target))
