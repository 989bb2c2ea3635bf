"""All matches between a hypothesis and a reference: equal words, stems, synonyms, paraphrases."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel
from showcase_bench.metrics.ngram.meteor.tables import PhraseTree
from showcase_bench.metrics.ngram.meteor.words import Words

__all__ = ["EXACT", "Matches", "grown", "list_matches", "spans_of"]

Ints = NDArray[np.int32]

EXACT, STEM, SYNONYM, PARAPHRASE = 0, 1, 2, 3
_AT, _LENGTH, _NODE = 0, 1, 2


class Matches(NamedTuple):
    """Matches ordered by where they start in the reference, then as the search tries them."""

    begin: Ints
    """Where the matches of each reference word start; int32 of shape [reference words + 1]."""
    at: Ints
    """Start in the hypothesis."""
    length: Ints
    """Words covered in the hypothesis."""
    reference_length: Ints
    stage: Ints
    """0 exact, 1 stem, 2 synonym, 3 paraphrase."""


@kernel
def grown(rows: Ints) -> Ints:
    """Copy rows into an array of twice as many, the rest of which is not set."""
    larger = np.empty((2 * rows.shape[0], rows.shape[1]), np.int32)
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            larger[row, column] = rows[row, column]
    return larger


@kernel
def spans_of(tokens: Ints, words: Words, tree: PhraseTree) -> Ints:
    """Every span of the text that is a phrase of the tree: start, length, node; [spans, 3].

    Ascending by start, then by length; spans that only begin a phrase are among them.
    """
    found = np.empty((16, 3), np.int32)
    count = 0
    for at in range(len(tokens)):
        node = np.int32(0)
        for end in range(at, len(tokens)):
            word = words.phrase_word[tokens[end]]
            if word < 0:
                break
            low, high = tree.first[node], tree.first[node + 1]
            stop = high
            while low < high:
                middle = (low + high) // 2
                if tree.edge_word[middle] < word:
                    low = middle + 1
                else:
                    high = middle
            if low == stop or tree.edge_word[low] != word:
                break
            node = tree.edge_node[low]
            if count == len(found):
                found = grown(found)
            found[count, _AT] = at
            found[count, _LENGTH] = end - at + 1
            found[count, _NODE] = node
            count += 1
    return found[:count]


@kernel
def _share_set(words: Words, one: int, other: int) -> bool:
    left, right = words.set_start[one], words.set_start[other]
    left_end, right_end = words.set_start[one + 1], words.set_start[other + 1]
    while left < left_end and right < right_end:
        if words.sets[left] == words.sets[right]:
            return True
        if words.sets[left] < words.sets[right]:
            left += 1
        else:
            right += 1
    return False


@kernel
def _word_matches(hypothesis: Ints, reference: Ints, words: Words, most: int) -> tuple[Ints, int]:
    """Matches of single words, as rows of reference start, start, lengths and stage."""
    rows = np.empty((64, 5), np.int32)
    count = 0
    for at, word in enumerate(reference):
        has_sets = words.set_start[word + 1] > words.set_start[word]
        for stage in range(3):
            if stage == SYNONYM and not has_sets:
                break
            for other_at, other in enumerate(hypothesis):
                if stage == EXACT:
                    matched = other == word
                elif other == word:
                    matched = False
                elif stage == STEM:
                    matched = words.stem[other] == words.stem[word]
                else:
                    matched = _share_set(words, other, word)
                if matched:
                    if count == most:
                        return rows, most + 1
                    if count == len(rows):
                        rows = grown(rows)
                    rows[count, 0] = at
                    rows[count, 1] = other_at
                    rows[count, 2] = 1
                    rows[count, 3] = 1
                    rows[count, 4] = stage
                    count += 1
    return rows, count


@kernel
def _phrase_matches(
    rows: Ints,
    count: int,
    spans: Ints,
    other_spans: Ints,
    heads: Ints,
    start: Ints,
    target: Ints,
    own: int,
    most: int,
) -> tuple[Ints, int]:
    """Append the matches of the paraphrases of ``spans`` that are among ``other_spans``.

    ``own`` is 0 where ``spans`` are those of the reference, and 1 for the hypothesis.
    """
    follower = np.empty(len(other_spans), np.int32)
    for at in range(len(other_spans) - 1, -1, -1):
        node = other_spans[at, _NODE]
        follower[at] = heads[node]
        heads[node] = at
    for span in range(len(spans)):
        node = spans[span, _NODE]
        for edge in range(start[node], start[node + 1]):
            at = heads[target[edge]]
            while at >= 0 and count <= most:
                if count == len(rows):
                    rows = grown(rows)
                rows[count, own] = spans[span, _AT]
                rows[count, 1 - own] = other_spans[at, _AT]
                rows[count, 3 - own] = spans[span, _LENGTH]
                rows[count, 2 + own] = other_spans[at, _LENGTH]
                rows[count, 4] = PARAPHRASE
                count += 1
                at = follower[at]
    for at in range(len(other_spans)):
        heads[other_spans[at, _NODE]] = -1
    return rows, count


@kernel
def list_matches(
    hypothesis: Ints,
    reference: Ints,
    spans: Ints,
    reference_spans: Ints,
    words: Words,
    tree: PhraseTree,
    heads: Ints,
    most: int,
) -> tuple[Matches, bool]:
    """All matches, in the order in which the search tries them; False if more than ``most``.

    For each word of the reference: single words by stage, then paraphrases listed for phrases of
    the reference, then those listed for phrases of the hypothesis; a match that is found in two
    ways is there twice. ``heads`` holds -1 for every node, before and after.
    """
    rows, count = _word_matches(hypothesis, reference, words, most)
    own = int(np.int64(0))
    other_spans = spans
    own_spans = reference_spans
    while own < 2 and count <= most:
        rows, count = _phrase_matches(
            rows, count, own_spans, other_spans, heads, tree.start, tree.target, own, most
        )
        own_spans, other_spans = other_spans, own_spans
        own += 1
    complete = count <= most
    if not complete:
        count = 0
    begin = np.zeros(len(reference) + 1, np.int32)
    for row in range(count):
        begin[rows[row, 0] + 1] += 1
    place = np.zeros(len(reference), np.int32)
    for at in range(len(reference)):
        place[at] = begin[at]
        begin[at + 1] += begin[at]
    ordered = np.empty((4, count), np.int32)
    for row in range(count):
        at = rows[row, 0]
        for column in range(4):
            ordered[column, place[at]] = rows[row, column + 1]
        place[at] += 1
    return Matches(begin, ordered[0], ordered[1], ordered[2], ordered[3]), complete
