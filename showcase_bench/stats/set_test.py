"""Paired approximate randomization of metrics that count the different items of a whole set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import Codes, cluster_sums, encode_clusters
from showcase_bench.stats.fixed_point import fixed_point
from showcase_bench.stats.masks import (
    require_seed,
    require_trials,
    swap_words,
    swapped_sums,
)
from showcase_bench.stats.randomization import CHUNK, TOLERANCE
from showcase_bench.stats.set_randomization import ItemLists, SwapCounter, require_lists

__all__ = ["set_randomization_test"]

Floats = NDArray[np.float64]

_MASK_BYTES = 2**28
"""Of the swaps that are held in memory; the number changes memory and time alone."""
_WORD = 64


def set_randomization_test(
    items: Sequence[ItemLists],
    sizes: Floats,
    value: Callable[[Floats, Floats], Floats],
    *,
    n_items: int,
    trials: int = 10_000,
    seed: int = 0,
    cluster: ArrayLike | None = None,
) -> Floats:
    """Two-sided p-values of all pairs, by swapping whole outputs and counting items anew.

    As :func:`~showcase_bench.stats.randomization_test`, with the same swaps for the same seed; but
    what a set of outputs is worth is a function of the number of its different items and of the
    sum of its sizes, and no sum over examples. No output is in a set twice, unlike in a bootstrap,
    whose duplicates bring no new items and make the value too small.

    Parameters
    ----------
    items
        Of each system, its items on the same n examples.
    sizes
        What each example adds to the denominator, float64 of shape [n, s].
    value
        Value from the number of different items and the sum of the sizes, elementwise.
    n_items
        Items are numbered from 0 to below this.
    trials, seed, cluster
        As for :func:`~showcase_bench.stats.randomization_test`.

    Returns
    -------
    ndarray
        float64 of shape [s, s], symmetric, 1 on the diagonal.

    Raises
    ------
    UsageError
        Shapes do not fit, a system has no value, or an argument is out of range.
    """
    require_trials(trials)
    require_seed(seed)
    if sizes.ndim != 2 or sizes.shape[1] != len(items) or not len(sizes):
        raise UsageError(
            f"{len(items)} lists of items do not fit sizes of shape {sizes.shape}; [n, s] with n "
            "of at least 1 is needed"
        )
    for one in items:
        require_lists(one, len(sizes), n_items)
    exact, unit = fixed_point(sizes[:, :, np.newaxis], growth=4.0)
    exact = exact[:, :, 0]
    totals = exact.sum(axis=0)
    values = value(np.array([_different(one, n_items) for one in items]), totals * unit)
    if not np.isfinite(values).all():
        raise UsageError("a system without a score cannot be tested; leave it out")
    column = None if cluster is None else encode_clusters([cluster], len(sizes))[0]
    by_unit = exact if column is None else cluster_sums(exact, column)
    moved = np.empty((trials, len(items)))
    for start in range(0, trials, CHUNK):
        stop = min(start + CHUNK, trials)
        moved[start:stop] = swapped_sums(by_unit, start, stop, seed)
    swaps = _Swaps(len(by_unit), column, trials, seed)
    p = np.ones((len(items), len(items)))
    for a, b in combinations(range(len(items)), 2):
        counts = swaps.counts(SwapCounter(items[a], items[b], n_items))
        gained = moved[:, b] - moved[:, a]
        first = value(counts[0].astype(np.float64), (totals[a] + gained) * unit)
        second = value(counts[1].astype(np.float64), (totals[b] - gained) * unit)
        gap = abs(values[a] - values[b]) - TOLERANCE * max(abs(values[a]), abs(values[b]))
        # Not "at least": a trial without a score is to count.
        count = int((~(np.abs(first - second) < gap)).sum())
        p[a, b] = p[b, a] = (1 + count) / (trials + 1)
    return p


def _different(lists: ItemLists, n_items: int) -> float:
    """Number of different items."""
    present = np.zeros(n_items, dtype=np.bool_)
    present[lists.items] = True
    return float(present.sum())


class _Swaps:
    """Which examples each trial swaps; of many examples drawn anew for each pair of systems."""

    def __init__(self, units: int, column: Codes | None, trials: int, seed: int) -> None:
        self._units, self._column, self._trials, self._seed = units, column, trials, seed
        n = units if column is None else len(column)
        self._together = max(1, _MASK_BYTES // (n * 8)) * _WORD
        self._kept: NDArray[np.uint64] | None = None

    def counts(self, counter: SwapCounter) -> NDArray[np.int64]:
        """Number of different items in both swapped sets; int64 of shape [2, trials]."""
        found = [counter.counts(self._masks(at)) for at in range(0, self._trials, self._together)]
        return np.concatenate([np.stack(one) for one in found], axis=1)[:, : self._trials]

    def _masks(self, start: int) -> NDArray[np.uint64]:
        if self._kept is not None:
            return self._kept
        stop = min(start + self._together, self._trials)
        words = swap_words(self._units, start, stop, self._seed)
        masks = words if self._column is None else words[self._column]
        if self._together >= self._trials:
            self._kept = masks
        return masks
