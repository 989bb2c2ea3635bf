"""Temporary files and folders that live as long as the process that made them.

Each begins with :data:`PREFIX` and is locked by its process. What is not locked is of a process
that was killed, and is swept by the next one that writes into the same folder: no clock is asked,
and nothing that is still in use is touched. Only where files cannot be locked it is a matter of
age: what was not written to for a week goes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from showcase_bench.files.locks import is_same_file, try_to_lock, wait_for_lock

__all__ = [
    "OLD",
    "PREFIX",
    "TARGET",
    "TemporaryFolder",
    "scratch_folder",
    "sweep",
    "sweep_system_folder",
    "temporary_folder",
]

PREFIX = ".showcase-bench-tmp-"
"""How the names of temporary files and folders begin; nobody else's do."""
TARGET, OLD = "target", "old"
"""In a temporary folder that takes the place of another: its name, and what was there before."""
_LOCK = "lock"
_FORGOTTEN_S = 7 * 24 * 3600.0
"""After so long what cannot be locked is no one's."""

_swept: set[Path] = set()


class TemporaryFolder:
    """A folder that lasts as long as this object and its process, at most until :meth:`remove`.

    Parameters
    ----------
    parent
        Folder that it is made in, which exists; by default that of the system.

    Raises
    ------
    OSError
        It cannot be made.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        sweep(parent)
        self.path, handle = _made(parent)
        self._end = weakref.finalize(self, _remove, self.path, handle, os.getpid())

    def remove(self) -> None:
        """Remove the folder with all that is in it; again does nothing."""
        self._end()


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A folder in ``parent``, which exists; it is removed at the end, with what is left in it.

    Raises
    ------
    OSError
        It cannot be made.
    """
    folder = TemporaryFolder(parent)
    try:
        yield folder.path
    finally:
        folder.remove()


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder in the system's folder for temporary files, removed at the end.

    Raises
    ------
    OSError
        It cannot be made.
    """
    with temporary_folder(Path(tempfile.gettempdir())) as folder:
        work = folder / "work"
        work.mkdir()
        yield work


def _remove(folder: Path, handle: int, owner: int) -> None:
    if os.getpid() == owner:  # a fork has the object as well
        _restore(folder)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _made(parent: Path) -> tuple[Path, int]:
    """A new folder, and its open and locked lock file."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        path = folder / _LOCK
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:  # it was swept before it could be locked
            continue
        wait_for_lock(handle)
        if is_same_file(handle, path):
            return folder, handle
        os.close(handle)


def sweep(folder: Path, *, again: bool = False) -> None:
    """Remove from ``folder`` what processes that were killed have left of theirs.

    A folder that had gone aside to make room for one that never came is put back. Done once for
    each folder in a process, unless ``again``; never raises.
    """
    if folder in _swept and not again:
        return
    _swept.add(folder)
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(PREFIX) and _is_own(entry):
                with contextlib.suppress(OSError):
                    _sweep_one(Path(entry.path), entry.is_dir(follow_symlinks=False))


def sweep_system_folder() -> None:
    """Remove from the system's folder for temporary files what killed processes have left there.

    It is done also where it was done before. Never raises.
    """
    with contextlib.suppress(OSError):  # there may be none that can be written
        sweep(Path(tempfile.gettempdir()), again=True)


def _is_own(entry: os.DirEntry[str]) -> bool:
    with contextlib.suppress(OSError):
        return not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
    return False


def _sweep_one(path: Path, is_folder: bool) -> None:
    place = path / _LOCK if is_folder else path
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if is_folder else 0)
    handle = os.open(place, flags, 0o644)
    try:
        free = try_to_lock(handle)
        if free is None:
            free = _is_forgotten(path)
        if not free or not is_same_file(handle, place):
            return
        if not is_folder:
            path.unlink()
            return
        _restore(path)
        # Under another name first: who has just made it and waits for the lock makes another one.
        grave = path.with_name(f"{path.name}-swept")
        path.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)
    finally:
        os.close(handle)


def _is_forgotten(path: Path) -> bool:
    """Whether nothing in it was written to for a week."""
    youngest = max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    return time.time() - youngest > _FORGOTTEN_S


def _restore(folder: Path) -> None:
    """Put back what went aside for a folder that never came; never raises."""
    with contextlib.suppress(OSError, ValueError):
        target = folder.parent / (folder / TARGET).read_text(encoding="utf-8")
        for old in sorted(folder.glob(f"{OLD}*")):
            if target.parent == folder.parent and not target.exists():
                old.rename(target)
