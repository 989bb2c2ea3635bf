"""The photos of pools as rows of numbers, and arithmetic on rows that ignores its surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from showcase_bench import ImageStore, Query

__all__ = ["Floats", "Pool", "pools", "present_rows", "row_dots", "unit_rows"]

Floats: TypeAlias = NDArray[np.float64]

_PHOTOS_AT_ONCE = 8192


class Pool(NamedTuple):
    """The candidates of one query."""

    query: Query
    ids: tuple[str, ...]
    """Readable photos, sorted, so that the first of equals is the one with the lowest id."""
    features: Floats
    """L2-normalised, shape [len(ids), d]."""
    unreadable: tuple[str, ...]
    """Photos without features, sorted."""


def pools(queries: Sequence[Query], images: ImageStore, encoder: str) -> Iterator[Pool]:
    """Look up the features of each query's pool, in the order of the queries.

    Only photos of these pools are asked for, some thousands at a time.
    """
    start = 0
    while start < len(queries):
        end, size = start, 0
        while end < len(queries) and (end == start or size < _PHOTOS_AT_ONCE):
            size += len(queries[end].pool)
            end += 1
        chunk = queries[start:end]
        ids = list(dict.fromkeys(image_id for query in chunk for image_id in sorted(query.pool)))
        rows = unit_rows(images.features(ids, encoder))
        place = {image_id: i for i, image_id in enumerate(ids)}
        readable = present_rows(rows)
        for query in chunk:
            ordered = sorted(query.pool)
            good = [one for one in ordered if readable[place[one]]]
            bad = [one for one in ordered if not readable[place[one]]]
            yield Pool(query, tuple(good), rows[[place[one] for one in good]], tuple(bad))
        start = end


def present_rows(rows: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which rows are not all zero, that is, which photos can be read; [n, d] to [n]."""
    return np.asarray(rows.any(axis=1), dtype=bool)


def unit_rows(rows: NDArray[np.floating]) -> Floats:
    """Rows of length 1 in float64; a row of zeros stays."""
    wide = np.asarray(rows, dtype=np.float64)
    norms = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
    result: Floats = wide / np.where(norms > 0, norms, 1.0)
    return result


def row_dots(rows: Floats, vector: Floats) -> Floats:
    """Dot product of each row with ``vector``; [n, d] and [d] to [n].

    Unlike a BLAS product, equal rows give equal bits wherever they stand and whatever else is in
    the matrix: ties stay ties, and results do not depend on the batch.
    """
    result: Floats = (rows * vector).sum(axis=1)
    return result
