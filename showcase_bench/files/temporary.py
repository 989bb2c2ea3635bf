"""Temporary files and folders that live as long as the process that made them.

Each begins with :data:`PREFIX` and is locked by its process. What is not locked is of a process
that was killed, and is swept by the next one that writes into the same folder: no clock is asked,
and nothing that is still in use is touched. Where files cannot be locked nothing is swept.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from showcase_bench.files.locks import is_same_file, try_to_lock, wait_for_lock

__all__ = ["OLD", "PREFIX", "TARGET", "restore", "scratch_folder", "sweep", "temporary_folder"]

PREFIX = ".showcase-bench-tmp-"
"""How the names of temporary files and folders begin; nobody else's do."""
TARGET, OLD = "target", "old"
"""In a temporary folder that takes the place of another: its name, and what was there before."""
_LOCK = "lock"

_swept: set[Path] = set()


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A folder in ``parent``, which exists; it is removed at the end, with what is left in it.

    Raises
    ------
    OSError
        It cannot be made.
    """
    sweep(parent)
    folder, handle = _made(parent)
    try:
        yield folder
    finally:
        restore(folder)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder in the system's folder for temporary files, removed at the end."""
    with temporary_folder(Path(tempfile.gettempdir())) as folder:
        work = folder / "work"
        work.mkdir()
        yield work


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


def _is_own(entry: os.DirEntry[str]) -> bool:
    with contextlib.suppress(OSError):
        return not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
    return False


def _sweep_one(path: Path, is_folder: bool) -> None:
    place = path / _LOCK if is_folder else path
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if is_folder else 0)
    handle = os.open(place, flags, 0o644)
    try:
        if not try_to_lock(handle) or not is_same_file(handle, place):
            return
        if not is_folder:
            path.unlink()
            return
        restore(path)
        # Under another name first: who has just made it and waits for the lock makes another one.
        grave = path.with_name(f"{path.name}-swept")
        path.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)
    finally:
        os.close(handle)


def restore(folder: Path) -> None:
    """Put back what went aside for a folder that never came; never raises."""
    with contextlib.suppress(OSError, ValueError):
        target = folder.parent / (folder / TARGET).read_text(encoding="utf-8")
        for old in sorted(folder.glob(f"{OLD}*")):
            if target.parent == folder.parent and not target.exists():
                old.rename(target)
