"""Photos that an example's text is not about: others of the business, and of other businesses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.clip_similarity import Integers, Photos, photos_of
from showcase_bench.metrics.grounding.catalogue import Catalogue, Town, sha256_of

__all__ = ["DRAWS", "elsewhere", "has_elsewhere", "unshown"]

DRAWS = 5
"""Photos of other businesses for each example, where there are so many."""


def unshown(batch: Batch, wanted: NDArray[np.bool_]) -> Photos:
    """Photos of each pool that are not shown; none for the examples that are not wanted."""
    return photos_of(
        [one for one in pool if one not in shown] if here else ()
        for pool, shown, here in zip(batch.pools, batch.selected, wanted.tolist(), strict=True)
    )


def elsewhere(batch: Batch, wanted: NDArray[np.bool_]) -> Photos:
    """Up to :data:`DRAWS` photos of other businesses for each example that is wanted.

    They are drawn from all photos of the catalogue but those of the example's own business. All
    photos stand in the order of their ids' SHA-256, and an example takes those that follow each
    other from a place that the SHA-256 of its own id gives, so that the draw depends on ids only:
    not on the system, nor on the order of the examples.
    """
    here = _here(batch)
    rows, ranks = _ranks(batch.ids, here.left, wanted)
    places = here.town.not_of(here.businesses[rows], ranks)
    places, codes = np.unique(places, return_inverse=True)
    return Photos(tuple(here.town.photos.name(place) for place in places.tolist()), rows, codes)


def has_elsewhere(batch: Batch) -> NDArray[np.bool_]:
    """For which examples there is a photo of another business; bool of shape [n]."""
    return _here(batch).left > 0


class _Here(NamedTuple):
    """The examples of a batch in the town."""

    town: Town
    businesses: Integers
    """Of each example; shape [n]."""
    left: Integers
    """Photos that the example's business does not have; shape [n]."""


def _here(batch: Batch) -> _Here:
    return batch.memo("town", lambda: _find(batch))


def _find(batch: Batch) -> _Here:
    known = batch.catalogue
    if not isinstance(known, Catalogue):
        known = Catalogue.of(known or tuple(zip(batch.businesses, batch.pools, strict=True)))
    businesses = known.town.find_businesses(batch.businesses)
    return _Here(known.town, businesses, known.town.left[businesses])


def _ranks(
    ids: Sequence[str], left: Integers, wanted: NDArray[np.bool_]
) -> tuple[Integers, Integers]:
    """Draws of each example: its row, and a number below its ``left``, no number twice."""
    starts = np.array([int.from_bytes(sha256_of(one)[:7], "big") for one in ids], dtype=np.int64)
    counts = np.where(wanted, np.minimum(left, DRAWS), 0)
    rows = np.repeat(np.arange(len(ids)), counts)
    steps = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
    return rows, (starts[rows] + steps) % left[rows]
