"""Statistics of every pair of a hypothesis and one of its references; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.ngram.meteor.matching import Matches, list_matches, spans_of
from showcase_bench.metrics.ngram.meteor.search import align
from showcase_bench.metrics.ngram.meteor.tables import PhraseTree
from showcase_bench.metrics.ngram.meteor.words import Words

__all__ = ["Limits", "Texts", "count_pairs"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


class Limits(NamedTuple):
    """What bounds the work on one pair; ordinary texts stay far below."""

    reference_words: int = 5_000
    """Words of a reference that are aligned."""
    comparisons: int = 25_000_000
    """Words of the hypothesis times words of the reference."""
    matches: int = 1_000_000
    """Matches among which the alignment is chosen."""


class Texts(NamedTuple):
    """Several texts in one row of token numbers."""

    tokens: Ints
    starts: Longs
    lengths: Longs


@kernel
def count_pairs(
    texts: Texts,
    hypotheses: Longs,
    references: Longs,
    words: Words,
    tree: PhraseTree,
    limits: Limits,
) -> Floats:
    """Count the columns of the peer's SCORE line for each pair of texts; float64 [pairs, 23].

    ``hypotheses`` and ``references`` are the numbers of the texts of each pair. Beyond the limits,
    only a beginning of the texts is aligned: the hypothesis is halved until the matches are few
    enough. The other words count, unmatched.
    """
    rows = np.zeros((len(hypotheses), 23))
    heads = np.full(len(tree.first) - 1, -1, np.int32)
    previous = -1
    hypothesis = texts.tokens[:0]
    spans = np.empty((0, 3), np.int32)
    for pair in range(len(hypotheses)):
        own, other = hypotheses[pair], references[pair]
        if own != previous:
            hypothesis = texts.tokens[texts.starts[own] : texts.starts[own] + texts.lengths[own]]
            spans = spans_of(hypothesis, words, tree)
            previous = own
        end = texts.starts[other] + texts.lengths[other]
        reference = texts.tokens[texts.starts[other] : end]
        _count_words(rows[pair], hypothesis, reference, words)
        _count_matches(rows[pair], hypothesis, reference, spans, words, tree, heads, limits)
    return rows


@kernel
def _count_words(row: Floats, hypothesis: Ints, reference: Ints, words: Words) -> None:
    row[0], row[1] = len(hypothesis), len(reference)
    for token in hypothesis:
        row[2] += words.function[token]
    for token in reference:
        row[3] += words.function[token]


@kernel
def _count_matches(
    row: Floats,
    hypothesis: Ints,
    reference: Ints,
    spans: Ints,
    words: Words,
    tree: PhraseTree,
    heads: Ints,
    limits: Limits,
) -> None:
    reference = reference[: limits.reference_words]
    length = min(len(hypothesis), limits.comparisons // max(len(reference), 1))
    reference_spans = spans_of(reference, words, tree)
    complete = False
    while not complete:
        if length < len(hypothesis):
            spans = spans_of(hypothesis[:length], words, tree)
        matches, complete = list_matches(
            hypothesis[:length],
            reference,
            spans,
            reference_spans,
            words,
            tree,
            heads,
            limits.matches,
        )
        if not complete:
            length //= 2
    chosen, chunks = align(matches, length, len(reference))
    _add(row, chosen, matches, hypothesis, reference, words)
    row[20] = chunks


@kernel
def _add(
    row: Floats, chosen: Ints, matches: Matches, hypothesis: Ints, reference: Ints, words: Words
) -> None:
    """Count the words of the chosen matches by stage, side and kind."""
    at = 0
    for link in range(len(chosen)):
        match = chosen[link]
        while matches.begin[at + 1] <= match:
            at += 1
        first = 4 + 4 * matches.stage[match]
        start = matches.at[match]
        for word in range(start, start + matches.length[match]):
            row[first + 2 * words.function[hypothesis[word]]] += 1
            row[21] += 1
        for word in range(at, at + matches.reference_length[match]):
            row[first + 1 + 2 * words.function[reference[word]]] += 1
            row[22] += 1
