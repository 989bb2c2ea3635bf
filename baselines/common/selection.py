"""Choosing k rows that are relevant, or relevant and diverse.

Candidates come sorted by image id; wherever two are equally good, the first is taken. All
functions take relevance of shape [n] and features of shape [n, d] with rows of length 1, and
return min(k, n) distinct positions in the order of choice; :func:`greedy_dpp_kernels` takes kernel
matrices in their place, and returns fewer where the rank of one is lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from baselines.common.features import Floats, row_dots

__all__ = ["Candidates", "greedy_dpp", "greedy_dpp_batch", "greedy_dpp_kernels", "mmr", "top_k"]

Counts: TypeAlias = NDArray[np.int64]

# A candidate whose squared distance from the span of the chosen ones is below this part of its
# squared length is, within the precision of its features, a combination of them.
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


def greedy_dpp_kernels(
    kernels: Sequence[Floats] | Floats, k: int | Sequence[int]
) -> list[list[int]]:
    """Greedy MAP inference of determinantal point processes, each given by its kernel matrix.

    ``kernels`` are symmetric positive semi-definite float64 matrices [n, n], whose n may differ, or
    a stack [p, n, n]. ``k``, from 0, holds for all of them, or is one number for each. Each step
    takes the candidate that raises ``log det`` of the chosen ones' submatrix the most, the first of
    equals. At most min(k, n) positions for each matrix, in the order of choice; fewer when the rank
    of the matrix is exhausted, that is, what the chosen ones leave of every other candidate's
    diagonal is at most 1e-10 of it. An empty matrix gives none.

    ``ValueError``: a matrix is not square, has a negative value on the diagonal, or a value that is
    not finite; or ``k`` is negative, or not as many as the matrices. Only what is needed is read
    and checked: the diagonal, and the rows of the chosen candidates but the last. Nothing checks
    that a matrix is symmetric and semi-definite.

    O(k^2 n) for one matrix, by the incremental Cholesky factor of Chen, Zhang and Zhou (2018). A
    stack is solved by one compiled call, a sequence by one for each matrix, which is slower when
    they are small; matrices that are not C-contiguous float64 are copied.
    """
    from baselines.common.greedy_kernel import choose_from_kernels

    matrices, sizes = _matrices(kernels)
    wanted = np.minimum(_wanted(k, len(matrices)), sizes)
    room = np.empty((len(matrices), int(wanted.max(initial=0))), dtype=np.int64)
    found = np.empty(len(matrices), dtype=np.int64)
    if isinstance(matrices, np.ndarray):
        choose_from_kernels(matrices, _SPANNED, wanted, room, found)
    else:
        for i, one in enumerate(matrices):
            at = slice(i, i + 1)
            choose_from_kernels(one[None], _SPANNED, wanted[at], room[at], found[at])
    if (found == room.shape[1]).all():
        full: list[list[int]] = room.tolist()
        return full
    for i in np.flatnonzero(found < 0)[:1].tolist():
        negative = (np.diagonal(matrices[i]) < 0).any()
        what = "a negative value on its diagonal" if negative else "a value that is not finite"
        raise ValueError(f"kernel {i} has {what}")
    return [row[:count] for row, count in zip(room.tolist(), found.tolist(), strict=True)]


def _matrices(kernels: Sequence[Floats] | Floats) -> tuple[Sequence[Floats] | Floats, Counts]:
    """The kernels as compiled code reads them, a stack or one by one, and their sizes."""
    if isinstance(kernels, np.ndarray):
        if kernels.ndim != 3 or kernels.shape[1] != kernels.shape[2]:
            raise ValueError(f"kernels of the shape {kernels.shape}; it must be [pools, n, n]")
        stack = np.ascontiguousarray(kernels, dtype=np.float64)
        return stack, np.full(len(stack), stack.shape[1], dtype=np.int64)
    matrices = [np.ascontiguousarray(one, dtype=np.float64) for one in kernels]
    for i, one in enumerate(matrices):
        if one.ndim != 2 or one.shape[0] != one.shape[1]:
            raise ValueError(f"kernel {i} has the shape {one.shape}; it must be [n, n]")
    return matrices, np.array([len(one) for one in matrices], dtype=np.int64)


def _wanted(k: int | Sequence[int], pools: int) -> Counts:
    """``k`` of each pool."""
    ks = np.asarray(k, dtype=np.int64)
    if ks.shape not in ((), (pools,)):
        raise ValueError(f"k has the shape {ks.shape}; it must be one number, or one for each pool")
    if ks.min(initial=0) < 0:
        raise ValueError(f"k is {ks.min()}; it must be 0 or more")
    return np.broadcast_to(ks, (pools,))


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
