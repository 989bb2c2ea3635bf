"""Control: retrieves the review that is nearest to what the user wrote before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from baselines.common.order import draw, first_of_pool, hash_order, photos_in_hash_order
from baselines.common.reviews import TrainingReview, training_reviews
from baselines.common.text import Tfidf
from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split

__all__ = ["HistoryNearest"]

_CHUNK = 64


class HistoryNearest(Model):
    """Text and photos of the reviews of this business that are most like the user's own.

    The training reviews of the business by other users are ranked by the cosine of their TF-IDF
    vector with that of the user's joined history texts; ties, and with them users without
    history, go by the SHA-256 of (seed, query id, review id).

    - Text: that of the nearest review that has one. For a business that no other user reviewed in
      training: the nearest training text of any business, again by another user.
    - Photos: those of the nearest reviews in order, back-filled with the rest of the pool in hash
      order.
    """

    role = "control"

    def __init__(self) -> None:
        self._seed = 0
        self._tfidf = Tfidf()
        self._index([])

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Index the training reviews by business and by their words."""
        self._seed = seed
        self._index(training_reviews(train))

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the retrieved text and photos."""
        for start in range(0, len(queries), _CHUNK):
            chunk = queries[start : start + _CHUNK]
            vectors = self._tfidf.transform(
                ["\n".join(review.text for review in query.history) for query in chunk]
            )
            for i, query in enumerate(chunk):
                yield self._showcase(query, vectors[i])

    def _index(self, reviews: Sequence[TrainingReview]) -> None:
        self._reviews = reviews
        self._tfidf.fit([review.text or "" for review in reviews])
        self._matrix = self._tfidf.transform([review.text or "" for review in reviews])
        self._by_term = csr_matrix(self._matrix.T)
        self._has_text = np.array([review.text is not None for review in reviews], dtype=bool)
        codes = {user_id: i for i, user_id in enumerate(dict.fromkeys(r.user_id for r in reviews))}
        self._user_codes = codes
        self._users = np.array([codes[review.user_id] for review in reviews], dtype=np.int64)
        rows: dict[str, list[int]] = {}
        for row, review in enumerate(reviews):
            rows.setdefault(review.business_id, []).append(row)
        self._rows: Mapping[str, list[int]] = rows

    def _showcase(self, query: Query, vector: csr_matrix) -> Showcase:
        ranked = self._ranked(query, vector)
        text = next((review.text for review in ranked if review.text is not None), None)
        if text is None:
            text = self._text_of_any_business(query, vector)
        photos = [image_id for review in ranked for image_id in review.image_ids]
        order = photos_in_hash_order(query, self._seed)
        return Showcase(query.id, first_of_pool(query, photos, order), text)

    def _ranked(self, query: Query, vector: csr_matrix) -> list[TrainingReview]:
        """Training reviews of the business by other users, nearest first."""
        rows = {
            self._reviews[row].id: row
            for row in self._rows.get(query.business_id, ())
            if self._reviews[row].user_id != query.user_id
        }
        if not rows:
            return []
        order = [rows[one] for one in hash_order(rows, "review", self._seed, query.id)]
        cosines: NDArray[np.float64] = (self._matrix[order] @ vector.T).toarray().ravel()
        nearest = np.argsort(-cosines, kind="stable")
        return [self._reviews[order[i]] for i in nearest]

    def _text_of_any_business(self, query: Query, vector: csr_matrix) -> str | None:
        cosines = csr_matrix(vector @ self._by_term)
        good = (cosines.data > 0) & self._usable(query)[cosines.indices]
        if good.any():
            near = cosines.data[good]
            rows = cosines.indices[good][near == near.max()].tolist()
            tied: dict[str, TrainingReview] = {}
            tied.update((self._reviews[row].id, self._reviews[row]) for row in rows)
            return tied[hash_order(tied, "review", self._seed, query.id)[0]].text
        usable = np.flatnonzero(self._usable(query))
        if not len(usable):
            return None
        row = int(usable[draw(len(usable), "any review", self._seed, query.id)])
        return self._reviews[row].text

    def _usable(self, query: Query) -> NDArray[np.bool_]:
        """Training reviews with a text by another user than the query's; shape [reviews]."""
        own = self._user_codes.get(query.user_id)
        return self._has_text if own is None else self._has_text & (self._users != own)
