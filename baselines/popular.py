"""Control: the photos most like what guests of this business post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from baselines.common.arguments import require_number, require_text
from baselines.common.features import pools
from baselines.common.order import first_of_pool
from baselines.common.selection import top_k
from baselines.common.typicality import Typicality, photos_by_business
from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split

__all__ = ["Popular"]


class Popular(Model):
    """The photos most typical of what guests of this business post; no text.

    The same for every user: what personalization has to beat. A photo's score is its mean cosine
    to the distinct training photos of the business, itself excluded, as defined in
    :class:`baselines.common.typicality.Typicality`; ties go by image id, and photos that cannot
    be read come last.

    Parameters
    ----------
    k_smooth
        Shrinks scores towards the cosine with the mean direction of all training photos, which
        counts as so many training photos; at 0, that direction speaks only for businesses
        without another training photo.
    encoder
        Name of the image encoder.

    Raises
    ------
    UsageError
        ``k_smooth`` is negative or not a number.
    """

    role = "control"

    def __init__(self, k_smooth: float = 0.0, encoder: str = "color-layout") -> None:
        self._k_smooth = require_number(k_smooth, "k_smooth", 0)
        self._encoder = require_text(encoder, "encoder")
        self._typicality: Typicality | None = None

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Average the training photos of each business."""
        photos = photos_by_business(train)
        ids = list(dict.fromkeys(one for own in photos.values() for one in own))
        rows = train.images.features(ids, self._encoder)
        place = {image_id: i for i, image_id in enumerate(ids)}
        self._typicality = Typicality(photos, place, rows, self._k_smooth)

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the k most typical photos."""
        for pool in pools(queries, images, self._encoder):
            query = pool.query
            scores = np.zeros(len(pool.ids))
            if self._typicality is not None:
                scores = self._typicality.scores(query.business_id, pool.ids, pool.features)
            best = [pool.ids[i] for i in top_k(scores, query.k)]
            yield Showcase(query.id, first_of_pool(query, best, pool.unreadable))
