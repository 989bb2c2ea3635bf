"""Folders in which models work while they are fitted, one process at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from showcase_bench.errors import StoreError
from showcase_bench.events import tell
from showcase_bench.files import is_same_file, scratch_folder, temporary_folder, try_to_lock
from showcase_bench.types import Progress

__all__ = ["given_workdir", "kept_workdir", "set_aside"]

_SECONDS_BETWEEN_LOOKS = 0.2

_held: set[tuple[int, Path]] = set()
"""Locks of this process, each with the thread that has it."""


@contextlib.contextmanager
def kept_workdir(place: Path, name: str, progress: Progress) -> Iterator[Path]:
    """A folder beside ``place`` that outlives an interrupted fit, and is removed after others.

    While another process has it, that one is waited for. Where files cannot be locked, and for a
    fit inside the same fit, it is a temporary folder.

    Parameters
    ----------
    name
        Of what is fitted, for the one who waits.

    Raises
    ------
    StoreError
        A folder cannot be written.
    """
    folder = place.with_name(f".{place.name}.work")
    with _locked(place.with_name(f".{place.name}.lock"), name, progress) as ours:
        if not ours:
            with scratch_folder() as own:
                yield own
            return
        with _writable(folder.parent):
            folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def given_workdir(workdir: Path) -> Iterator[Path]:
    """The folder that was asked for, which stays.

    Raises
    ------
    StoreError
        It cannot be made.
    """
    with _writable(workdir):
        workdir.mkdir(parents=True, exist_ok=True)
    yield workdir


@contextlib.contextmanager
def set_aside(workdir: Path) -> Iterator[None]:
    """Empty a folder; what was in it comes back if nothing better takes its place."""
    tell("fit.checkpoint-unusable", level=logging.WARNING)
    with temporary_folder(workdir.parent) as aside:
        workdir.rename(aside / "checkpoint")
        workdir.mkdir()
        try:
            yield
        except StoreError:
            shutil.rmtree(workdir, ignore_errors=True)
            (aside / "checkpoint").rename(workdir)
            raise


@contextlib.contextmanager
def _locked(path: Path, name: str, progress: Progress) -> Iterator[bool]:
    """Have a file to oneself; False where that cannot be, or this thread has it already."""
    own = threading.get_ident(), path
    if own in _held:
        yield False
        return
    handle, locked = _opened(path, name, progress)
    _held.add(own)
    try:
        yield locked
    finally:
        _held.discard(own)
        os.close(handle)


def _opened(path: Path, name: str, progress: Progress) -> tuple[int, bool]:
    """An open file and whether it is locked now; waits while another process has it locked."""
    while True:
        with _writable(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            locked = try_to_lock(handle)
            if locked is False:
                tell("fit.waiting", {"model": name})
                label = f"Waiting for another process that fits {name}"
                for _ in progress.track(_looks(handle), label=label):
                    pass
            if locked is None or is_same_file(handle, path):
                return handle, locked is not None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # it was removed with the cache meanwhile


def _looks(handle: int) -> Iterator[None]:
    """Try to lock a file that another process has, again and again."""
    while try_to_lock(handle) is False:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        yield


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror or error}). "
            "Check the folder's permissions and free space, or choose another one"
        ) from error
