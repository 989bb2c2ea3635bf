"""How similar each text is to the history of its user and to those of other users."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.personalization.rivals import Rivals, rivals
from showcase_bench.types import TextEmbeddings

__all__ = ["HistoryCosines", "history_cosines", "profiles"]

_AT_ONCE = 1024
"""Histories, or texts, that are worked on together."""


class HistoryCosines(NamedTuple):
    """Cosines of texts with histories, -1 to 1; 0 without a text and where nothing is counted."""

    own: Floats
    """float64 of shape [examples]."""
    others: Floats
    """float64 of shape [examples, n - 1]."""


def history_cosines(batch: Batch, encoder: str, n: int) -> HistoryCosines:
    """Compare the texts with the histories that :func:`rivals` draws; made once per batch.

    Raises
    ------
    UsageError
        An example can be scored, and the batch has no embeddings of texts.
    """
    return batch.memo(("history cosines", encoder, n), lambda: _cosines(batch, encoder, n))


def _cosines(batch: Batch, encoder: str, n: int) -> HistoryCosines:
    drawn = rivals(batch, n)
    cosines = np.zeros((len(batch), n))
    has_text = batch.has_text[drawn.counted]
    examples = np.flatnonzero(drawn.counted)[has_text]
    if len(examples):
        embeddings = batch.required_embeddings
        known = _shared_profiles(batch, embeddings, encoder, drawn)
        texts = [batch.hypotheses[row] or "" for row in examples.tolist()]
        vectors = embeddings.vectors(texts, encoder)
        cosines[examples] = _dots(vectors, known, drawn.rows[has_text])
    return HistoryCosines(cosines[:, 0], cosines[:, 1:])


def _shared_profiles(
    batch: Batch, embeddings: TextEmbeddings, encoder: str, drawn: Rivals
) -> NDArray[np.float32]:
    """Profiles of the drawn histories, made once for all systems."""
    key = ("history profiles", embeddings.identify(encoder), drawn.histories)
    return batch.table.memo(key, lambda: profiles(embeddings, encoder, drawn.histories))


def profiles(
    embeddings: TextEmbeddings, encoder: str, histories: Sequence[Sequence[str]]
) -> NDArray[np.float32]:
    """One vector a history: the mean of the unit vectors of its texts, scaled to length 1.

    All reviews of a user count alike in a mean, and, unlike with the most similar review, a longer
    history has no more chances to come close to a text. float32 of shape [histories, d]; zeros
    for a history without a text, or whose vectors cancel out.
    """
    numbers: dict[str, int] = {}
    flat = [numbers.setdefault(text, len(numbers)) for text in chain.from_iterable(histories)]
    codes = np.array(flat, dtype=np.int64)
    vectors = embeddings.vectors(tuple(numbers), encoder)
    lengths = np.array([len(history) for history in histories], dtype=np.int64)
    known = np.flatnonzero(lengths)
    ends = np.cumsum(lengths[known])
    starts = ends - lengths[known]
    found = np.zeros((len(lengths), vectors.shape[1]), dtype=np.float32)
    for first in range(0, len(known), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        begin, end = starts[some][0], ends[some][-1]
        rows = vectors[codes[begin:end]].astype(np.float64)
        sums = np.add.reduceat(rows, starts[some] - begin, axis=0)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        found[known[some]] = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
    return found


def _dots(
    vectors: NDArray[np.float32], known: NDArray[np.float32], rows: NDArray[np.int64]
) -> Floats:
    """Cosine of each vector with the known ones at its row of ``rows``, float64 of that shape."""
    dots = np.zeros(rows.shape)
    for first in range(0, len(rows), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        near = known[rows[some]].astype(np.float64)
        dots[some] = np.einsum("id,ijd->ij", vectors[some].astype(np.float64), near)
    return np.clip(dots, -1.0, 1.0)
