"""The finished parts of a build on disk, so that a killed build goes on where it stopped.

A stage is a folder named after everything that decides its content. Each of its parts is a data
file and, written after it, a manifest with the data's SHA-256; both appear by renaming. A part
counts as finished when its manifest is there and the data still have that hash.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError, UsageError
from showcase_bench.files import lock

__all__ = ["Part", "Stage", "digest_of", "work_folder", "write_file"]

_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Part:
    """One finished part."""

    path: Path
    offsets: tuple[int, ...]
    """Where each segment starts, and where the last one ends."""
    facts: Mapping[str, Any]
    """What the stage notes about the part; JSON values."""

    def segment(self, number: int) -> bytes:
        """Bytes of one segment.

        Raises
        ------
        StoreError
            The file cannot be read, or was cut meanwhile.
        """
        start, stop = self.offsets[number : number + 2]
        try:
            with self.path.open("rb") as stream:
                stream.seek(start)
                data = stream.read(stop - start)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read ({error.strerror or error})") from error
        if len(data) != stop - start:
            raise StoreError(f"{self.path}: was changed during the build; run it again")
        return data


class Stage:
    """The parts of one stage.

    Parameters
    ----------
    folder
        The folder of the whole build.
    name
        Name of the stage.
    key
        Everything that decides the content of its parts; JSON values.
    """

    def __init__(self, folder: Path, name: str, key: Mapping[str, Any]) -> None:
        self._folder = folder / f"{name}-{digest_of(key)[:16]}"

    def find(self, number: int) -> Part | None:
        """Give a finished part, or None where it has to be made (again)."""
        try:
            manifest = json.loads(self._manifest(number).read_bytes())
            with self._data(number).open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != manifest["sha256"]:
                    return None
            return Part(self._data(number), tuple(manifest["offsets"]), manifest["facts"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, number: int, segments: Sequence[bytes], facts: Mapping[str, Any]) -> Part:
        """Write a part.

        Raises
        ------
        StoreError
            The folder cannot be written.
        """
        offsets = [0]
        for segment in segments:
            offsets.append(offsets[-1] + len(segment))
        sha256 = write_file(self._data(number), segments)
        manifest = {"sha256": sha256, "offsets": offsets, "facts": facts}
        write_file(self._manifest(number), [canonical_json(manifest)])
        return Part(self._data(number), tuple(offsets), facts)

    def discard(self) -> None:
        """Remove all parts."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _data(self, number: int) -> Path:
        return self._folder / f"{number:05d}.part"

    def _manifest(self, number: int) -> Path:
        return self._folder / f"{number:05d}.json"


def digest_of(value: object) -> str:
    """SHA-256 of the canonical JSON of a value, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def write_file(path: Path, pieces: Iterable[bytes], *, durable: bool = False) -> str:
    """Replace a file by the pieces in one step, creating its folder; gives their SHA-256.

    The temporary file has one name, so that what a killed build leaves is overwritten by the
    next; :func:`work_folder` keeps two builds apart. ``durable`` waits until the disk has it.

    Raises
    ------
    StoreError
        It cannot be written; the old content is then untouched.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as stream:
                for piece in pieces:
                    digest.update(piece)
                    stream.write(piece)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); finished parts are kept, so "
            "the same command goes on from here."
        ) from error
    return digest.hexdigest()


@contextlib.contextmanager
def work_folder(folder: Path, *, keep: bool) -> Iterator[Path]:
    """Give the folder of a build to one process; without ``keep`` it is removed after success.

    After a failure it stays, so that the next build goes on from there.

    Raises
    ------
    UsageError
        Another process builds in it.
    StoreError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / _LOCK).open("ab")
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be used to work in ({error.strerror or error}); name another folder"
        ) from error
    with stream:
        _lock(stream.fileno(), folder)
        yield folder
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def _lock(handle: int, folder: Path) -> None:
    """Hold the open file until it is closed or the process ends."""
    if not lock(handle):
        raise UsageError(
            f"another build is at work in {folder}; wait for it, or name another folder"
        )
