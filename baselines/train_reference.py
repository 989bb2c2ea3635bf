"""Control: another guest's review of the same business."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from baselines.common.order import first_of_pool, hash_order
from baselines.common.reviews import TrainingReview, by_business, training_reviews
from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split

__all__ = ["TrainReference"]


class TrainReference(Model):
    """Text and photos of a training review of the same business by another user.

    A human that is not personalized: real wording, real photos of the right place, the wrong
    person. The review is drawn by the SHA-256 of (seed, query id, review id) among those with a
    text; if none has one, among all, and no text is attempted. Photos: the first k of that review
    that are in the pool. Nothing is attempted where no other user reviewed the business.
    """

    role = "control"

    def __init__(self) -> None:
        self._seed = 0
        self._reviews: Mapping[str, list[TrainingReview]] = {}

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Index the training reviews by business."""
        self._seed = seed
        self._reviews = by_business(training_reviews(train))

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the drawn review."""
        for query in queries:
            review = self._draw(query)
            if review is None:
                yield Showcase(query.id)
            else:
                yield Showcase(query.id, first_of_pool(query, review.image_ids), review.text)

    def _draw(self, query: Query) -> TrainingReview | None:
        others = [
            review
            for review in self._reviews.get(query.business_id, ())
            if review.user_id != query.user_id
        ]
        candidates = [review for review in others if review.text is not None] or others
        if not candidates:
            return None
        by_id = {review.id: review for review in candidates}
        return by_id[hash_order(by_id, "review", self._seed, query.id)[0]]
