"""Lines of a stream, of which never more than one and a piece are held."""

from __future__ import annotations

from collections.abc import Iterator

from showcase_bench.submission.content import Content

__all__ = ["numbered_lines"]

_PIECE = 256 << 10


def numbered_lines(content: Content, most_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """1-based number and bytes of each line without its line feed; None for one that is too long.

    The last line need not end in a line feed. An empty stream has no lines.
    """
    number = 0
    pending: list[bytes] = []
    held = 0
    too_long = False
    while piece := content.read(_PIECE):
        *whole, rest = piece.split(b"\n")
        for line in whole:
            number += 1
            if too_long or held + len(line) > most_bytes:
                yield number, None
            elif pending:
                yield number, b"".join([*pending, line])
            else:
                yield number, line
            pending, held, too_long = [], 0, False
        if too_long or held + len(rest) > most_bytes:
            pending, held, too_long = [], 0, True
        elif rest:
            pending.append(rest)
            held += len(rest)
    if too_long:
        yield number + 1, None
    elif pending:
        yield number + 1, b"".join(pending)
