"""The training reviews as n-grams and whole texts that outputs are looked up in."""

from __future__ import annotations

import numpy as np

from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.table import Rows, TokenIds, gathered
from showcase_bench.metrics.text_diversity.outputs import Ints, token_bytes

__all__ = ["KnownNgrams", "known_ngrams", "known_texts"]

_ORDER = 4
_AT_ONCE = 1 << 18
"""Tokens that are looked up together, about; more of them sort out of the processor's cache."""


class KnownNgrams:
    """All n-grams of up to ``order`` tokens of the texts at ``rows``, in sorted arrays.

    An n-gram of level + 1 tokens is the number of its first level tokens and its last token, in
    one integer.
    """

    def __init__(self, tokens: TokenIds, rows: Rows, order: int) -> None:
        self.order = order
        self._types = max(len(tokens.vocabulary), 1)
        flat, left, _ = _flattened(tokens, rows)
        self._words = np.zeros(self._types, dtype=bool)
        self._words[flat] = True
        self._keys: list[Ints] = []
        starts, numbers = np.arange(len(flat)), flat
        for level in range(1, order):
            goes_on = left[starts] > level
            starts, numbers = starts[goes_on], numbers[goes_on]
            keys = numbers * self._types + flat[starts + level]
            distinct, numbers = np.unique(keys, return_inverse=True)
            self._keys.append(distinct)

    def count(self, tokens: TokenIds, rows: Rows) -> Ints:
        """How many n-grams of each text are known, int64 of shape [rows, order]; repeats count.

        ``tokens`` are of the same table and tokenizer, which may have grown since.
        """
        ends = np.cumsum(tokens.lengths[rows])
        total = int(ends[-1]) if len(ends) else 0
        cuts = np.searchsorted(ends, np.arange(_AT_ONCE, total, _AT_ONCE))
        return np.concatenate([self._count(tokens, some) for some in np.split(rows, cuts)])

    def _count(self, tokens: TokenIds, rows: Rows) -> Ints:
        flat, left, text = _flattened(tokens, rows)
        usable = flat < self._types
        usable[usable] = self._words[flat[usable]]
        counts = np.zeros((len(rows), self.order), dtype=np.int64)
        starts = np.flatnonzero(usable)
        numbers = flat[starts]
        counts[:, 0] = np.bincount(text[starts], minlength=len(rows))
        for level, known in enumerate(self._keys, start=1):
            if not len(known):
                break
            within = left[starts] > level
            starts, numbers = starts[within], numbers[within]
            goes_on = usable[starts + level]
            starts, numbers = starts[goes_on], numbers[goes_on]
            keys = numbers * self._types + flat[starts + level]
            # Sorted and once each, keys are looked up several times faster.
            asked, turn = np.unique(keys, return_inverse=True)
            place = np.asarray(np.searchsorted(known, asked))
            there = np.take(known, place, mode="clip") == asked
            found, numbers = there[turn], place[turn]
            starts, numbers = starts[found], numbers[found]
            counts[:, level] = np.bincount(text[starts], minlength=len(rows))
        return counts


def known_ngrams(batch: Batch, tokenizer: str, order: int) -> KnownNgrams:
    """The n-grams of the batch's training texts, made once per table of texts."""
    most = max(order, _ORDER)

    def make() -> KnownNgrams:
        rows = _training_rows(batch)
        return KnownNgrams(batch.table.tokens(tokenizer, rows), rows, most)

    return batch.table.memo(("training n-grams", tokenizer, most, batch.training), make)


def known_texts(batch: Batch, tokenizer: str) -> frozenset[bytes]:
    """The tokens of each training text of at least one, as bytes; made once per table of texts."""

    def make() -> frozenset[bytes]:
        rows = _training_rows(batch)
        return frozenset(token_bytes(batch.table.tokens(tokenizer, rows), rows)) - {b""}

    return batch.table.memo(("training texts", tokenizer, batch.training), make)


def _training_rows(batch: Batch) -> Rows:
    def make() -> Rows:
        return np.flatnonzero(np.bincount(batch.table.rows(batch.training)))

    return batch.table.memo(("training rows", batch.training), make)


def _flattened(tokens: TokenIds, rows: Rows) -> tuple[Ints, Ints, Ints]:
    """Tokens of the texts one after another, tokens to the end of the text, text of each token."""
    ids, offsets = gathered(tokens, rows)
    text = np.repeat(np.arange(len(rows)), np.diff(offsets))
    return ids.astype(np.int64), offsets[1:][text] - np.arange(len(text)), text
