"""Joint uncertainty of the scores of several systems on the same examples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import ClusterPlan, Clusters
from showcase_bench.stats.intervals import standard_error

__all__ = ["Joint", "joint_uncertainty"]

Floats = NDArray[np.float64]

_CANCELLED = 1e-6
"""Below this share of the systems' own variances, that of a difference is computed directly."""


class Joint(NamedTuple):
    """Covariance of scores, and the standard errors of all differences."""

    covariance: Floats
    """float64 of shape [s, s], positive semi-definite."""
    error: Floats
    """Standard error of the difference of each two systems, float64 of shape [s, s], 0 on the
    diagonal; NaN where it cannot be estimated."""
    units: int
    """Independent units: clusters of the column that has fewest, else examples."""


def joint_uncertainty(influence: Floats, clusters: Clusters | ClusterPlan = ()) -> Joint:
    """Covariance matrix of the scores of s systems, from the influence matrix.

    The standard error of a difference is what
    :func:`~showcase_bench.stats.intervals.standard_error` gives for the difference of two columns;
    all pairs together are quadratic forms of a few [s, s] matrices. With two columns of clusters
    the matrix V_a + V_b - V_ab need not be positive semi-definite: its negative eigenvalues are
    set to 0.

    Parameters
    ----------
    influence
        float64 of shape [n, s]; each column sums to zero.
    clusters
        Up to two columns of labels, or the plan made of them.

    Raises
    ------
    UsageError
        A shape does not fit, or an influence is not finite.
    """
    psi = np.asarray(influence, dtype=np.float64)
    if psi.ndim != 2:
        raise UsageError(f"an influence matrix has the shape [n, s], not {psi.shape}")
    if not np.isfinite(psi).all():
        raise UsageError("an influence value is not a finite number")
    plan = ClusterPlan.of(clusters, len(psi))
    systems = psi.shape[1]
    if not plan.known:
        unknown = np.full((systems, systems), np.nan)
        np.fill_diagonal(unknown, 0.0)
        return Joint(np.zeros((systems, systems)), unknown, plan.units)
    one_way, whole = _matrices(psi, plan)
    variance = _of_differences(whole)
    for matrix in one_way:
        variance = np.maximum(variance, _of_differences(matrix))
    own = np.max([np.diagonal(matrix) for matrix in (*one_way, np.abs(whole))], axis=0)
    error = np.sqrt(np.maximum(variance, 0.0)) / len(psi)
    close = variance < _CANCELLED * (own[:, np.newaxis] + own[np.newaxis, :])
    for first, second in np.argwhere(np.triu(close, k=1)).tolist():
        exact = standard_error(psi[:, first] - psi[:, second], plan)
        error[first, second] = error[second, first] = exact
    np.fill_diagonal(error, 0.0)
    return Joint(_positive(whole) / len(psi) ** 2, error, plan.units)


def _matrices(psi: Floats, plan: ClusterPlan) -> tuple[list[Floats], Floats]:
    """Those of each column, and their combination."""
    found = [_scaled_products(sums) for sums in plan.sums(psi)] or [_scaled_products(psi)]
    if len(found) == 1:
        return found, found[0]
    first, second, overlap = found
    return [first, second], first + second - overlap


def _scaled_products(sums: Floats) -> Floats:
    units = len(sums)
    products: Floats = (sums.T @ sums) * (units / max(units - 1, 1))
    return products


def _of_differences(matrix: Floats) -> Floats:
    own = np.diagonal(matrix)
    return own[:, np.newaxis] + own[np.newaxis, :] - matrix - matrix.T


def _positive(matrix: Floats) -> Floats:
    """The nearest positive semi-definite matrix."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if values.size and values[0] >= 0:
        return matrix
    projected: Floats = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return projected
