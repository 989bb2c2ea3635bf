"""Which systems differ, between which ranks each may stand, and the letters that show ties."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from showcase_bench.errors import UsageError
from showcase_bench.stats.intervals import (
    Clusters,
    encode_clusters,
    independent_units,
    standard_error,
)

__all__ = ["RankInterval", "pairwise_significant", "rank_intervals", "tie_letters"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ROUNDING = 1e-12


class RankInterval(NamedTuple):
    """The ranks that a system may hold; 1 is the best."""

    best: int
    worst: int


def pairwise_significant(
    values: Floats, influence: Floats, clusters: Clusters = (), alpha: float = 0.05
) -> Bools:
    """Which pairs of systems differ, by two-sided paired t-tests with Holm's correction.

    The standard error of a difference is that of the difference of the influences; the degrees of
    freedom are the independent units minus one. Equal values (to rounding) never differ. A
    difference that is the same for every unit has no estimable error, and the p-value of a sign
    test, ``2 ** (1 - units)``, takes its place. Where an error cannot be estimated at all, nothing
    differs.

    Parameters
    ----------
    values
        float64 of shape [s].
    influence
        float64 of shape [n, s], of the same examples for every system.
    clusters
        As for :func:`~showcase_bench.stats.standard_error`.
    alpha
        Chance of one or more false differences among all pairs.

    Returns
    -------
    ndarray
        bool of shape [s, s], symmetric, False on the diagonal.

    Raises
    ------
    UsageError
        Shapes do not fit, a value is not finite, or ``alpha`` is not between 0 and 1.
    """
    values = np.asarray(values, dtype=np.float64)
    if influence.ndim != 2 or values.shape != influence.shape[1:]:
        raise UsageError(
            f"values of shape {values.shape} do not fit an influence of shape {influence.shape}; "
            "[s] and [n, s] are needed"
        )
    if not np.isfinite(values).all():
        raise UsageError("a system without a finite score cannot be ranked; leave it out")
    if not 0 < alpha < 1:
        raise UsageError(f"alpha is between 0 and 1, not {alpha}")
    columns = encode_clusters(clusters, len(influence))
    first, second = np.triu_indices(len(values), k=1)
    p_values = _p_values(values, influence, columns)[first, second]
    differ = np.zeros((len(values), len(values)), dtype=bool)
    differ[first, second] = _holm(p_values) <= alpha
    return differ | differ.T


def rank_intervals(
    values: Floats, influence: Floats, clusters: Clusters = (), alpha: float = 0.05
) -> list[RankInterval]:
    """Ranks that each system may hold, the highest value first.

    A system's best rank is 1 plus the number of systems that are significantly better, its worst
    is s minus the number that are significantly worse. For a metric where lower is better the
    caller passes ``-values`` and ``-influence``. Parameters and errors are those of
    :func:`pairwise_significant`.
    """
    values = np.asarray(values, dtype=np.float64)
    differ = pairwise_significant(values, influence, clusters, alpha)
    better = differ & (values[np.newaxis, :] > values[:, np.newaxis])
    worse = differ & (values[np.newaxis, :] < values[:, np.newaxis])
    return [
        RankInterval(1 + int(above), len(values) - int(below))
        for above, below in zip(better.sum(axis=1), worse.sum(axis=1), strict=True)
    ]


def tie_letters(values: Floats, significant: Bools) -> list[str]:
    """Compact letter display: two systems share a letter exactly where they do not differ.

    Insert and absorb (Piepho 2004). Letters go from the highest value down; after ``Z`` they carry
    a number, as in ``a2``.

    Parameters
    ----------
    values
        float64 of shape [s]; only their order counts.
    significant
        bool of shape [s, s] and symmetric, as :func:`pairwise_significant` gives.

    Returns
    -------
    list of str
        The letters of each system, at least one.

    Raises
    ------
    UsageError
        ``significant`` is not symmetric, has a True diagonal, or does not fit ``values``.
    """
    s = len(values)
    if significant.shape != (s, s) or (significant != significant.T).any():
        raise UsageError(f"a symmetric matrix of {s} times {s} is needed for the letters")
    if significant.diagonal().any():
        raise UsageError("a system cannot differ from itself")
    order = sorted(range(s), key=lambda one: (-values[one], one))
    place = {system: at for at, system in enumerate(order)}
    groups = _insert_and_absorb(significant[np.ix_(order, order)])
    letters: list[list[str]] = [[] for _ in range(s)]
    for number, group in enumerate(sorted(sorted(group) for group in groups)):
        for at in group:
            letters[at].append(_letter(number))
    return ["".join(letters[place[system]]) for system in range(s)]


def _letter(number: int) -> str:
    turn, letter = divmod(number, len(ascii_letters))
    return ascii_letters[letter] + (str(turn + 1) if turn else "")


def _insert_and_absorb(differ: Bools) -> list[frozenset[int]]:
    groups = [frozenset(range(len(differ)))]
    for one, other in np.argwhere(np.triu(differ)).tolist():
        split = [group for group in groups if one in group and other in group]
        kept = [group for group in groups if not (one in group and other in group)]
        parts = [part for group in split for part in (group - {one}, group - {other})]
        groups = _absorb([*kept, *parts])
    return groups


def _absorb(groups: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    distinct = list(dict.fromkeys(groups))
    return [group for group in distinct if not any(group < other for other in distinct)]


def _p_values(values: Floats, influence: Floats, columns: Sequence[NDArray[np.int64]]) -> Floats:
    """Two-sided p-values of all pairs, float64 of shape [s, s]."""
    units = independent_units(columns, len(influence))
    p_values = np.ones((len(values), len(values)))
    for one, value in enumerate(values):
        gap = np.abs(values - value)
        error = standard_error(influence - influence[:, [one]], columns)
        with np.errstate(invalid="ignore", divide="ignore"):
            p = 2 * stdtr(max(units - 1, 1), -gap / error)
        p = np.where(error > _ROUNDING * gap, p, 2.0 ** (1 - min(units, 1000)))
        rounding = _ROUNDING * np.maximum(np.abs(values), abs(value))
        p_values[one] = np.where(np.isnan(error) | (gap <= rounding), 1.0, p)
    return p_values


def _holm(p_values: Floats) -> Floats:
    """Holm's step-down adjusted p-values, of the same shape [m]."""
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted
