"""Which photos would this user care about? A linear map from review words to photo features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.sparse import csr_matrix

from baselines.common.features import Floats, Pool, pools, present_rows, row_dots, unit_rows
from baselines.common.reviews import training_reviews
from baselines.common.text import Tfidf
from baselines.common.typicality import Typicality, photos_by_business
from showcase_bench import ImageStore, Query, Split

__all__ = ["Relevance", "Scored"]


_QUERIES_AT_ONCE = 256
_ROWS_AT_ONCE = 8192


class Scored(NamedTuple):
    """A pool with the relevance of its readable photos to the user."""

    pool: Pool
    relevance: Floats
    """Shape [len(pool.ids)]."""


class Relevance:
    """Relevance of photos to a user, learned from what reviews say and show.

    Photo features are centred on their mean over the training photos and normalised again, so
    that cosines tell photos apart. A ridge regression maps the TF-IDF vector of a training review
    to the mean direction of its photos. The relevance of a photo is its cosine with what the
    user's joined history texts are mapped to, plus ``history_weight`` times its mean cosine with
    the known photos of those reviews. Where the history gives neither known words nor photos:
    how typical the photo is of the business (:class:`~baselines.common.typicality.Typicality`).
    Without training photos, and before :meth:`fit`, features are not centred and relevance comes
    from history photos alone.

    Parameters
    ----------
    encoder
        Name of the image encoder.
    alpha
        Strength of the ridge penalty, on the scale of a number of reviews; more than 0.
    history_weight
        Weight of the history photos; 0 ignores them.
    max_terms
        Size of the vocabulary: the most frequent words of the training reviews.
    """

    def __init__(self, encoder: str, alpha: float, history_weight: float, max_terms: int) -> None:
        self.encoder = encoder
        self._alpha = alpha
        self._history_weight = history_weight
        self._tfidf = Tfidf(max_terms)
        self._mean: Floats | None = None
        self._weights: Floats | None = None
        self._typicality: Typicality | None = None

    def fit(self, train: Split) -> None:
        """Learn the map from the training split; an empty one is fine."""
        photos = photos_by_business(train)
        ids = list(dict.fromkeys(one for own in photos.values() for one in own))
        rows = np.array(train.images.features(ids, self.encoder), dtype=np.float32)
        readable = present_rows(rows)
        self._mean = None
        if readable.any():
            self._mean = np.asarray(rows[readable].mean(axis=0, dtype=np.float64))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            rows[part] = self._centred(unit_rows(rows[part]))
        place = {image_id: i for i, image_id in enumerate(ids)}
        self._typicality = Typicality(photos, place, rows)
        reviews = [
            (review.text, own)
            for review in training_reviews(train)
            if review.text is not None
            and (own := [place[one] for one in review.image_ids if readable[place[one]]])
        ]
        self._regress([text for text, _ in reviews], [own for _, own in reviews], rows)

    def scored_pools(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Scored]:
        """Yield each query's pool with its photos' relevance, in the order of the queries."""
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            chunk = queries[start : start + _QUERIES_AT_ONCE]
            shown = self._shown(chunk, images)
            said = self._said(chunk, shown.shape[1])
            wanted = said + self._history_weight * shown
            for i, pool in enumerate(pools(chunk, images, self.encoder)):
                yield Scored(pool, self._score(pool, wanted[i] if wanted[i].any() else None))

    def _regress(
        self, texts: Sequence[str], photos: Sequence[list[int]], rows: NDArray[np.float32]
    ) -> None:
        self._tfidf.fit(texts)
        words = self._tfidf.transform(texts)
        ends = np.cumsum([0, *map(len, photos)])
        columns = np.array([row for own in photos for row in own], dtype=np.int64)
        ones = np.ones(len(columns), dtype=np.float32)
        targets = csr_matrix((ones, columns, ends), shape=(len(photos), len(rows))) @ rows
        gram = (words.T @ words).toarray()
        gram[np.diag_indices_from(gram)] += self._alpha
        cross = np.zeros((len(gram), rows.shape[1]))
        for start in range(0, len(texts), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            cross += words[part].T @ unit_rows(targets[part])
        self._weights = solve(gram, cross, assume_a="pos", overwrite_a=True) if gram.size else None

    def _said(self, queries: Sequence[Query], dim: int) -> Floats:
        """Directions that the history texts are mapped to; [n, d], zeros for unknown words."""
        if self._weights is None:
            return np.zeros((len(queries), dim))
        texts = ["\n".join(review.text for review in query.history) for query in queries]
        return unit_rows(self._tfidf.transform(texts) @ self._weights)

    def _shown(self, queries: Sequence[Query], images: ImageStore) -> Floats:
        """Mean centred features of the known history photos; [n, d], zeros without any."""
        ids = [
            list(dict.fromkeys(one for review in query.history for one in review.image_ids))
            for query in queries
        ]
        flat = [one for own in ids for one in own]
        rows = self._centred(unit_rows(images.features(flat, self.encoder)))
        ends = np.cumsum([0, *map(len, ids)])
        shown = np.zeros((len(queries), rows.shape[1]))
        for i, (start, end) in enumerate(pairwise(ends)):
            readable = rows[start:end][present_rows(rows[start:end])]
            if len(readable):
                shown[i] = readable.mean(axis=0)
        return shown

    def _score(self, pool: Pool, wanted: Floats | None) -> Floats:
        rows = self._centred(pool.features)
        if wanted is not None:
            return row_dots(rows, wanted)
        if self._typicality is None:
            return np.zeros(len(rows))
        return self._typicality.scores(pool.query.business_id, pool.ids, rows)

    def _centred(self, rows: Floats) -> Floats:
        """Centre and normalise again; rows of zeros, the unreadable photos, stay."""
        if self._mean is None:
            return rows
        return unit_rows(np.where(present_rows(rows)[:, None], rows - self._mean, 0.0))
