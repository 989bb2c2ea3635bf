"""Control: exploits how the pools of a split file are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.common.order import first_of_pool, photos_in_hash_order
from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split

__all__ = ["UnseenPhotos"]


class UnseenPhotos(Model):
    """Photos that no training review owns, then the others, each in hash order; no text.

    A pool holds every photo of the business in the data file. A photo that belongs to no training
    review belongs to a validation or test review, perhaps to the one asked about: this model's
    distance from ``random`` is the size of that leak. It uses nothing of the user or the photos.
    """

    role = "control"
    flags = ("exploits leak",)

    def __init__(self) -> None:
        self._seed = 0
        self._seen: frozenset[str] = frozenset()

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Remember which photos training reviews own."""
        self._seed = seed
        self._seen = frozenset(one for example in train for one in example.gold.image_ids)

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield photos that training has not seen, back-filled with the others."""
        for query in queries:
            order = photos_in_hash_order(query, self._seed)
            unseen = [one for one in order if one not in self._seen]
            yield Showcase(query.id, first_of_pool(query, unseen, order))
