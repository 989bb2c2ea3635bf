"""Photos with the reviews that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import ImageError
from showcase_bench.types import Example, ImageSource

__all__ = ["KeptPixels", "Pairs", "pairs_of"]

_MOST_KEPT = 1 << 30


@dataclass(frozen=True)
class Pairs:
    """The photos of some reviews, and for each the review that it belongs to."""

    image_ids: tuple[str, ...]
    owner: NDArray[np.int64]
    """Place of each photo's review in ``texts``; shape [len(image_ids)]."""
    texts: tuple[str, ...]
    businesses: tuple[str, ...]
    """Business of each review; as many as texts."""

    def subset(self, photos: Sequence[int]) -> Pairs:
        """The given photos with all reviews."""
        ids = tuple([self.image_ids[i] for i in photos])
        owner = self.owner[np.asarray(photos, dtype=np.int64)]
        return Pairs(ids, owner, self.texts, self.businesses)


def pairs_of(examples: Iterable[Example]) -> Pairs:
    """The users' own photos and texts; reviews without a text or without a photo are left out."""
    ids: list[str] = []
    owner: list[int] = []
    texts: list[str] = []
    businesses: list[str] = []
    for example in examples:
        text = next((one for one in example.gold.texts if one.strip()), "")
        if not text or not example.gold.image_ids:
            continue
        ids.extend(example.gold.image_ids)
        owner.extend([len(texts)] * len(example.gold.image_ids))
        texts.append(text)
        businesses.append(example.query.business_id)
    return Pairs(tuple(ids), np.array(owner, dtype=np.int64), tuple(texts), tuple(businesses))


class KeptPixels:
    """Photos of a source, kept in memory up to 1 GiB and decoded anew beyond that."""

    def __init__(self, source: ImageSource) -> None:
        self._source = source
        self._kept: dict[str, NDArray[np.uint8] | None] = {}
        self._bytes = 0

    def load(self, image_id: str) -> NDArray[np.uint8] | None:
        """RGB pixels, uint8 of shape [height, width, 3]; None where the photo cannot be read."""
        if image_id in self._kept:
            return self._kept[image_id]
        try:
            pixels = self._source.load(image_id)
        except ImageError:
            self._kept[image_id] = None
            return None
        if self._bytes + pixels.nbytes <= _MOST_KEPT:
            self._bytes += pixels.nbytes
            self._kept[image_id] = pixels
        return pixels
