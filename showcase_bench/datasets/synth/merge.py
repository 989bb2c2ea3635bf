"""Sorted parts on disk, read side by side in little memory and without many open files."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["merged_lines", "merged_records"]

_CHUNK = 1 << 16


def merged_lines(paths: Sequence[Path]) -> Iterator[bytes]:
    """The lines of files whose lines are sorted, in order, without their line breaks."""
    return heapq.merge(*map(_lines, paths))


def merged_records(paths: Sequence[Path], size: int) -> Iterator[bytes]:
    """The records of ``size`` bytes of files whose records are sorted, in order."""
    return heapq.merge(*(_records(path, size) for path in paths))


def _lines(path: Path) -> Iterator[bytes]:
    rest = b""
    for chunk in _chunks(path, _CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole


def _records(path: Path, size: int) -> Iterator[bytes]:
    for chunk in _chunks(path, max(1, _CHUNK // size) * size):
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]


def _chunks(path: Path, size: int) -> Iterator[bytes]:
    """The file in pieces; closed in between, because hundreds are read at once."""
    offset = 0
    while True:
        with path.open("rb") as stream:
            stream.seek(offset)
            chunk = stream.read(size)
        if not chunk:
            return
        offset += len(chunk)
        yield chunk
