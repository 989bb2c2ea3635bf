"""Choosing k rows that are relevant, or relevant and diverse.

Candidates come sorted by image id; wherever two are equally good, the first is taken. All
functions take relevance of shape [n] and features of shape [n, d] with rows of length 1, and
return min(k, n) distinct positions in the order of choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from baselines.common.features import Floats, row_dots

__all__ = ["Candidates", "greedy_dpp", "greedy_dpp_batch", "mmr", "top_k"]

# A candidate whose squared distance from the span of the chosen ones is below this is, within the
# precision of its features, a combination of them.
_SPANNED = 1e-10


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
    row, and q never leaves the logarithm, so no theta overflows. At most O(k n d) for one problem:
    candidates whose gain cannot be the largest are not looked at (Hemmi, Oki, Sakaue, Fujii and
    Iwata 2022).

    Candidates with equal features enter once, by the most relevant of them. When the rank of S is
    exhausted, the rest follows by relevance, repetitions last.

    Problems are solved one after another by compiled code, which is what makes many small ones
    fast; a problem's result does not depend on the others.
    """
    from baselines.common.greedy_kernel import choose

    weight = theta / (1 - theta)  # 2 a
    room = np.empty(max((len(one.relevance) for one in problems), default=0), dtype=np.int64)
    results: list[list[int]] = []
    for one in problems:
        wanted = min(one.k, len(one.relevance))
        count = choose(one.relevance, one.features, weight, _SPANNED, room[:wanted])
        picked: list[int] = room[:count].tolist()
        results.append(picked if count == wanted else _filled(one, picked))
    return results


def _filled(problem: Candidates, picked: list[int]) -> list[int]:
    """``picked``, and the rest by relevance, repetitions last."""
    spanned = set(_distinct(problem)).difference(picked)
    by_relevance = top_k(problem.relevance, len(problem.relevance))
    rest = [j for j in by_relevance if j in spanned]
    repeated = [j for j in by_relevance if j not in spanned and j not in picked]
    return (picked + rest + repeated)[: problem.k]


def _distinct(problem: Candidates) -> list[int]:
    """Positions of the candidates, sorted, the most relevant one of each set of equal features."""
    first: dict[bytes, int] = {}
    for i in top_k(problem.relevance, len(problem.relevance)):
        first.setdefault((problem.features[i] + 0.0).tobytes(), i)
    return sorted(first.values())
