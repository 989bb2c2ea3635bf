"""What texts are written for, in numbers: features of photos and of earlier reviews."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.common.features import present_rows
from showcase_bench import ImageStore, Query

__all__ = ["Conditions", "Sight"]

_LookUp: TypeAlias = Callable[[Sequence[str], str], NDArray[np.float32]]


@dataclass(frozen=True)
class Sight:
    """What a model looks at."""

    encoder: str
    """Registered name of an encoder of photos and texts."""
    images: bool
    history: bool
    most_photos: int
    """Of more distinct photos, the first by id are taken."""
    most_reviews: int
    """The last ones of the history that are not blank."""


class Conditions:
    """Features of photos and reviews, looked up once for many queries.

    Photos that cannot be read are left out. A set of photos has no order: they are sorted by id.

    Parameters
    ----------
    queries
        Whose histories are read.
    photos
        The photos that each query's text goes with.
    images
        Where features come from.
    sight
        What is looked at; the other kind has no rows in batches.
    length
        Numbers in a feature.
    """

    def __init__(
        self,
        queries: Sequence[Query],
        photos: Sequence[Sequence[str]],
        images: ImageStore,
        sight: Sight,
        length: int,
    ) -> None:
        ids = [sorted(set(own)) if sight.images else [] for own in photos]
        texts = [_reviews(query, sight) if sight.history else [] for query in queries]
        known = list(dict.fromkeys(one for own in ids for one in own))
        written = list(dict.fromkeys(one for own in texts for one in own))
        self._photos = _Table(known, images.features, sight.encoder, length)
        self._reviews = _Table(written, images.text_features, sight.encoder, length)
        self._photo_rows = [self._photos.rows(own)[: sight.most_photos] for own in ids]
        self._review_rows = [self._reviews.rows(own) for own in texts]

    def batch(self, rows: Sequence[int]) -> dict[str, Tensor]:
        """Features of some queries, padded with zeros at the end.

        Returns
        -------
        dict
            ``photos`` float32 [b, m, d] and ``has_photo`` bool [b, m]; ``reviews`` and
            ``has_review`` likewise. m is 0 where no query of the batch has any.
        """
        photos, has_photo = self._photos.padded([self._photo_rows[row] for row in rows])
        reviews, has_review = self._reviews.padded([self._review_rows[row] for row in rows])
        return {
            "photos": photos,
            "has_photo": has_photo,
            "reviews": reviews,
            "has_review": has_review,
        }


class _Table:
    """Features by name; names whose features are all zero do not count."""

    def __init__(self, names: Sequence[str], look_up: _LookUp, encoder: str, length: int) -> None:
        self._features = np.zeros((0, length), dtype=np.float32)
        if names:  # an encoder of photos alone is not asked about texts that nobody reads
            self._features = look_up(names, encoder)
        readable = present_rows(self._features)
        self._places = {name: row for row, name in enumerate(names) if readable[row]}

    def rows(self, names: Sequence[str]) -> list[int]:
        return [self._places[one] for one in names if one in self._places]

    def padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        most = max(map(len, rows), default=0)
        features = np.zeros((len(rows), most, self._features.shape[1]), dtype=np.float32)
        present = np.zeros((len(rows), most), dtype=bool)
        for place, own in enumerate(rows):
            features[place, : len(own)] = self._features[own]
            present[place, : len(own)] = True
        return torch.from_numpy(features), torch.from_numpy(present)


def _reviews(query: Query, sight: Sight) -> list[str]:
    written = [review.text for review in query.history if review.text.strip()]
    return written[-sight.most_reviews :] if sight.most_reviews else []
