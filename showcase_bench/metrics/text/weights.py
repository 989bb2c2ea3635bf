"""Weighted agreement of the n-grams of texts and references; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["document_frequencies", "weighted_matches", "weighted_products"]

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
Floats = NDArray[np.float64]


@kernel
def document_frequencies(
    bounds: Ints, ids: Numbers, size: int, references: Ints, offsets: Ints
) -> Ints:
    """In how many examples at least one reference has each n-gram; int64 of shape [size].

    ``references`` holds documents, those of example i at ``offsets[i]`` to ``offsets[i + 1]``.
    """
    found = np.zeros(size, np.int64)
    last = np.full(size, -1, np.int64)
    for i in range(len(offsets) - 1):
        for j in range(offsets[i], offsets[i + 1]):
            for at in range(bounds[references[j]], bounds[references[j] + 1]):
                if last[ids[at]] != i:
                    last[ids[at]] = i
                    found[ids[at]] += 1
    return found


@kernel
def weighted_products(
    bounds: Ints,
    ids: Numbers,
    counts: Numbers,
    weights: Floats,
    hypotheses: Ints,
    references: Ints,
    offsets: Ints,
) -> Floats:
    """Products of the vectors of counts times weights; float64 of shape [3, m].

    Row 0: text times reference. Row 1: the same, with each part of the text's vector at most as
    large as the reference's. Row 2: the norm of the text times that of the reference.
    """
    products = np.zeros((3, len(references)), np.float64)
    for i in range(len(hypotheses)):
        start, stop = bounds[hypotheses[i]], bounds[hypotheses[i] + 1]
        norm = 0.0
        for at in range(start, stop):
            norm += (counts[at] * weights[ids[at]]) ** 2
        for j in range(offsets[i], offsets[i + 1]):
            mine, other_norm = start, 0.0
            for at in range(bounds[references[j]], bounds[references[j] + 1]):
                part = counts[at] * weights[ids[at]]
                other_norm += part**2
                while mine < stop and ids[mine] < ids[at]:
                    mine += 1
                if mine < stop and ids[mine] == ids[at]:
                    own = counts[mine] * weights[ids[mine]]
                    products[0, j] += own * part
                    products[1, j] += min(own, part) * part
            products[2, j] = np.sqrt(norm) * np.sqrt(other_norm)
    return products


@kernel
def weighted_matches(
    bounds: Ints,
    ids: Numbers,
    counts: Numbers,
    weights: Floats,
    hypotheses: Ints,
    references: Ints,
    offsets: Ints,
) -> Floats:
    """Sum of the weights of the n-grams that text and reference share, each as often as both have.

    float64 of shape [m].
    """
    found = np.zeros(len(references), np.float64)
    for i in range(len(hypotheses)):
        start, stop = bounds[hypotheses[i]], bounds[hypotheses[i] + 1]
        for j in range(offsets[i], offsets[i + 1]):
            mine = start
            for at in range(bounds[references[j]], bounds[references[j] + 1]):
                while mine < stop and ids[mine] < ids[at]:
                    mine += 1
                if mine < stop and ids[mine] == ids[at]:
                    found[j] += min(counts[mine], counts[at]) * weights[ids[at]]
    return found
