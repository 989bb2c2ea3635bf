"""What decides the result of a build, and nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass

from showcase_bench.errors import UsageError

__all__ = ["BuildOptions"]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Parameters of a build; all of them are part of the revision.

    Raises
    ------
    UsageError
        A value is out of its range.
    """

    seed: int = 0
    """Decides every order and share that the data leave open. Any integer."""
    history_limit: int = 50
    """Reviews in a row's history at most: the last ones of the user's order. At least 0."""
    iterate: bool = False
    """Whether users who are left with one review after expired photos are gone are dropped too."""
    drop_empty_texts: bool = False
    """Whether reviews without a word are dropped, before users' reviews are counted."""
    max_broken: float = 0.001
    """Share of the lines that may be unusable, 0 to 1."""

    def __post_init__(self) -> None:
        if self.history_limit < 0:
            raise UsageError(f"the history limit must be 0 or more, not {self.history_limit}")
        if not (math.isfinite(self.max_broken) and 0 <= self.max_broken <= 1):
            raise UsageError(f"the share of broken lines must be 0 to 1, not {self.max_broken}")
