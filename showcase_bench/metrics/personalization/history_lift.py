"""History lift: how much closer the text is to its user's history than to those of others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.personalization.history_metric import HistoryMetric
from showcase_bench.metrics.personalization.similarity import history_cosines

__all__ = ["HistoryLift"]


@dataclasses.dataclass(frozen=True)
class HistoryLift(HistoryMetric):
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
    bounds: ClassVar[tuple[float, float]] = (-2.0, 2.0)
    facts: ClassVar[Mapping[str, str]] = {
        "negatives": "business",
        "profile": "mean",
        "impl": "sb",
    }

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
