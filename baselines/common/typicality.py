"""How typical a photo is of what guests of a business post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from baselines.common.features import Floats, present_rows, row_dots
from showcase_bench import Example

__all__ = ["Typicality", "photos_by_business"]


def photos_by_business(train: Iterable[Example]) -> dict[str, dict[str, None]]:
    """Return the distinct training photos of each business, in the order of their first review."""
    photos: dict[str, dict[str, None]] = {}
    for example in train:
        if example.gold.image_ids:
            own = photos.setdefault(example.query.business_id, {})
            own.update(dict.fromkeys(example.gold.image_ids))
    return photos


class Typicality:
    """Smoothed mean cosine of a photo to the training photos of its business.

    With the training photos j of the business other than the photo i itself, n of them readable,
    and g the direction of the mean over all training photos of all businesses::

        score(i) = (sum_j cos(i, j) + k_smooth * cos(i, g)) / (n + k_smooth)

    and cos(i, g) where the denominator is zero, as for a business unseen in training. Without any
    readable training photo, every score is 0.

    Parameters
    ----------
    photos
        Image ids of each business.
    place
        Row of each image id in ``rows``.
    rows
        Shape [m, d]; of length 1, or zero for an unreadable photo.
    k_smooth
        How many training photos the general direction counts for.
    """

    def __init__(
        self,
        photos: Mapping[str, Iterable[str]],
        place: Mapping[str, int],
        rows: NDArray[np.floating],
        k_smooth: float = 0.0,
    ) -> None:
        self._k_smooth = k_smooth
        self._sums: dict[str, Floats] = {}
        self._known: dict[str, frozenset[str]] = {}
        readable = present_rows(rows)
        for business_id, image_ids in photos.items():
            known = [one for one in image_ids if readable[place[one]]]
            self._sums[business_id] = _sum(rows[[place[one] for one in known]])
            self._known[business_id] = frozenset(known)
        total = _sum(rows)
        length = np.sqrt((total * total).sum())
        self._direction: Floats = total / length if length > 0 else total

    def scores(self, business_id: str, image_ids: Sequence[str], rows: Floats) -> Floats:
        """Score of each photo, shape [n], from its row of length 1; rows of shape [n, d]."""
        general = row_dots(rows, self._direction)
        if business_id not in self._sums:
            return general
        known = self._known[business_id]
        own = np.array([one in known for one in image_ids], dtype=np.float64)
        others = len(known) - own
        # A photo of length 1 has the cosine 1 with itself.
        cosines = row_dots(rows, self._sums[business_id]) - own
        smoothed = (cosines + self._k_smooth * general) / np.maximum(others + self._k_smooth, 1.0)
        return np.where(others > 0, smoothed, general)


def _sum(rows: NDArray[np.floating]) -> Floats:
    return np.asarray(rows.sum(axis=0, dtype=np.float64))
