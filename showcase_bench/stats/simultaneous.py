"""Simultaneous inference on all pairs of systems: the largest of all test statistics."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from showcase_bench.errors import UsageError
from showcase_bench.stats.masks import require_seed, require_trials

__all__ = ["MaxT", "max_t"]

Floats = NDArray[np.float64]

_CHUNK = 4096
_PAIR = 2
"""Systems that make one pair, which needs no adjustment."""
_NOTHING = 1e-14
"""A difference whose variance is below this share of the systems' own has none."""


class MaxT(NamedTuple):
    """Adjusted p-values, and the level at which a single comparison is to be read."""

    p_adjusted: Floats
    """float64 of shape [s, s], symmetric, 1 on the diagonal; not below the given p-values."""
    level: float
    """Pairs whose own p-value is below this differ, with all pairs looked at together: the
    intervals with this error rate cover all differences at once."""


def max_t(
    p_values: Floats,
    covariance: Floats,
    *,
    alpha: float = 0.05,
    trials: int = 10_000,
    seed: int = 0,
) -> MaxT:
    """Adjust the p-values of all pairs for each other, in one step.

    Scores of systems are drawn from the normal distribution with their joint covariance, without
    any difference in truth; in each draw the largest standardised difference of all pairs is kept.
    A pair's adjusted p is the share of draws whose largest difference is at least as improbable as
    its own (Westfall and Young 1993; Hothorn, Bretz and Westfall 2008), with the observed one
    counted. Each p-value enters by its normal quantile, so pairs may have different degrees of
    freedom. Less strict than Holm where systems are alike, since their differences then move
    together.

    Parameters
    ----------
    p_values
        Two-sided, of each pair by itself; float64 of shape [s, s], symmetric.
    covariance
        Of the scores, float64 of shape [s, s], positive semi-definite.
    alpha
        Chance of one or more false differences among all pairs.

    Raises
    ------
    UsageError
        Shapes do not fit, a p-value is not within 0 and 1, or ``alpha``, ``trials`` or ``seed`` is
        out of range.
    """
    require_trials(trials)
    require_seed(seed)
    if not 0 < alpha < 1:
        raise UsageError(f"alpha is between 0 and 1, not {alpha}")
    systems = len(covariance)
    if covariance.shape != (systems, systems) or p_values.shape != covariance.shape:
        raise UsageError(
            f"p-values {p_values.shape} and covariance {covariance.shape}: [s, s] is needed of both"
        )
    if not ((p_values >= 0) & (p_values <= 1)).all():
        raise UsageError("a p-value is not a number from 0 to 1")
    if systems <= _PAIR:
        adjusted = p_values.copy()
        np.fill_diagonal(adjusted, 1.0)
        return MaxT(adjusted, alpha)
    largest = _largest(covariance, trials, seed)
    z = -ndtri(p_values / 2)
    count = trials - np.searchsorted(largest, z - 1e-12, side="left")
    adjusted = np.maximum((1 + count) / (trials + 1), p_values)
    np.fill_diagonal(adjusted, 1.0)
    # The most draws that may be as large, for the adjusted p not to exceed alpha.
    most = int(np.floor(alpha * (trials + 1) + 1e-9)) - 1
    if most < 0:
        return MaxT(adjusted, 0.0)
    return MaxT(adjusted, min(alpha, float(2 * ndtr(-largest[trials - 1 - most]))))


def _largest(covariance: Floats, trials: int, seed: int) -> Floats:
    """The largest standardised difference of each draw, ascending; float64 of shape [trials]."""
    systems = len(covariance)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    covariance = root @ root.T
    own = np.diagonal(covariance)
    variance = own[:, np.newaxis] + own[np.newaxis, :] - 2 * covariance
    known = variance > _NOTHING * (own[:, np.newaxis] + own[np.newaxis, :])
    scale = np.where(known, 1 / np.sqrt(np.where(known, variance, 1.0)), 0.0)
    source = np.random.Generator(np.random.Philox(np.random.SeedSequence([7, seed])))
    largest = np.zeros(trials)
    for start in range(0, trials, _CHUNK):
        stop = min(start + _CHUNK, trials)
        draws = source.standard_normal((stop - start, systems)) @ root.T
        for one in range(systems - 1):
            gaps = np.abs(draws[:, one + 1 :] - draws[:, [one]]) * scale[one, one + 1 :]
            np.maximum(largest[start:stop], gaps.max(axis=1), out=largest[start:stop])
    largest.sort()
    return largest
