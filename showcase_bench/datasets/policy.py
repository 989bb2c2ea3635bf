"""How rows of a data file become examples: the protocol choices that a task fixes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["EXCLUSIONS", "PoolPolicy", "SplitPolicy"]

PoolPolicy = Literal["business", "cross"]

EXCLUSIONS = (
    "cold-business",
    "cold-user",
    "no-choice",
    "no-photos",
    "no-text",
    "repeated-text",
    "small-pool",
    "training-text",
)
"""Traps whose rows can be left out: business or user without a training row; a pool in which
showing everything is right; no photos or no text of its own; a text that an earlier row of the
split or a training row has; a pool smaller than k."""


@dataclass(frozen=True, slots=True)
class SplitPolicy:
    """Protocol choices; part of a task's definition and of every run's identity.

    Raises
    ------
    UsageError
        ``k`` is below 1, a limit or number is negative, or a name to exclude is unknown.
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
    exclude: str = ""
    """Names out of :data:`EXCLUSIONS` with commas between: validation and test rows that fall into
    one of these traps are left out. Kept sorted and without repetition."""

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"k is {self.k}; at least one image must be shown (k >= 1)")
        if self.history_limit is not None and self.history_limit < 0:
            raise UsageError(f"the history limit is {self.history_limit}; it cannot be negative")
        names = {name.strip() for name in self.exclude.split(",")} - {""}
        for name in sorted(names - set(EXCLUSIONS)):
            raise UsageError(f"cannot exclude {name!r}. {did_you_mean(name, EXCLUSIONS)}")
        object.__setattr__(self, "exclude", ",".join(sorted(names)))
        if self.distractors < 0:
            raise UsageError(f"distractors is {self.distractors}; it cannot be negative")
