"""Standard errors and confidence intervals from influence values, with one- or two-way clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import ClusterPlan, Clusters

__all__ = ["interval", "standard_error"]

Floats = NDArray[np.float64]


def standard_error(influence: Floats, clusters: Clusters | ClusterPlan = ()) -> Any:
    """Estimate the standard error of a score from the influence of each example on it.

    Without clusters it is ``sqrt(sum(psi**2) / (n (n - 1)))``, which for a mean is the ordinary
    s / sqrt(n). With one column of G clusters the influences are summed within each first, and
    ``G / (G - 1)`` takes the place of ``n / (n - 1)``. With two columns a and b the variance is
    ``V_a + V_b - V_ab`` (Cameron, Gelbach and Miller 2011), which need not be positive; it is
    never taken smaller than the larger of ``V_a`` and ``V_b``, which errs on the wide side. A
    column with fewer than two clusters cannot tell anything, and is left out.

    Parameters
    ----------
    influence
        float64 of shape [n], or [n, m] for m scores; each column sums to zero.
    clusters
        Up to two columns of labels, or the plan made of them.

    Returns
    -------
    float or ndarray
        A float for [n], float64 of shape [m] for [n, m]; NaN where it cannot be estimated: fewer
        than two examples, or every column with fewer than two clusters.

    Raises
    ------
    UsageError
        A column has another length than ``influence``, there are more than two, or an influence
        is not finite.
    """
    psi = np.asarray(influence, dtype=np.float64)
    plan = ClusterPlan.of(clusters, len(psi))
    if not np.isfinite(psi).all():
        raise UsageError("an influence value is not a finite number")
    table = psi[:, np.newaxis] if psi.ndim == 1 else psi
    error: Floats = np.sqrt(_variance(table, plan)) / max(len(psi), 1)
    if not plan.known:
        error = np.full(table.shape[1], np.nan)
    return float(error[0]) if psi.ndim == 1 else error


def interval(
    value: float,
    influence: Floats,
    clusters: Clusters | ClusterPlan = (),
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
    extra_variance: float = 0.0,
) -> tuple[float, float] | None:
    """Confidence interval ``value`` plus and minus a t quantile times the standard error.

    The degrees of freedom are the number of independent units minus one: of the examples, or of
    the clusters of the column that has fewest.

    Parameters
    ----------
    value
        The score.
    influence
        float64 of shape [n].
    clusters
        As for :func:`standard_error`.
    level
        Coverage, between 0 and 1.
    bounds
        The interval is cut at the smallest and largest possible value.
    extra_variance
        Variance of the score from another, independent source, such as training seeds.

    Returns
    -------
    tuple or None
        ``(low, high)``; None where the score is not a number or its error cannot be estimated.

    Raises
    ------
    UsageError
        ``level`` is not between 0 and 1, or as for :func:`standard_error`.
    """
    if not 0 < level < 1:
        raise UsageError(f"the level of an interval is between 0 and 1, not {level}")
    plan = ClusterPlan.of(clusters, len(influence))
    error = standard_error(influence, plan)
    if not (np.isfinite(value) and np.isfinite(error)):
        return None
    freedom = plan.units - 1
    reach = float(stdtrit(freedom, 0.5 + level / 2)) * float(np.hypot(error, extra_variance**0.5))
    low, high = bounds if bounds is not None else (-np.inf, np.inf)
    return max(value - reach, low), min(value + reach, high)


def _variance(table: Floats, plan: ClusterPlan) -> Floats:
    """Variance of the column sums of [n, m], of shape [m]."""
    squares = [_scaled_squares(one) for one in plan.sums(table)]
    if len(squares) < 2:
        return squares[0] if squares else _scaled_squares(table)
    first, second, overlap = squares
    larger: Floats = np.maximum(first, second)
    return np.maximum(first + second - overlap, larger)


def _scaled_squares(sums: Floats) -> Floats:
    units = len(sums)
    squares: Floats = (sums**2).sum(axis=0)
    return squares * (units / max(units - 1, 1))
