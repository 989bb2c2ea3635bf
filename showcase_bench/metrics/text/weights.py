"""Weighted agreement of the n-grams of texts and references; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.jit import kernel

__all__ = ["weighted_matches", "weighted_products"]

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
Floats = NDArray[np.float64]


@kernel
def weighted_products(
    bounds: Ints,
    ids: Numbers,
    counts: Numbers,
    weights: Floats,
    known: int,
    hypotheses: Ints,
    references: Ints,
    offsets: Ints,
) -> Floats:
    """Products of the vectors of counts times weights; float64 of shape [3, m].

    Row 0: text times reference. Row 1: the same, with each part of the text's vector at most as
    large as the reference's. Row 2: the norm of the text times that of the reference.

    Parameters
    ----------
    bounds, ids, counts, known
        N-grams of documents, see
        :class:`~showcase_bench.metrics.text.corpus_ngrams.KnownLevel`.
    weights
        Of each n-gram of the corpus that ``ids`` lists, and last of all others; float64 of shape
        [len(ids) + 1].
    hypotheses, references, offsets
        Documents that belong together, see :class:`~showcase_bench.metrics.batch.Pairing`.

    Notes
    -----
    Parts are added in the order of the corpus, and those that it does not have as integers, so
    that the last digit does not depend on what else is scored.
    """
    products = np.zeros((3, len(references)), np.float64)
    other = weights[len(ids)]
    for i in range(len(hypotheses)):
        start, stop = bounds[hypotheses[i]], bounds[hypotheses[i] + 1]
        norm, rest = 0.0, np.int64(0)
        for at in range(start, stop):
            if ids[at] < known:
                norm += (counts[at] * weights[at]) ** 2
            else:
                rest += np.int64(counts[at]) ** 2
        norm += rest * other**2
        for j in range(offsets[i], offsets[i + 1]):
            mine, other_norm = start, 0.0
            rest, both, least = np.int64(0), np.int64(0), np.int64(0)
            for at in range(bounds[references[j]], bounds[references[j] + 1]):
                while mine < stop and ids[mine] < ids[at]:
                    mine += 1
                same = mine < stop and ids[mine] == ids[at]
                count = np.int64(counts[at])
                if ids[at] >= known:
                    rest += count**2
                    if same:
                        both += counts[mine] * count
                        least += min(np.int64(counts[mine]), count) * count
                    continue
                part = count * weights[at]
                other_norm += part**2
                if same:
                    own = counts[mine] * weights[mine]
                    products[0, j] += own * part
                    products[1, j] += min(own, part) * part
            products[0, j] += both * other**2
            products[1, j] += least * other**2
            products[2, j] = np.sqrt(norm) * np.sqrt(other_norm + rest * other**2)
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

    ``weights`` are those of the entries of ``ids``. float64 of shape [m].
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
                    found[j] += min(counts[mine], counts[at]) * weights[at]
    return found
