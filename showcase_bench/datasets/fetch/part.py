"""A download in progress: ``<target>.part``, and beside it what is needed to go on with it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from showcase_bench.datasets.fetch.durable import (
    SaveError,
    replace_bytes,
    save_error,
    sync_folder,
    write_all,
)
from showcase_bench.files import lock

__all__ = ["Note", "Part", "part_url"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Note:
    """What the server said about the file that a ``.part`` is the beginning of."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
    """Size of the whole in bytes, where stated."""

    @property
    def validator(self) -> str | None:
        """What ``If-Range`` is given: a strong ETag, else the date; None if it has neither."""
        if self.etag is not None and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified

    def contradicts(self, other: Note) -> bool:
        """Whether the two cannot be about the same content; what is missing says nothing."""
        pairs = (
            (self.etag, other.etag),
            (self.last_modified, other.last_modified),
            (self.total, other.total),
        )
        return any(a is not None and b is not None and a != b for a, b in pairs)


class Part:
    """The received beginning of one file, locked while it is open; a context manager.

    Parameters
    ----------
    target
        Where the whole file will be. Its folder is made.
    url
        Where it comes from; the beginning of anything else is dropped.

    Raises
    ------
    SaveError
        Here and in every method: the disk is full, the folder cannot be written, or another
        process is at the same file.
    """

    def __init__(self, target: Path, url: str) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self.note = Note(url)
        self.size = 0
        self._finished = False
        self._note_path = _note_path(target)
        self._digest = hashlib.sha256()
        if target.is_dir():
            raise SaveError(f"{target}: is a folder. Move it away, or choose another place.")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._handle = self._open()
        except OSError as error:
            raise save_error(self.path, error) from error
        try:
            self._take_up(url)
        except BaseException:
            os.close(self._handle)
            raise

    def __enter__(self) -> Part:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self.size == 0 and not self._finished:
                self.path.unlink(missing_ok=True)
                self._note_path.unlink(missing_ok=True)
        finally:
            os.close(self._handle)

    @property
    def sha256(self) -> str:
        """Of what was received so far, in hexadecimal."""
        return self._digest.hexdigest()

    @property
    def is_whole(self) -> bool:
        """Whether the stated size is known and reached."""
        return self.note.total is not None and self.size == self.note.total

    def restart(self, note: Note) -> None:
        """Drop what was received and remember what the server says about the file."""
        try:
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            replace_bytes(self._note_path, json.dumps(asdict(note)).encode())
        except OSError as error:
            raise save_error(self.path, error) from error
        self.note, self.size, self._digest = note, 0, hashlib.sha256()

    def append(self, data: bytes) -> None:
        """Add received bytes."""
        try:
            write_all(self._handle, data)
        except OSError as error:
            raise save_error(self.path, error) from error
        self._digest.update(data)
        self.size += len(data)

    def finish(self) -> None:
        """Put the whole file into place, in one step and for good."""
        try:
            os.fsync(self._handle)
            self.path.replace(self.target)
            self._finished = True
            self._note_path.unlink(missing_ok=True)
            sync_folder(self.target.parent)
        except OSError as error:
            raise save_error(self.target, error) from error

    def _open(self) -> int:
        """Open and lock the file that stands under the name, whoever moves it meanwhile."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        while True:
            handle = os.open(self.path, flags, 0o644)
            if not lock(handle):
                os.close(handle)
                raise SaveError(
                    f"{self.path}: another process is downloading this file. "
                    "Wait for it, or stop it."
                )
            try:
                if os.path.samestat(os.fstat(handle), self.path.stat()):
                    return handle
            except FileNotFoundError:
                pass  # Another process finished it between our opening and locking.
            os.close(handle)

    def _take_up(self, url: str) -> None:
        """Go on with what an earlier run left, if it can be told that it is the same file."""
        note = _read_note(self._note_path)
        size = os.fstat(self._handle).st_size
        usable = note is not None and note.url == url and note.validator is not None
        if note is None or not usable or (note.total is not None and size > note.total):
            if size:
                self.restart(Note(url))
            return
        try:
            while data := os.read(self._handle, _CHUNK):
                self._digest.update(data)
                self.size += len(data)
        except OSError as error:
            raise save_error(self.path, error) from error
        self.note = note


def part_url(target: Path) -> str | None:
    """Where the unfinished download of ``target`` comes from; None where there is none."""
    note = _read_note(_note_path(target))
    return None if note is None else note.url


def _note_path(target: Path) -> Path:
    return target.with_name(f"{target.name}.part.json")


def _read_note(path: Path) -> Note | None:
    """What was noted; None where that is missing or damaged."""
    try:
        found = json.loads(path.read_bytes())
        url, etag, modified, total = (found[name] for name in Note.__dataclass_fields__)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = isinstance(url, str) and all(isinstance(t, str | None) for t in (etag, modified))
    sound = texts and (total is None or type(total) is int)
    return Note(url, etag, modified, total) if sound else None
