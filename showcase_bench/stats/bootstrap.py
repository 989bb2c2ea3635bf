"""Bootstrap of smooth metrics: an audit of intervals that are computed from influence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import (
    Clusters,
    Codes,
    cluster_sums,
    count_clusters,
    encode_clusters,
    telling,
)
from showcase_bench.stats.fixed_point import fixed_point, narrowed
from showcase_bench.stats.masks import draw_units, require_seed, require_trials

__all__ = ["bootstrap", "bootstrap_interval", "bootstrap_p"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK = 128
_CELLS = 2**24
"""Weights of examples that are held at once."""
_GROWTH = 4096.0


def bootstrap(
    rows: Floats,
    formula: Callable[[Floats], Floats],
    *,
    trials: int = 10_000,
    seed: int = 0,
    clusters: Clusters = (),
    chunk: int = CHUNK,
) -> Floats:
    """Scores of all systems on resamples of the examples, the same resample for every system.

    Without clusters, n examples are drawn with replacement; with one column whole clusters are
    (Efron 1979); with two, an example counts as often as its cluster of the one times as often as
    that of the other (Owen 2007), which errs on the wide side. Metrics of a whole set, such as
    Distinct-n, must not be given: an output drawn twice adds no new words.

    Parameters
    ----------
    rows
        Statistics, float64 of shape [n, s, d].
    formula
        Score of summed rows, vectorised over leading axes.
    chunk
        Trials at a time, fewer of many examples; changes memory and time alone.

    Returns
    -------
    ndarray
        float64 of shape [trials, s]; NaN where a resample has no score.

    Raises
    ------
    UsageError
        The shape does not fit, a value is not finite, or ``trials``, ``seed`` or ``chunk`` is out
        of range.
    """
    require_trials(trials)
    require_seed(seed)
    if rows.ndim != 3 or not len(rows):
        raise UsageError(f"rows of shape [n, s, d] with n of at least 1 are needed: {rows.shape}")
    if chunk < 1:
        raise UsageError(f"a chunk is at least one trial, not {chunk}")
    columns = telling(encode_clusters(clusters, len(rows)))
    if len(columns) < 2:
        rows = cluster_sums(rows, columns[0]) if columns else rows
        columns = [np.arange(len(rows))]
    exact, unit = fixed_point(rows, growth=_GROWTH)
    flat = exact.reshape(len(exact), -1)
    table = narrowed(flat, terms=len(flat)) if len(columns) == 1 else flat
    scores = np.empty((trials, rows.shape[1]))
    chunk = max(1, min(chunk, _CELLS // len(flat)))
    for start in range(0, trials, chunk):
        stop = min(start + chunk, trials)
        weights = _weights(columns, start, stop, seed).astype(table.dtype)
        sums = (weights @ table).astype(np.float64, copy=False)
        scores[start:stop] = formula(sums.reshape(stop - start, *rows.shape[1:]) * unit)
    return scores


def _weights(columns: list[Codes], start: int, stop: int, seed: int) -> Ints:
    """How often each row counts in each trial; int64 of shape [trials, n]."""
    weights = np.ones((stop - start, len(columns[0])), dtype=np.int64)
    for place, column in enumerate(columns):
        units = count_clusters(column)
        drawn = draw_units(units, start, stop, seed, place)
        for trial, one in enumerate(drawn):
            counts = np.bincount(one, minlength=units)
            weights[trial] *= counts if len(columns) == 1 else counts[column]
    return weights


def bootstrap_interval(differences: Floats, level: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of resampled differences, [trials]; None where one has no score."""
    if not np.isfinite(differences).all():
        return None
    low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_p(differences: Floats, delta: float) -> float:
    """Two-sided p of no difference: how often the resampled one strays from ``delta`` that far.

    The resamples are centred at the observed difference, on which they are centred in truth; they
    are not compared with 0 on one side, which some tools do and which doubles the error. The
    observed assignment counts, so p is not 0. NaN counts as extreme.
    """
    strayed = ~(np.abs(differences - delta) < abs(delta) * (1 - 1e-12))
    return (1 + int(strayed.sum())) / (len(differences) + 1)
