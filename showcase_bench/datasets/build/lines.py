"""Lines of a JSON Lines file, in chunks that end at a line's end, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["MAX_LINE_BYTES", "chunk_lines"]

MAX_LINE_BYTES = 4 << 20
"""A longer line is passed over without being held."""

_SKIP_BYTES = 1 << 20


def chunk_lines(stream: BinaryIO, size: int) -> Iterator[bytes | None]:
    """Yield the lines from where ``stream`` stands until ``size`` bytes are behind it.

    The last line is always whole, so the next call goes on at the start of a line. Line ends are
    left on; the last line of a file may have none.

    Yields
    ------
    bytes or None
        A line, or None in place of one of more than :data:`MAX_LINE_BYTES`.
    """
    stop = stream.tell() + size
    while stream.tell() < stop:
        line = stream.readline(MAX_LINE_BYTES + 1)
        if not line:
            return
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            _skip_line(stream)
            yield None
        else:
            yield line


def _skip_line(stream: BinaryIO) -> None:
    while True:
        piece = stream.readline(_SKIP_BYTES)
        if not piece or piece.endswith(b"\n"):
            return
