"""Counting n-grams of many texts at once, exactly, with sorted integer codes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.tokens import Tokens

__all__ = ["Encoded", "clipped_matches", "distinct_rows", "encode"]

Ints = NDArray[np.int64]


class Encoded(NamedTuple):
    """Tokens of several documents in one row of integers."""

    ids: Ints
    """Equal tokens have equal ids; int64 of shape [total]."""
    lengths: Ints
    """Tokens of each document; int64 of shape [documents]."""
    document: Ints
    """Document of each token; int64 of shape [total]."""
    left: Ints
    """Tokens from here to the end of the document, this one included; int64 of shape [total]."""


class _Vocabulary(dict[str, int]):
    def __missing__(self, token: str) -> int:
        self[token] = len(self)
        return self[token]


def encode(documents: Sequence[Tokens]) -> Encoded:
    """Integers in place of tokens; empty documents have length 0."""
    lengths = np.fromiter(map(len, documents), dtype=np.int64, count=len(documents))
    total = int(lengths.sum())
    tokens = chain.from_iterable(documents)
    ids = np.fromiter(map(_Vocabulary().__getitem__, tokens), dtype=np.int64, count=total)
    document = np.repeat(np.arange(len(documents), dtype=np.int64), lengths)
    ends = np.cumsum(lengths)
    return Encoded(ids, lengths, document, ends[document] - np.arange(total, dtype=np.int64))


def clipped_matches(
    hypotheses: Sequence[Tokens], references: Sequence[Sequence[Tokens]], order: int
) -> Ints:
    """Count the matched n-grams of each hypothesis, clipped; int64 of shape [n, order].

    Column j holds, summed over the distinct (j + 1)-grams of the hypothesis, the smaller of its
    count there and its largest count in one of the references. No reference: zeros.
    """
    n = len(hypotheses)
    matches = np.zeros((n, order), dtype=np.int64)
    text = encode([*hypotheses, *chain.from_iterable(references)])
    counts_per_row = [len(texts) for texts in references]
    rows = np.concatenate([np.arange(n), np.repeat(np.arange(n), counts_per_row)])
    turns = np.fromiter((at for count in counts_per_row for at in range(count)), dtype=np.int64)
    row = rows[text.document]
    # Codes tell n-grams of different rows apart, so that one count serves all rows. An n-gram is
    # the pair of its two overlapping (n-1)-grams, and can match only where both of them do.
    codes = row * (text.ids.max(initial=0) + 1) + text.ids
    own, other = np.split(np.arange(len(text.ids)), [int(text.lengths[:n].sum())])
    own_keys, other_keys = codes[own], codes[other]
    for level in range(order):
        if not len(own):
            break
        distinct, own_codes = np.unique(own_keys, return_inverse=True)
        nearest = np.searchsorted(distinct[:-1], other_keys)
        found = distinct[nearest] == other_keys
        other, other_codes = other[found], nearest[found]
        turn = turns[text.document[other] - n]
        counts = np.minimum(np.bincount(own_codes), _most(other_codes, turn, len(distinct)))
        owner = np.zeros(len(distinct), dtype=np.int64)
        owner[own_codes] = row[own]
        matches[:, level] = np.bincount(owner, weights=counts, minlength=n)
        codes = np.full(len(text.ids) + 1, -1)
        codes[own] = np.where(counts[own_codes] > 0, own_codes, -1)
        codes[other] = other_codes
        own, own_keys = _longer(own, codes, text.left > level + 1, len(distinct))
        other, other_keys = _longer(other, codes, text.left > level + 1, len(distinct))
    return matches


def _most(codes: Ints, turn: Ints, size: int) -> Ints:
    """Largest count of each code in one reference; ``turn`` is the reference's place in its row."""
    most = np.zeros(size, dtype=np.int64)
    for one in range(int(turn.max(initial=-1)) + 1):
        np.maximum(most, np.bincount(codes[turn == one], minlength=size), out=most)
    return most


def _longer(starts: Ints, codes: Ints, goes_on: NDArray[np.bool_], size: int) -> tuple[Ints, Ints]:
    """Starts of n-grams one token longer that can still match, and their keys."""
    starts = starts[goes_on[starts]]
    starts = starts[(codes[starts] >= 0) & (codes[starts + 1] >= 0)]
    return starts, codes[starts] * size + codes[starts + 1]


def distinct_rows(documents: Sequence[Tokens], order: int) -> NDArray[np.float64]:
    """Rows ``[share, exclusive, size]`` of each document; float64 of shape [n, 3].

    ``share``: its distinct n-grams, each divided by the number of documents that have it;
    ``exclusive``: its n-grams that no other document has, each once; ``size``: its n-grams.
    """
    n = len(documents)
    text = encode(documents)
    starts = np.flatnonzero(text.left >= order)
    codes = text.ids[starts]
    width = int(text.ids.max(initial=0)) + 1
    for offset in range(1, order):
        codes = np.unique(codes * width + text.ids[starts + offset], return_inverse=True)[1]
    pairs = np.unique(codes * max(n, 1) + text.document[starts])
    code, document = np.divmod(pairs, max(n, 1))
    holders = np.bincount(code)[code]
    share = np.bincount(document, weights=1.0 / holders, minlength=n)
    exclusive = np.bincount(document[holders == 1], minlength=n)
    size = np.maximum(text.lengths - order + 1, 0)
    return np.stack([share, exclusive, size], axis=1).astype(np.float64)
