"""How systems are to be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from showcase_bench.errors import UsageError

__all__ = ["Adjustment", "Settings"]

Adjustment = Literal["max-t", "holm", "bh", "none"]


@dataclass(frozen=True)
class Settings:
    """How to compare.

    Raises
    ------
    UsageError
        A value is out of range.
    """

    primary: str | None = None
    """Name of the metric that conclusions rest on; None: the task's, else the first."""
    clusters: tuple[str, ...] | None = None
    """Columns to cluster by; None: all that there are."""
    adjust: Adjustment = "max-t"
    alpha: float = 0.05
    rope: Mapping[str, float] | None = None
    """Metric name to the largest difference that does not matter."""
    trials: int = 10_000
    seed: int = 0
    bootstrap: bool = False
    """Whether to audit intervals and p-values by resampling."""

    def __post_init__(self) -> None:
        if self.adjust not in get_args(Adjustment):
            raise UsageError(
                f"adjust is one of {', '.join(get_args(Adjustment))}, not {self.adjust!r}"
            )
        if not 0 < self.alpha < 1:
            raise UsageError(f"alpha is between 0 and 1, not {self.alpha}")
