"""History lift: how much closer the text is to its user's history than to those of others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import (
    Control,
    Cost,
    Floats,
    Group,
    Need,
    Scale,
    require_at_least,
    require_encoder,
)
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.personalization.rivals import rivals
from showcase_bench.metrics.personalization.similarity import history_cosines

__all__ = ["HistoryLift"]


@dataclasses.dataclass(frozen=True)
class HistoryLift(MeanMetric):
    """Cosine of the text with its user's history less the mean cosine with ``n - 1`` others'.

    The others are users of the same business first (``rivals`` tells how they are drawn); a
    history is the normalised mean of the vectors of its reviews. 0 is a text that fits its user no
    better than others.

    Examples of users without a history are left out, and all examples where fewer than n users
    have one; a missing text scores -2, the worst; the empty text is compared as the encoder has
    it. Read it between the same texts given to other users and the references.

    Raises
    ------
    UsageError
        ``n`` is below 2, or ``encoder`` cannot be a name.
    """

    encoder: str = "minilm"
    n: int = 10

    label: ClassVar[str] = "history-lift"
    summary: ClassVar[str] = "similarity to the user's own history less that to other users'"
    group: ClassVar[Group] = "personalization"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (-2.0, 2.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "histories", "embeddings"})
    cost: ClassVar[Cost] = "high"
    facts: ClassVar[Mapping[str, str]] = {
        "negatives": "business",
        "profile": "mean",
        "impl": "sb",
    }
    oracle: ClassVar[str] = "brute force"
    encoder_field: ClassVar[str | None] = "encoder"
    floor: ClassVar[Control | None] = "other user"

    def __post_init__(self) -> None:
        require_encoder(self.encoder, self.label)
        require_at_least(self.n, 2, f"n of {self.label}")

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples of users with a history, given enough other users; bool of shape [n]."""
        return rivals(batch, self.n).counted

    def values(self, batch: Batch) -> Floats:
        """Difference of cosines of each example, float64 of shape [n].

        Raises
        ------
        UsageError
            An example can be scored, and the batch has no embeddings of texts.
        """
        own, others = history_cosines(batch, self.encoder, self.n)
        lift: Floats = own - others.mean(axis=1)
        return lift
