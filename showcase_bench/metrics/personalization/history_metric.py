"""What the metrics that compare a text with histories share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import (
    Control,
    Cost,
    Group,
    Need,
    Scale,
    require_at_least,
    require_encoder,
)
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.personalization.rivals import rivals

__all__ = ["HistoryMetric"]


class HistoryMetric(MeanMetric):
    """A metric of the cosines of a text with the histories of its user and of ``n - 1`` others."""

    encoder: str
    n: int

    group: ClassVar[Group] = "personalization"
    higher_is_better: ClassVar[bool | None] = True
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "histories", "embeddings"})
    cost: ClassVar[Cost] = "high"
    oracle: ClassVar[str] = "brute force"
    encoder_field: ClassVar[str | None] = "encoder"
    floor: ClassVar[Control | None] = "other user"

    def __post_init__(self) -> None:
        require_encoder(self.encoder, self.short_name)
        require_at_least(self.n, 2, f"n of {self.short_name}")

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples of users with a history, given enough other users; bool of shape [n]."""
        return rivals(batch, self.n).counted
