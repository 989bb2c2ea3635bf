"""The inner loop of greedy inference in determinantal point processes, compiled.

Imported where it is needed, so that listing models does not load the compiler.
"""

from __future__ import annotations

from math import inf, log, sqrt

import numpy as np
from numpy.typing import NDArray

from baselines.common.features import Floats
from showcase_bench.jit import kernel, reordering_kernel

__all__ = ["choose"]

Counts = NDArray[np.int64]


@reordering_kernel
def _dot(one: Floats, other: Floats) -> float:
    """Dot product; additions may be reordered, the same way for all rows of one length."""
    total = 0.0
    for i in range(len(one)):
        total += one[i] * other[i]
    return total


@kernel
def _catch_up(
    j: int, features: Floats, chosen: Counts, steps: int, factor: Floats, left: Floats, done: Counts
) -> None:
    """Project the first ``steps`` chosen rows out of candidate j, as far as that is not done yet.

    Row j of ``factor`` is its row of the Cholesky factor; ``left[j]`` what remains of its length,
    squared.
    """
    for step in range(done[j], steps):
        i = chosen[step]
        known = 0.0
        for column in range(step):
            known += factor[j, column] * factor[i, column]
        new = (_dot(features[j], features[i]) - known) / sqrt(left[i])
        factor[j, step] = new
        left[j] -= new * new
    done[j] = steps


@kernel
def _gain(bonus: float, left: float, spanned: float) -> float:
    return bonus + log(left) if left > spanned else -inf


@kernel
def _first_of_best(score: Floats, best: float, relevance: Floats, features: Floats) -> int:
    """First candidate with the score ``best`` that is the most relevant one with its features."""
    last = -1
    for i in range(len(score)):
        if score[i] != best:
            continue
        repeats = False
        for j in range(len(score)):
            if score[j] == best and relevance[j] > relevance[i]:
                repeats = np.array_equal(features[i], features[j])
                if repeats:
                    break
        if not repeats:
            return i
        last = i
    return last


@kernel
def choose(
    relevance: Floats, features: Floats, weight: float, spanned: float, chosen: Counts
) -> int:
    """Fill ``chosen`` with positions in the order of choice; how many there are.

    Takes the candidate with the largest ``weight * relevance + log(left)`` again and again, where
    ``left`` is its squared distance from the span of those taken, until ``chosen`` is full or no
    ``left`` is above ``spanned``. ``left`` only falls, so a score that is out of date is an upper
    bound: only the largest one is brought up to date, until it is already (Hemmi et al. 2022). The
    choice is that of the full computation.
    """
    score = weight * relevance
    left = np.ones(len(score))
    done = np.zeros(len(score), np.int64)
    factor = np.empty((len(score), len(chosen)))
    for step in range(len(chosen)):
        best = int(np.argmax(score))
        while done[best] < step and score[best] > -inf:
            _catch_up(best, features, chosen, step, factor, left, done)
            score[best] = _gain(weight * relevance[best], left[best], spanned)
            best = int(np.argmax(score))
        if score[best] == -inf:
            return step
        for other in range(best + 1, len(score)):
            if score[other] == score[best] and done[other] < step:
                _catch_up(other, features, chosen, step, factor, left, done)
                score[other] = _gain(weight * relevance[other], left[other], spanned)
        chosen[step] = _first_of_best(score, score[best], relevance, features)
        score[chosen[step]] = -inf
    return len(chosen)
