"""``length-gap``: how far a text is from its reference in length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, MeanMetric

__all__ = ["LengthGap"]


@dataclass(frozen=True)
class LengthGap(MeanMetric):
    """One minus the shorter over the longer, in words; the nearest reference counts.

    0 where the lengths are equal, 1 for an empty or a missing text. An example without a reference
    is left out. ``most`` cuts the gap: longer texts than so many words count as that long.
    """

    most: int = 1000

    label: ClassVar[str] = "length-gap"
    summary: ClassVar[str] = "difference in length between text and reference"
    group: ClassVar = "n-gram"
    higher_is_better: ClassVar[bool | None] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar = "unit"
    needs: ClassVar = frozenset({"text", "references"})

    def __post_init__(self) -> None:
        """Refuse a value that cannot work, where the user can see it."""
        if type(self.most) is not int or self.most < 1:
            raise UsageError(f"most of length-gap must be a whole number from 1, not {self.most!r}")

    def values(self, batch: Batch) -> NDArray[np.float64]:
        """The gap of each example, float64 of shape [n]."""
        rows = zip(batch.hypotheses, batch.references, strict=True)
        return np.array([self._gap(text or "", known) for text, known in rows], dtype=np.float64)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Those with a reference; bool of shape [n]."""
        return batch.has_reference

    def _gap(self, text: str, references: tuple[str, ...]) -> float:
        own = self._length(text)
        gaps = [1.0]
        for reference in references:
            shorter, longer = sorted((own, self._length(reference)))
            if longer:
                gaps.append(1.0 - shorter / longer)
        return min(gaps)

    def _length(self, text: str) -> int:
        return min(len(text.split()), self.most)
