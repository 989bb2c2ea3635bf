"""Paired approximate randomization of metrics that count the different items of a whole set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import count_clusters, encode_clusters
from showcase_bench.stats.fixed_point import fixed_point
from showcase_bench.stats.masks import require_seed, require_trials, swap_bits, swap_words
from showcase_bench.stats.randomization import CHUNK, TOLERANCE
from showcase_bench.stats.set_randomization import ItemLists, count_swapped

__all__ = ["set_randomization_test"]

Floats = NDArray[np.float64]


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
    column = np.arange(len(sizes))
    if cluster is not None:
        column = encode_clusters([cluster], len(sizes))[0]
    units = count_clusters(column)
    words = swap_words(units, trials, seed)[column]
    exact, unit = fixed_point(sizes[:, :, np.newaxis], growth=4.0)
    exact = exact[:, :, 0]
    totals = exact.sum(axis=0)
    present = [len(np.unique(one.items)) for one in items]
    values = value(np.array(present, dtype=np.float64), totals * unit)
    if not np.isfinite(values).all():
        raise UsageError("a system without a score cannot be tested; leave it out")
    moved = np.empty((trials, len(items)))
    for start in range(0, trials, CHUNK):
        stop = min(start + CHUNK, trials)
        bits = swap_bits(units, start, stop, seed)[:, column]
        moved[start:stop] = bits.astype(np.float64) @ exact
    p = np.ones((len(items), len(items)))
    for a, b in combinations(range(len(items)), 2):
        counts = count_swapped(items[a], items[b], words, n_items)
        gained = moved[:, b] - moved[:, a]
        first = value(counts[0][:trials].astype(np.float64), (totals[a] + gained) * unit)
        second = value(counts[1][:trials].astype(np.float64), (totals[b] - gained) * unit)
        gap = abs(values[a] - values[b]) - TOLERANCE * max(abs(values[a]), abs(values[b]))
        # Not "at least": a trial without a score is to count.
        count = int((~(np.abs(first - second) < gap)).sum())
        p[a, b] = p[b, a] = (1 + count) / (trials + 1)
    return p
