"""Between which ranks each system may stand, and the letters that show ties."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError

__all__ = ["RankInterval", "rank_intervals", "tie_letters"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class RankInterval(NamedTuple):
    """The ranks that a system may hold; 1 is the best."""

    best: int
    worst: int


def rank_intervals(values: Floats, significant: Bools) -> list[RankInterval]:
    """Ranks that each system may hold, the highest value first.

    A system's best rank is 1 plus the number of systems that are significantly better, its worst
    is s minus the number that are significantly worse. Where ``significant`` errs with a chance of
    at most alpha on any pair, all true ranks are covered at once with 1 - alpha (Klein, Wright and
    Wieczorek 2020; Mogstad et al. 2024). For a metric where lower is better the caller passes
    ``-values``.

    Parameters
    ----------
    values
        float64 of shape [s].
    significant
        Which pairs differ, with all pairs looked at together; bool of shape [s, s], symmetric.

    Raises
    ------
    UsageError
        ``significant`` is not symmetric, has a True diagonal, or does not fit ``values``.
    """
    _require_fit(values, significant)
    better = significant & (values[np.newaxis, :] > values[:, np.newaxis])
    worse = significant & (values[np.newaxis, :] < values[:, np.newaxis])
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
        bool of shape [s, s] and symmetric.

    Returns
    -------
    list of str
        The letters of each system, at least one.

    Raises
    ------
    UsageError
        ``significant`` is not symmetric, has a True diagonal, or does not fit ``values``.
    """
    _require_fit(values, significant)
    s = len(values)
    order = sorted(range(s), key=lambda one: (-values[one], one))
    place = {system: at for at, system in enumerate(order)}
    groups = _insert_and_absorb(significant[np.ix_(order, order)])
    letters: list[list[str]] = [[] for _ in range(s)]
    for number, group in enumerate(sorted(sorted(group) for group in groups)):
        for at in group:
            letters[at].append(_letter(number))
    return ["".join(letters[place[system]]) for system in range(s)]


def _require_fit(values: Floats, significant: Bools) -> None:
    s = len(values)
    if significant.shape != (s, s) or (significant != significant.T).any():
        raise UsageError(f"a symmetric matrix of {s} times {s} is needed to rank {s} systems")
    if significant.diagonal().any():
        raise UsageError("a system cannot differ from itself")


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
