"""The images shown at the first places of all examples, as integers."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch

__all__ = ["Shown", "shown_at"]


class Shown(NamedTuple):
    """Each image shown, by example and then by place; an example names an image once."""

    images: tuple[str, ...]
    """The different ones, in order of first appearance."""
    rows: NDArray[np.int64]
    """Example of each image shown; int64 of shape [m], ascending."""
    codes: NDArray[np.int64]
    """Index of each in :attr:`images`; int64 of shape [m]."""


def shown_at(batch: Batch, k: int) -> Shown:
    """Images at the first ``k`` places; a repeated one takes a place and counts once."""
    return batch.memo(("shown", k), lambda: _shown(batch, k))


def _shown(batch: Batch, k: int) -> Shown:
    shown = [ids[:k] for ids in batch.selected]
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    codes = np.fromiter(map(numbers.__getitem__, chain.from_iterable(shown)), dtype=np.int64)
    rows = np.repeat(np.arange(len(shown)), [len(ids) for ids in shown])
    pairs, first = np.unique(rows * max(len(numbers), 1) + codes, return_index=True)
    if len(pairs) < len(codes):
        first.sort()
        rows, codes = rows[first], codes[first]
    return Shown(tuple(numbers), rows, codes)
