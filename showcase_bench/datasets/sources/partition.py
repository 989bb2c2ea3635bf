"""Grouping more records than memory holds: partitions on disk by the hash of a key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any

__all__ = ["Partition"]

_BITS = 6
_HASH_BITS = 64
_DEEPEST = 3
_BUCKET_BYTES = 64 << 20
_DIGITS = _HASH_BITS // 4


class Partition:
    """Collects (key, record) pairs and gives them back grouped by key.

    Records go to 64 files by the first bits of the key's BLAKE2b hash; a file of more than
    ``bucket_bytes`` is divided again by the next bits when it is read. So memory holds one such
    file, whatever the number of records (a key with more than that is still held whole). The
    order of the groups, by hash and then by key, does not depend on how often files were divided.

    Use as a context manager around :meth:`add`; :meth:`groups` may be read after it.

    Parameters
    ----------
    folder
        Made here, and gets the files.
    bucket_bytes
        Largest file that is read in one piece.
    """

    def __init__(self, folder: Path, *, bucket_bytes: int = _BUCKET_BYTES) -> None:
        folder.mkdir()
        self._folder = folder
        self._bucket_bytes = bucket_bytes
        self._files = _Buckets(folder, level=0)

    def __enter__(self) -> Partition:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.close()

    def add(self, key: str, record: Any) -> None:
        """Add a record of JSON values under a key, which must be storable as UTF-8."""
        digest = hashlib.blake2b(key.encode(), digest_size=_HASH_BITS // 8).hexdigest()
        line = json.dumps([key, record], ensure_ascii=True).encode()
        self._files.add(digest.encode() + line + b"\n")

    def groups(self) -> Iterator[tuple[str, list[Any]]]:
        """Yield each key once with its records in the order in which they were added.

        The files are removed as they are read: this works once.
        """
        yield from self._groups_of(self._files, 1)

    def _groups_of(self, buckets: _Buckets, level: int) -> Iterator[tuple[str, list[Any]]]:
        for path in buckets.paths():
            if path.stat().st_size > self._bucket_bytes and level < _DEEPEST:
                with path.open("rb") as stream, _Buckets(self._folder, level) as finer:
                    for line in stream:
                        finer.add(line)
                path.unlink()
                yield from self._groups_of(finer, level + 1)
            else:
                found = _load(path)
                path.unlink()
                yield from found


def _load(path: Path) -> Iterator[tuple[str, list[Any]]]:
    """Read one file whole, before anything is yielded."""
    groups: dict[tuple[bytes, str], list[Any]] = {}
    with path.open("rb") as stream:
        for line in stream:
            key, record = json.loads(line[_DIGITS:])
            groups.setdefault((line[:_DIGITS], key), []).append(record)
    return iter([(key, groups[digest, key]) for digest, key in sorted(groups)])


class _Buckets:
    """Up to 64 open files, named after the leading bits of the hashes in them."""

    def __init__(self, folder: Path, level: int) -> None:
        self._folder = folder
        self._level = level
        self._streams: dict[int, IO[bytes]] = {}
        self._open = ExitStack()

    def __enter__(self) -> _Buckets:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._open.close()

    def add(self, line: bytes) -> None:
        """Add a line that begins with the hash of its key in hexadecimal."""
        number = int(line[:_DIGITS], 16) >> (_HASH_BITS - _BITS * (self._level + 1))
        stream = self._streams.get(number)
        if stream is None:
            stream = self._open.enter_context(self._path(number).open("wb"))
            self._streams[number] = stream
        stream.write(line)

    def paths(self) -> list[Path]:
        """Give the files in the order of the hashes."""
        return [self._path(number) for number in sorted(self._streams)]

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._level}-{number}"
