"""Paired approximate randomization of all pairs of systems in one matrix product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import cluster_sums, encode_clusters
from showcase_bench.stats.fixed_point import fixed_point, narrowed
from showcase_bench.stats.masks import require_seed, require_trials, swapped_sums

__all__ = ["CHUNK", "TOLERANCE", "Formula", "randomization_test"]

Floats = NDArray[np.float64]
Formula = Callable[[Floats], Floats]
"""Score of summed rows, [..., d] to [...]; NaN where there is none."""

CHUNK = 256
TOLERANCE = 1e-12
"""Differences are equal when they are within this share of the scores."""

_BLOCK_BYTES = 2**24
_THREADS = 2


def randomization_test(
    rows: Floats,
    formula: Formula,
    *,
    trials: int = 10_000,
    seed: int = 0,
    cluster: ArrayLike | None = None,
    chunk: int = CHUNK,
) -> Floats:
    """Two-sided p-values of all pairs, by swapping the outputs of both on random examples.

    A trial swaps the rows of two systems on each example with even chance; the sums of the
    swapped systems are ``S_a - M S_a + M S_b`` and the reverse, so one product of the swap matrix
    M with the rows of all systems serves all pairs. ``p = (1 + count) / (trials + 1)``, where the
    count is of trials whose difference is at least the observed one, up to rounding: the observed
    assignment is itself one of the equally likely ones (Phipson and Smyth 2010), so p is never 0.
    A trial without a score counts. The source of the test: Noreen 1989, Riezler and Maxwell 2005.

    Sums are exact (see :func:`~showcase_bench.stats.fixed_point.fixed_point`), hence the p-values
    depend on neither ``chunk`` nor the number of threads, and swapping two systems keeps them.

    Parameters
    ----------
    rows
        Statistics, float64 of shape [n, s, d]: n examples, s systems.
    formula
        Score of summed rows, vectorised over leading axes.
    trials
        Number of random assignments.
    seed
        Natural number; 0 is a seed like any other.
    cluster
        Labels of shape [n]; all examples of a cluster are swapped together.
    chunk
        Trials at a time; changes memory and time alone.

    Returns
    -------
    ndarray
        float64 of shape [s, s], symmetric, 1 on the diagonal.

    Raises
    ------
    UsageError
        The shape does not fit, a value is not finite, a system has no score, or ``trials``,
        ``seed`` or ``chunk`` is out of range.
    """
    require_trials(trials)
    require_seed(seed)
    if rows.ndim != 3 or not len(rows):
        raise UsageError(f"rows of shape [n, s, d] with n of at least 1 are needed: {rows.shape}")
    if chunk < 1:
        raise UsageError(f"a chunk is at least one trial, not {chunk}")
    if cluster is not None:
        rows = cluster_sums(rows, encode_clusters([cluster], len(rows))[0])
    exact, unit = fixed_point(rows, growth=4.0)
    units, systems, _ = exact.shape
    totals = exact.sum(axis=0)
    values = formula(totals * unit)
    if not np.isfinite(values).all():
        raise UsageError("a system without a score cannot be tested; leave it out")
    first, second = np.triu_indices(systems, k=1)
    observed = np.abs(values[first] - values[second])
    largest = np.maximum(np.abs(values[first]), np.abs(values[second]))
    least = observed - TOLERANCE * largest
    count = np.zeros(len(first), dtype=np.int64)
    flat = narrowed(exact.reshape(units, -1))
    blocks = list(_blocks(len(first), min(chunk, trials) * exact.shape[2] * 8))
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, trials, chunk):
            sums = swapped_sums(flat, start, min(start + chunk, trials), seed)
            moved = sums.reshape(len(sums), *totals.shape)

            def extreme(block: slice, moved: Floats = moved) -> None:
                a, b = first[block], second[block]
                gained = moved[:, b] - moved[:, a]
                gap = formula((totals[a] + gained) * unit) - formula((totals[b] - gained) * unit)
                # Not "at least": a trial without a score is to count.
                count[block] += (~(np.abs(gap) < least[block])).sum(axis=0)

            list(pool.map(extreme, blocks))
    p = np.ones((systems, systems))
    p[first, second] = p[second, first] = (1 + count) / (trials + 1)
    return p


def _blocks(pairs: int, bytes_a_pair: int) -> Iterator[slice]:
    size = max(1, _BLOCK_BYTES // bytes_a_pair)
    return (slice(start, start + size) for start in range(0, pairs, size))
