"""What texts share with their references, computed once for all the metrics that need it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.corpus_ngrams import (
    CorpusNgrams,
    KnownNgrams,
    corpus_ngrams,
)

__all__ = [
    "Lengths",
    "Overlap",
    "best_reference",
    "closest_lengths",
    "common_subsequences",
    "known_ngrams",
    "overlap",
    "text_lengths",
]

Ints = NDArray[np.int64]
_ORDER = 4


class Overlap(NamedTuple):
    """Shared n-grams of one to four tokens; see ``shared_ngrams``."""

    clipped: Ints
    """int64 of shape [n, 4]: with all references of an example together."""
    shared: Ints
    """int64 of shape [m, 4]: with each reference alone."""


class Lengths(NamedTuple):
    """Numbers of tokens."""

    hypotheses: Ints
    """int64 of shape [n]; 0 for a missing text."""
    references: Ints
    """int64 of shape [m]."""


def text_lengths(batch: Batch, tokenizer: str) -> Lengths:
    """Tokens of each text and each reference."""
    lengths, pairing = batch.token_ids(tokenizer).lengths, batch.pairing
    return Lengths(lengths[pairing.hypotheses], lengths[pairing.references])


def overlap(batch: Batch, tokenizer: str) -> Overlap:
    """Shared n-grams of every text and its references."""

    def make() -> Overlap:
        from showcase_bench.metrics.text.matches import shared_ngrams

        ids, starts, lengths, words = batch.token_ids(tokenizer)
        return Overlap(*shared_ngrams(ids, starts, lengths, len(words), *batch.pairing, _ORDER))

    return batch.memo(("overlap", tokenizer), make)


def common_subsequences(batch: Batch, tokenizer: str) -> Ints:
    """Length of the longest common subsequence of each reference and its text; int64 [m]."""

    def make() -> Ints:
        from showcase_bench.metrics.text.subsequence import longest_common

        ids, starts, lengths, words = batch.token_ids(tokenizer)
        return longest_common(ids, starts, lengths, len(words), *batch.pairing)

    return batch.memo(("subsequences", tokenizer), make)


def known_ngrams(batch: Batch, tokenizer: str, order: int) -> tuple[CorpusNgrams, KnownNgrams]:
    """The n-grams of the task's references, and under their numbers those of the batch's texts.

    The latter hold all texts and references of the batch.
    """
    corpus = corpus_ngrams(batch.required_corpus, tokenizer, order, batch.table)

    def make() -> KnownNgrams:
        rows = np.concatenate([batch.pairing.hypotheses, batch.pairing.references])
        return KnownNgrams(corpus, batch.table.tokens(tokenizer, rows), rows)

    return corpus, batch.memo(("n-grams", tokenizer), make)


def best_reference(values: Floats, offsets: Ints) -> Floats:
    """Largest of the values of each example's references, [m] to [n]; 0 without a reference."""
    best = np.zeros(len(offsets) - 1)
    filled = offsets[1:] > offsets[:-1]
    if filled.any():
        best[filled] = np.maximum.reduceat(values, offsets[:-1][filled])
    return best


def closest_lengths(lengths: Lengths, offsets: Ints) -> Ints:
    """Length of the reference closest in length to the text, of two equally close ones the shorter.

    int64 of shape [n]; 0 without a reference.
    """
    own = np.repeat(lengths.hypotheses, np.diff(offsets))
    # Distance first, length second, in one number: both are below 2 ** 31.
    keys = (np.abs(lengths.references - own) << 32) | lengths.references
    closest = np.zeros(len(offsets) - 1, dtype=np.int64)
    filled = offsets[1:] > offsets[:-1]
    if filled.any():
        closest[filled] = np.minimum.reduceat(keys, offsets[:-1][filled]) & 0xFFFFFFFF
    return closest
