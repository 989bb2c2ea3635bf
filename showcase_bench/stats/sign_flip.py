"""Test of a difference of two systems where there are few clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import cluster_sums, encode_clusters
from showcase_bench.stats.fixed_point import fixed_point
from showcase_bench.stats.masks import require_seed, require_trials, swap_bits

__all__ = ["cluster_sign_flip"]

Floats = NDArray[np.float64]

_TOLERANCE = 1e-9
_ROUNDING = 1e-12
_CELLS = 2**21


def cluster_sign_flip(
    delta: float,
    influence: ArrayLike,
    cluster: ArrayLike,
    trials: int = 10_000,
    seed: int = 0,
) -> float:
    """Two-sided p-value from flipping the sign of whole clusters, valid for few of them.

    Cluster-robust t-tests need many clusters; this one needs none but that the sum of a cluster's
    differences is as likely positive as negative where the systems are equal (Canay, Romano and
    Shaikh 2017). Each cluster gives the sum of ``influence + delta`` over its examples; the
    statistic is the absolute sum over clusters, under all signs if there are at most ``trials``
    combinations, and p is the share that reaches the observed one. Else it is
    ``(1 + count) / (trials + 1)`` over random signs. Statistics count as equal within 1e-9 of the
    sum of absolute values. With G clusters p is at least ``2 ** (1 - G)``: five cannot show
    anything at 5 %.

    Sums are exact (see :func:`~showcase_bench.stats.fixed_point.fixed_point`), hence p depends
    neither on the order of the examples, nor on threads, nor on how many trials are held in
    memory, and swapping the systems keeps it.

    Parameters
    ----------
    delta
        Difference of the two systems.
    influence
        Difference of their influences, float64 of shape [n]; sums to zero.
    cluster
        Labels of shape [n], of any type.
    trials
        Most sign combinations that are looked at.
    seed
        Natural number; 0 is a seed like any other.

    Returns
    -------
    float
        1 where all clusters are zero (to rounding), and where there are none.

    Raises
    ------
    UsageError
        The shapes do not fit, a value is not finite, or ``trials`` or ``seed`` is out of range.
    """
    require_trials(trials)
    require_seed(seed)
    psi = np.asarray(influence, dtype=np.float64)
    if psi.ndim != 1:
        raise UsageError(f"an influence of shape [n] is needed, not {list(psi.shape)}")
    if not (np.isfinite(psi).all() and np.isfinite(delta)):
        raise UsageError("a difference or an influence is not a finite number")
    codes = encode_clusters([cluster], len(psi))[0]
    if not len(psi):
        return 1.0
    exact = fixed_point((psi + delta)[:, np.newaxis]).rows
    sums = cluster_sums(exact, codes)[:, 0]
    size = float(np.abs(sums).sum())
    if size <= _ROUNDING * float(np.abs(exact).sum()):
        return 1.0
    least = abs(float(sums.sum())) - _TOLERANCE * size
    # The last sign stays: turning all signs round changes nothing.
    combinations = 2 ** (len(sums) - 1)
    if 2 * combinations <= trials:
        return float(_count(sums, least, combinations, seed=None) / combinations)
    return (1 + _count(sums, least, trials, seed)) / (trials + 1)


def _count(sums: Floats, least: float, trials: int, seed: int | None) -> int:
    """How many sign vectors reach ``least``: the first ``trials`` in order, or random ones."""
    units, total, count = len(sums), float(sums.sum()), 0
    chunk = max(1, _CELLS // units)
    for start in range(0, trials, chunk):
        stop = min(start + chunk, trials)
        if seed is None:
            numbers = np.arange(start, stop)[:, np.newaxis]
            flipped = ((numbers >> np.arange(units)) & 1).astype(np.float64)
        else:
            flipped = swap_bits(units, start, stop, seed).astype(np.float64)
        count += int((np.abs(total - 2 * (flipped @ sums)) >= least).sum())
    return count
