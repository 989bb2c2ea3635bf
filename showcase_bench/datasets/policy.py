"""How rows of a data file become examples: the protocol choices that a task fixes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from showcase_bench.errors import UsageError

__all__ = ["PoolPolicy", "SplitPolicy"]

PoolPolicy = Literal["business", "cross"]


@dataclass(frozen=True, slots=True)
class SplitPolicy:
    """Protocol choices; part of a task's definition and of every run's identity.

    Raises
    ------
    UsageError
        ``k`` is below 1, or a limit or number is negative.
    """

    k: int = 3
    """Images shown at most."""
    history_limit: int | None = None
    """Keep the last so many history reviews (in the file's order); None keeps all."""
    mask_history: bool = True
    """Drop history texts that are the target of a validation or test row, and any row's own."""
    pool: PoolPolicy = "business"
    """``business``: all photos of the business in the file's splits. ``cross``: the same plus
    photos of other businesses."""
    distractors: int = 20
    """How many photos of other businesses ``cross`` adds."""

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"k is {self.k}; at least one image must be shown (k >= 1)")
        if self.history_limit is not None and self.history_limit < 0:
            raise UsageError(f"the history limit is {self.history_limit}; it cannot be negative")
        if self.distractors < 0:
            raise UsageError(f"distractors is {self.distractors}; it cannot be negative")
