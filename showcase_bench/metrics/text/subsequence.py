"""Longest common subsequences of texts and their references; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["longest_common"]

Ints = NDArray[np.int64]
_WORD = 64


@kernel
def longest_common(
    ids: NDArray[np.int32],
    starts: Ints,
    lengths: Ints,
    types: int,
    hypotheses: Ints,
    references: Ints,
    offsets: Ints,
) -> Ints:
    """Length of the longest common subsequence of each reference and its text; int64 of shape [m].

    0 where one is empty. The parameters are those of
    :func:`~showcase_bench.metrics.text.matches.shared_ngrams`. A bit per token of the reference,
    an addition per token of the text and 64 tokens of the reference (Hyyrö 2004).
    """
    found = np.zeros(len(references), np.int64)
    masks = np.zeros(types, np.uint64)
    longest = 1
    for row in hypotheses:
        longest = max(longest, lengths[row])
    carries = np.zeros(longest, np.uint64)
    for i in range(len(hypotheses)):
        start, length = starts[hypotheses[i]], lengths[hypotheses[i]]
        text = ids[start : start + length]
        for j in range(offsets[i], offsets[i + 1]):
            first, tokens = starts[references[j]], lengths[references[j]]
            carries[:length] = 0
            for begin in range(0, tokens, _WORD):
                block = ids[first + begin : first + min(begin + _WORD, tokens)]
                found[j] += _matched(block, text, masks, carries)
    return found


@kernel
def _matched(
    block: NDArray[np.int32],
    text: NDArray[np.int32],
    masks: NDArray[np.uint64],
    carries: NDArray[np.uint64],
) -> int:
    """Bits of one word that the text turns off; the carries go on to the next word."""
    one, zero = np.uint64(1), np.uint64(0)
    for p in range(len(block)):
        masks[block[p]] |= one << np.uint64(p)
    full = ~zero
    used = full if len(block) == _WORD else (one << np.uint64(len(block))) - one
    unmatched = full
    for p in range(len(text)):
        matched = unmatched & masks[text[p]]
        added = unmatched + matched
        total = added + carries[p]
        carries[p] = one if added < unmatched or total < added else zero
        unmatched = total | (unmatched & ~matched)
    masks[block] = zero
    left = unmatched & used
    off = len(block)
    while left:
        left &= left - one
        off -= 1
    return off
