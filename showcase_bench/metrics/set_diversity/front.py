"""The relevance-diversity front: systems that no other beats on both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from showcase_bench.errors import UsageError

__all__ = ["front"]


def front(relevance: Sequence[float | None], diversity: Sequence[float | None]) -> list[bool]:
    """Which systems are not dominated.

    One system dominates another when it is at least as good on both scores and better on one
    (Pareto). Systems that are equal on both do not dominate each other. O(n log n).

    Parameters
    ----------
    relevance, diversity
        One score of each system, higher is better, in the same order; None where the system has
        no value, and then it neither is on the front nor dominates.

    Returns
    -------
    list of bool
        Whether each system is on the front; empty where there is no system.

    Raises
    ------
    UsageError
        The lengths differ, or a score is NaN.
    """
    if len(relevance) != len(diversity):
        raise UsageError(
            f"the front needs both scores of each system; there are {len(relevance)} values of "
            f"relevance and {len(diversity)} of diversity"
        )
    points = [
        (_number(one), _number(other), at)
        for at, (one, other) in enumerate(zip(relevance, diversity, strict=True))
        if one is not None and other is not None
    ]
    on_front = [False] * len(relevance)
    most: float | None = None
    for _, equals in groupby(sorted(points, reverse=True), key=lambda point: point[0]):
        group = list(equals)
        best = group[0][1]  # the most diverse of those of this relevance
        if most is None or best > most:
            most = best
            for _, value, at in group:
                on_front[at] = value == best
    return on_front


def _number(score: float) -> float:
    if math.isnan(score):
        raise UsageError("a score of the front is NaN; give None where a system has no value")
    return score
