"""The inner loop of greedy inference in determinantal point processes, compiled.

Imported where it is needed, so that listing models does not load the compiler.
"""

from __future__ import annotations

from math import inf, log, sqrt

import numpy as np
from numpy.typing import NDArray

from baselines.common.features import Floats
from showcase_bench.jit import kernel, reordering_kernel

__all__ = ["choose", "choose_from_kernels"]

Counts = NDArray[np.int64]

# Candidates of pools that are worked on at once: one pool's numbers are read while another's wait.
_AT_ONCE = 1024


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


@kernel
def _start(matrices: Floats, p: int, spanned: float, left: Floats, least: Floats, i: int) -> bool:
    """Fill ``left[i]`` and ``least[i]`` from the diagonal; whether that is finite, and from 0."""
    good = True
    for j in range(left.shape[1]):
        own = matrices[p, j, j]
        good &= 0 <= own < inf
        left[i, j] = own if own > 0 else -inf
        least[i, j] = spanned * own
    return good


@kernel
def _largest(values: Floats, i: int) -> int:
    """First position of the largest of ``values[i]``, by four maxima that do not wait in line."""
    n = values.shape[1]
    whole = n - n % 4
    a = b = c = d = -inf
    for j in range(0, whole, 4):
        a = max(a, values[i, j])
        b = max(b, values[i, j + 1])
        c = max(c, values[i, j + 2])
        d = max(d, values[i, j + 3])
    for j in range(whole, n):
        a = max(a, values[i, j])
    best = max(max(a, b), max(c, d))
    for j in range(n):
        if values[i, j] == best:
            return j
    return 0


@reordering_kernel
def _read_row(matrices: Floats, p: int, last: int, factor: Floats, i: int, step: int) -> bool:
    """Copy row ``last`` of ``matrices[p]`` to ``factor[i, step]``; whether it is finite."""
    nothing = 0.0
    for j in range(factor.shape[2]):
        factor[i, step, j] = matrices[p, last, j]
        nothing += 0.0 * matrices[p, last, j]
    return nothing == 0.0


@kernel
def _project(last: int, factor: Floats, left: Floats, least: Floats, i: int, step: int) -> None:
    """Make ``factor[i, step]`` a row of the Cholesky factor, and take its squares off ``left[i]``.

    What falls to ``least`` becomes -inf. Arrays are indexed as a whole: a slice in a loop this
    short would cost more than the loop.
    """
    n = left.shape[1]
    for before in range(step):
        share = factor[i, before, last]
        for j in range(n):
            factor[i, step, j] -= share * factor[i, before, j]
    scale = 1 / sqrt(left[i, last])
    for j in range(n):
        new = factor[i, step, j] * scale
        factor[i, step, j] = new
        rest = left[i, j] - new * new
        left[i, j] = rest if rest > least[i, j] else -inf
    left[i, last] = -inf


@kernel
def choose_from_kernels(
    matrices: Floats, spanned: float, wanted: Counts, chosen: Counts, found: Counts
) -> None:
    """Fill row p of ``chosen`` with positions in ``matrices[p]``, [n, n], in the order of choice.

    Takes the largest ``left``, which is the diagonal with the chosen ones projected out, until
    there are ``wanted[p]``, at most n, or no ``left`` is above ``spanned`` times its diagonal.
    ``found[p]`` is how many there are; -1 if a value that was read is not finite, or one of the
    diagonal negative. Reads the diagonal and the rows of the chosen ones but the last.
    """
    pools, n, _ = matrices.shape
    block = max(1, min(pools, _AT_ONCE // max(1, n)))
    factor = np.empty((block, chosen.shape[1], n))
    left, least = np.empty((block, n)), np.empty((block, n))
    for first in range(0, pools, block):
        here = range(min(block, pools - first))
        for i in here:
            good = _start(matrices, first + i, spanned, left, least, i)
            found[first + i] = 0 if good else -1
        for step in range(chosen.shape[1]):
            for i in here:
                p = first + i
                if found[p] == step and step < wanted[p]:
                    best = _largest(left, i)
                    if left[i, best] > -inf:
                        chosen[p, step] = best
                        found[p] = step + 1
            for i in here:
                p = first + i
                if (
                    found[p] == step + 1
                    and step + 1 < wanted[p]
                    and not _read_row(matrices, p, chosen[p, step], factor, i, step)
                ):
                    found[p] = -1
            for i in here:
                p = first + i
                if found[p] == step + 1 and step + 1 < wanted[p]:
                    _project(chosen[p, step], factor, left, least, i, step)
