"""Choosing k rows that are relevant, or relevant and diverse.

Candidates come sorted by image id; wherever two are equally good, the first is taken. All
functions take relevance of shape [n] and features of shape [n, d] with rows of length 1, and
return min(k, n) distinct positions in the order of choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from baselines.common.features import Floats, row_dots

__all__ = ["Candidates", "greedy_dpp", "greedy_dpp_batch", "mmr", "top_k"]

# A candidate whose squared distance from the span of the chosen ones is below this is, within the
# precision of its features, a combination of them.
_SPANNED = 1e-10
_NUMBERS_AT_ONCE = 1 << 20


class Candidates(NamedTuple):
    """One problem of :func:`greedy_dpp_batch`."""

    relevance: Floats
    features: Floats
    k: int


def top_k(relevance: Floats, k: int) -> list[int]:
    """Return the k most relevant."""
    order: list[int] = np.argsort(-relevance, kind="stable")[:k].tolist()
    return order


def mmr(relevance: Floats, features: Floats, k: int, trade_off: float) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein 1998).

    Takes, one after another, the candidate with the largest ``trade_off * relevance -
    (1 - trade_off) * (largest cosine with a chosen one)``; the first is the most relevant.
    """
    if not len(relevance):
        return []
    chosen = [int(np.argmax(relevance))]
    nearest = np.full(len(relevance), -np.inf)
    left = np.ones(len(relevance), dtype=bool)
    while len(chosen) < min(k, len(relevance)):
        left[chosen[-1]] = False
        nearest = np.maximum(nearest, row_dots(features, features[chosen[-1]]))
        score = trade_off * relevance - (1 - trade_off) * nearest
        chosen.append(int(np.argmax(np.where(left, score, -np.inf))))
    return chosen


def greedy_dpp(relevance: Floats, features: Floats, k: int, theta: float) -> list[int]:
    """Greedy MAP of one determinantal point process; see :func:`greedy_dpp_batch`."""
    return greedy_dpp_batch([Candidates(relevance, features, k)], theta)[0]


def greedy_dpp_batch(problems: Sequence[Candidates], theta: float) -> list[list[int]]:
    """Greedy MAP inference of determinantal point processes (Chen, Zhang and Zhou 2018).

    The kernel is ``L = Diag(q) S Diag(q)`` with ``S = features @ features.T``, ``q =
    exp(a * relevance)`` and ``a = theta / (2 * (1 - theta))``; ``theta`` in [0, 1) weighs
    relevance against diversity. Each step takes the candidate that raises ``log det L`` of the
    chosen set the most, which is ``2 * a * relevance`` plus the log of what S leaves of the
    candidate when the chosen ones are projected out; the Cholesky factor of S is extended row by
    row, and q never leaves the logarithm, so no theta overflows. O(k n d) for one problem.

    Candidates with equal features enter once, by the most relevant of them. When the rank of S is
    exhausted, the rest follows by relevance, repetitions last.

    Problems are padded and solved together, grouped by size; a problem's result does not depend
    on the others.
    """
    weight = theta / (1 - theta)  # 2 a
    distinct = [_distinct(one) for one in problems]
    results: list[list[int]] = [[] for _ in problems]
    for group in _groups(problems, distinct):
        chosen = _solve([problems[i] for i in group], [distinct[i] for i in group], weight)
        for i, own in zip(group, chosen, strict=True):
            picked = [distinct[i][j] for j in own]
            relevance = problems[i].relevance
            spanned = set(distinct[i]).difference(picked)
            by_relevance = top_k(relevance, len(relevance))
            rest = [j for j in by_relevance if j in spanned]
            repeated = [j for j in by_relevance if j not in spanned and j not in picked]
            results[i] = (picked + rest + repeated)[: problems[i].k]
    return results


def _distinct(problem: Candidates) -> list[int]:
    """Positions of the candidates, sorted, the most relevant one of each set of equal features."""
    first: dict[bytes, int] = {}
    for i in top_k(problem.relevance, len(problem.relevance)):
        first.setdefault((problem.features[i] + 0.0).tobytes(), i)
    return sorted(first.values())


def _groups(problems: Sequence[Candidates], distinct: Sequence[list[int]]) -> list[list[int]]:
    """Non-empty problems of like size, as many together as keep the padded array small."""
    order = [i for i in range(len(problems)) if distinct[i]]
    order.sort(key=lambda i: (len(distinct[i]), problems[i].k))
    groups: list[list[int]] = []
    for i in order:
        size = len(distinct[i]) * problems[i].features.shape[1]
        if groups and (len(groups[-1]) + 1) * size <= _NUMBERS_AT_ONCE:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _solve(
    problems: Sequence[Candidates], distinct: Sequence[list[int]], weight: float
) -> list[list[int]]:
    """Positions within ``distinct`` that the greedy algorithm takes before the rank is exhausted.

    Arrays are [b, n, d] with zeros as padding; ``left`` is d² of the paper for the kernel S, and
    ``factor`` its Cholesky rows c, one column a step.
    """
    b, n = len(problems), max(len(own) for own in distinct)
    steps = min(n, max(one.k for one in problems))
    features = np.zeros((b, n, problems[0].features.shape[1]))
    bonus = np.zeros((b, n))
    left = np.zeros((b, n))
    for i, (one, own) in enumerate(zip(problems, distinct, strict=True)):
        features[i, : len(own)] = one.features[own]
        bonus[i, : len(own)] = weight * one.relevance[own]
        left[i, : len(own)] = 1.0
    factor = np.zeros((b, n, steps))
    chosen: list[list[int]] = [[] for _ in problems]
    every = np.arange(b)
    for step in range(steps):
        best, alive = _best(bonus, left)
        for i, one in enumerate(problems):
            if alive[i] and step < one.k:
                chosen[i].append(int(best[i]))
        pivot = np.sqrt(np.where(alive, left[every, best], 1.0))
        known = (factor[:, :, :step] * factor[every, best, None, :step]).sum(axis=2)
        new = ((features * features[every, best, None]).sum(axis=2) - known) / pivot[:, None]
        factor[:, :, step] = new
        left -= new * new
        left[every, best] = 0.0
    return chosen


def _best(bonus: Floats, left: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Best candidate of each problem, and whether there is one outside the span of the chosen."""
    free = left > _SPANNED
    score = np.where(free, bonus + np.log(np.where(free, left, 1.0)), -np.inf)
    return np.argmax(score, axis=1), np.asarray(free.any(axis=1), dtype=bool)
