"""Photos that an example's text is not about: others of the business, and of other businesses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.clip_similarity import Integers, Photos, photos_of

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
    town = batch.memo("town", lambda: _town(batch))
    left = town.left[town.businesses]
    rows, ranks = _ranks(batch.ids, left, wanted)
    codes = _skip_own(town, town.businesses[rows], ranks)
    places, codes = np.unique(codes, return_inverse=True)
    return Photos(tuple(town.catalogue[place] for place in places.tolist()), rows, codes)


def has_elsewhere(batch: Batch) -> NDArray[np.bool_]:
    """For which examples there is a photo of another business; bool of shape [n]."""
    town = batch.memo("town", lambda: _town(batch))
    return town.left[town.businesses] > 0


class _Town(NamedTuple):
    """All photos and who has them; a photo is named by its place in the catalogue."""

    catalogue: tuple[str, ...]
    businesses: Integers
    """Code of each example's business; shape [n]."""
    left: Integers
    """Photos that each business does not have; shape [b]."""
    first: Integers
    """Where each business starts in :attr:`gaps`; shape [b]."""
    gaps: Integers
    """For each photo of a business, those before it that it does not have; ascending because each
    business has numbers of its own, ``b * (len(catalogue) + 1)`` up."""


def _town(batch: Batch) -> _Town:
    known = batch.catalogue or tuple(zip(batch.businesses, batch.pools, strict=True))
    photos = [one for _, pool in known for one in pool]
    catalogue = tuple(sorted(set(photos), key=_digest))
    place = {one: i for i, one in enumerate(catalogue)}
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(name, len(numbers)) for name, _ in known]
    businesses = [numbers.setdefault(name, len(numbers)) for name in batch.businesses]
    sizes = np.array([len(pool) for _, pool in known], dtype=np.int64)
    places = np.array([place[one] for one in photos], dtype=np.int64)
    total = max(len(catalogue), 1)
    pairs = np.repeat(np.array(codes, dtype=np.int64), sizes) * total + places
    holders, own = np.divmod(np.unique(pairs), total)
    number = np.bincount(holders, minlength=len(numbers))
    first = np.cumsum(number) - number
    gaps = holders * (total + 1) + own - (np.arange(len(own)) - first[holders])
    of_batch = np.array(businesses, dtype=np.int64)
    return _Town(catalogue, of_batch, len(catalogue) - number, first, gaps)


def _ranks(
    ids: Sequence[str], left: Integers, wanted: NDArray[np.bool_]
) -> tuple[Integers, Integers]:
    """Draws of each example: its row, and a number below its ``left``, no number twice."""
    starts = np.array([int.from_bytes(_digest(one)[:7], "big") for one in ids], dtype=np.int64)
    counts = np.where(wanted, np.minimum(left, DRAWS), 0)
    rows = np.repeat(np.arange(len(ids)), counts)
    steps = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
    return rows, (starts[rows] + steps) % left[rows]


def _skip_own(town: _Town, businesses: Integers, ranks: Integers) -> Integers:
    """Places in the catalogue of the ``ranks``-th photos that the businesses do not have."""
    above = businesses * (max(len(town.catalogue), 1) + 1) + ranks
    own_before = np.searchsorted(town.gaps, above, side="right") - town.first[businesses]
    return ranks + own_before


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
