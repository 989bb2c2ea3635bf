"""Setting punctuation apart by the class of each character, as the mteval scripts do it.

mteval-v13a and v14 (NIST) rewrite a line with regular expressions, one after another. What they do
to a character follows from its class and that of its neighbours, which is computed here for
thousands of lines at once.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kind", "split_lines"]

_CHUNK = 2048
"""Lines that are rewritten at once."""


class Kind(enum.IntEnum):
    """What a character is to a tokenizer."""

    LETTER = 0
    """Stays with its neighbours; white space too is no more than that."""
    SYMBOL = 1
    """A token of its own."""
    DASH = 2
    """A token of its own after a number, else a letter."""
    MARK = 3
    """A token of its own, if not between numbers."""
    NUMBER = 4
    EDGE = 5
    """A line's end, next to which marks stay where they are, as next to a number."""


def split_lines(
    lines: Sequence[str], kind: Callable[[str], Kind], edge: Kind
) -> Iterator[list[str]]:
    r"""Tokens of each line: what white space separates once the tokens are set apart.

    Parameters
    ----------
    lines
        Without line feeds (U+000A). Lone surrogates are letters.
    kind
        Class of a character; asked once for each distinct one in some thousand lines.
    edge
        What the ends of a line count as: ``LETTER`` for rules that first put spaces around it,
        else ``EDGE``.

    Notes
    -----
    The rule for marks M and numbers N is that of replacing ``([^N])(M)`` by ``\1 \2 `` and then
    ``(M)([^N])`` by `` \1 \2``. The first takes the marks of a run in pairs, so that of several
    marks before a number the last one may stay with it: ``a..5`` gives ``a . .5``.
    """
    for start in range(0, len(lines), _CHUNK):
        joined = "\n".join(["", *lines[start : start + _CHUNK], ""])
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        spaced = _spaced(codes, _apart(_kinds(codes, kind, edge)))
        text = spaced.tobytes().decode("utf-32-le", "surrogatepass")
        for line in text.split("\n")[1:-1]:
            yield line.split()


def _kinds(codes: NDArray[np.uint32], kind: Callable[[str], Kind], edge: Kind) -> NDArray[np.uint8]:
    """Class of each character; line feeds are edges."""
    present = np.bincount(codes) > 0
    table = np.zeros(len(present), dtype=np.uint8)
    for code in np.flatnonzero(present).tolist():
        table[code] = kind(chr(code))
    table[ord("\n")] = edge
    return table[codes]


def _apart(kinds: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Places of the characters to be set apart, ascending; the first and the last are edges."""
    apart = kinds == Kind.SYMBOL
    dashes = np.flatnonzero(kinds == Kind.DASH)
    apart[dashes[kinds[dashes - 1] == Kind.NUMBER]] = True
    marks = np.flatnonzero(kinds == Kind.MARK)
    if len(marks):
        apart[marks[~_bound(kinds, marks)]] = True
    return np.flatnonzero(apart)


def _bound(kinds: NDArray[np.uint8], marks: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which marks stay with the number, or the end of the line, that follows."""
    order = np.arange(len(marks))
    opens = np.append(True, np.diff(marks) > 1)
    first = np.maximum.accumulate(np.where(opens, order, 0))
    odd = (order - first) % 2 == 0
    before, after = kinds[marks[first] - 1], kinds[marks + 1]
    bound: NDArray[np.bool_] = (after >= Kind.NUMBER) & (odd == (before >= Kind.NUMBER))
    return bound


def _spaced(codes: NDArray[np.uint32], places: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The text with a space before and after each of ``places``."""
    size = len(codes) + 2 * len(places)
    moved = places + 2 * np.arange(len(places))
    kept = np.ones(size, dtype=bool)
    kept[moved] = kept[moved + 2] = False
    spaced = np.full(size, ord(" "), dtype=np.uint32)
    spaced[kept] = codes
    return spaced
