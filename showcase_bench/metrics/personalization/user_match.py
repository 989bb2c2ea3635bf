"""User match: whether the text tells who it is written for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.personalization.history_metric import HistoryMetric
from showcase_bench.metrics.personalization.similarity import history_cosines

__all__ = ["UserMatch", "user_match_accuracy", "user_match_mrr"]

_MEASURES = ("mrr", "accuracy")
_TIE = 1e-6
"""Cosines that are no further apart are equal: encoders give a text that much noise."""


@dataclasses.dataclass(frozen=True)
class UserMatch(HistoryMetric):
    """Rank of the true user's history among those of ``n`` users by similarity to the text.

    The others are users of the same business first (``rivals`` tells how they are drawn); the
    similarity is the cosine of the text's vector with the normalised mean of those of the
    history's reviews. ``mrr`` is the mean of 1 / rank, where the rank is 1 plus the number of more
    similar histories plus half the number of equally similar ones; ``accuracy`` is the mean share
    of first places, shared between equally similar histories. By chance the accuracy is 1 / n, and
    for n = 10 the ``mrr`` .293.

    Examples of users without a history are left out, and all examples where fewer than n users
    have one; a missing text scores 0; the empty text is compared as the encoder has it. Read it
    between the same texts given to other users and the references.

    Raises
    ------
    UsageError
        ``measure`` is unknown, ``n`` is below 2, or ``encoder`` cannot be a name.
    """

    measure: str
    encoder: str = "minilm"
    n: int = 10

    label: ClassVar[str] = "user-match"
    named_by: ClassVar[Mapping[str, str]] = {"measure": "-"}
    summary: ClassVar[str] = "rank of the user's own history by similarity to the text"
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    facts: ClassVar[Mapping[str, str]] = {
        "negatives": "business",
        "profile": "mean",
        "ties": "shared",
        "impl": "sb",
    }

    def __post_init__(self) -> None:
        if self.measure not in _MEASURES:
            known = did_you_mean(str(self.measure), _MEASURES)
            raise UsageError(f"unknown measure {self.measure!r} of user-match. {known}")
        super().__post_init__()

    def values(self, batch: Batch) -> Floats:
        """1 / rank, or the share of the first place, of each example; float64 of shape [n].

        Raises
        ------
        UsageError
            An example can be scored, and the batch has no embeddings of texts.
        """
        own, others = history_cosines(batch, self.encoder, self.n)
        ahead = others - own[:, np.newaxis]
        greater, equal = (ahead > _TIE).sum(axis=1), (np.abs(ahead) <= _TIE).sum(axis=1)
        if self.measure == "mrr":
            reciprocal: Floats = 1 / (1 + greater + 0.5 * equal)
            return reciprocal
        return np.where(greater == 0, 1 / (1 + equal), 0.0)


user_match_mrr = partial(UserMatch, measure="mrr")
user_match_accuracy = partial(UserMatch, measure="accuracy")
