"""Every distinct text once, and its tokens as integers, once per tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.text.cache import tokenize_cached
from showcase_bench.metrics.text.encoded import Encoded, Vocabulary, encode
from showcase_bench.metrics.text.tokenizers import Derived, Rewritten, find_tokenizer
from showcase_bench.types import NoProgress, Progress

__all__ = ["Ids", "Rows", "TextTable", "TokenIds", "gathered", "strings"]

T = TypeVar("T")

Rows = NDArray[np.int64]
Ids = NDArray[np.int32]


class TokenIds(NamedTuple):
    """Tokens of the texts of a table under one tokenizer; indexed by row of the table.

    The tokens of row r are ``ids[starts[r] : starts[r] + lengths[r]]``. Only the rows that were
    asked for are filled in; the others have length 0.
    """

    ids: Ids
    """int32; equal tokens have equal ids, below ``len(vocabulary)``."""
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    vocabulary: Sequence[str]
    """The token of each id."""


class TextTable:
    """Distinct texts in order of first appearance, shared by the batches of several systems.

    Parameters
    ----------
    cache
        Folder that keeps tokens between processes, by content; None keeps nothing.
    progress
        Shown by what takes long and is made once, such as METEOR's tables.
    """

    def __init__(self, cache: Path | None = None, progress: Progress | None = None) -> None:
        self.cache = cache
        self.progress = progress or NoProgress()
        self.texts: list[str] = []
        self._row_of: dict[str, int] = {}
        self._columns: dict[str, _Column] = {}
        self._memo: dict[Hashable, Any] = {}

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make()`` gave when ``key`` was first asked for, for all the batches.

        The key names all that the result depends on besides the texts; nobody changes the result.
        """
        if key not in self._memo:
            self._memo[key] = make()
        result: T = self._memo[key]
        return result

    def rows(self, texts: Iterable[str]) -> Rows:
        """Row of each text, int64; new texts are added."""
        row_of, known = self._row_of, self.texts
        found = []
        for text in texts:
            row = row_of.get(text)
            if row is None:
                row = row_of[text] = len(known)
                known.append(text)
            found.append(row)
        return np.array(found, dtype=np.int64)

    def tokens(self, tokenizer: str, rows: Rows) -> TokenIds:
        """Tokens of the texts at ``rows``; those not known yet are tokenised in one call.

        Raises
        ------
        UsageError
            The tokenizer is unknown.
        MissingDependencyError
            The tokenizer needs something that is not installed.
        """
        found = find_tokenizer(tokenizer)
        column = self._columns.get(tokenizer)
        if column is None:
            column = self._columns[tokenizer] = _Column()
        new = column.missing(rows, len(self.texts))
        if len(new):
            if isinstance(found, Derived):
                made = _derive(self.tokens(found.base, new), new, found.replace)
            elif isinstance(found, Rewritten):
                base = self.tokens(found.base, new)
                made = encode(found.rewrite(words) for words in strings(base, new))
            else:
                texts = [self.texts[row] for row in new.tolist()]
                made = tokenize_cached(texts, tokenizer, found, self.cache)
            column.add(new, made)
        return column.view()


def gathered(tokens: TokenIds, rows: Rows) -> tuple[Ids, NDArray[np.int64]]:
    """Tokens of the texts at ``rows`` one after another, and where each starts and the last ends.

    int32 of shape [tokens] and int64 of shape [rows + 1].
    """
    lengths = tokens.lengths[rows]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    where = np.repeat(tokens.starts[rows] - offsets[:-1], lengths)
    where += np.arange(len(where))
    return tokens.ids[where], offsets


def strings(tokens: TokenIds, rows: Rows) -> Iterator[tuple[str, ...]]:
    """Tokens of the texts at ``rows`` as strings."""
    words = tokens.vocabulary
    bounds = zip(tokens.starts[rows].tolist(), tokens.lengths[rows].tolist(), strict=True)
    for start, length in bounds:
        yield tuple([words[one] for one in tokens.ids[start : start + length].tolist()])


class _Column:
    """What one tokenizer made of the rows so far."""

    def __init__(self) -> None:
        self.words = Vocabulary()
        self._ids = np.zeros(0, dtype=np.int32)
        self._starts = np.zeros(0, dtype=np.int64)
        self._lengths = np.zeros(0, dtype=np.int64)

    def missing(self, rows: Rows, size: int) -> Rows:
        """The distinct rows not filled in yet, ascending; the table has ``size`` rows."""
        more = size - len(self._starts)
        if more:
            self._starts = np.append(self._starts, np.full(more, -1, dtype=np.int64))
            self._lengths = np.append(self._lengths, np.zeros(more, dtype=np.int64))
        wanted = np.zeros(size, dtype=bool)
        wanted[rows] = True
        return np.flatnonzero(wanted & (self._starts < 0))

    def add(self, rows: Rows, made: Encoded) -> None:
        numbers = np.array([self.words[word] for word in made.words], dtype=np.int32)
        ids = numbers[made.ids]
        # Copies: what was returned before does not change.
        self._starts, self._lengths = self._starts.copy(), self._lengths.copy()
        self._starts[rows] = len(self._ids) + np.cumsum(made.lengths) - made.lengths
        self._lengths[rows] = made.lengths
        self._ids = np.concatenate([self._ids, ids]) if len(self._ids) else ids

    def view(self) -> TokenIds:
        return TokenIds(self._ids, self._starts, self._lengths, self.words.listed)


def _derive(base: TokenIds, rows: Rows, replace: Callable[[str], Sequence[str]]) -> Encoded:
    """Tokens of ``rows`` with each type replaced once by what ``replace`` makes of it."""
    old, offsets = gathered(base, rows)
    document = np.repeat(np.arange(len(rows)), np.diff(offsets))
    types, inverse = np.unique(old, return_inverse=True)
    new = encode(replace(base.vocabulary[one]) for one in types.tolist())
    width = new.lengths
    first = np.cumsum(width) - width
    repeats = width[inverse]
    ends = np.cumsum(repeats)
    offset = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - repeats, repeats)
    ids = new.ids[np.repeat(first[inverse], repeats) + offset]
    counts = np.bincount(document, weights=repeats, minlength=len(rows)).astype(np.int64)
    return Encoded(ids, counts, new.words)
