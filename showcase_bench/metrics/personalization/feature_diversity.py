"""DIV of features: how many features two texts have in common."""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetMetric
from showcase_bench.metrics.personalization.feature_metric import FeatureMetric
from showcase_bench.metrics.personalization.features import named_features

__all__ = ["FeatureDiv"]


@dataclasses.dataclass(frozen=True)
class FeatureDiv(FeatureMetric, SetMetric):
    """Mean number of features that two texts both name, over all pairs of texts; lower is better.

    The features are the noun phrases of the training reviews in at least ``min_count`` and at most
    a fifth of them. Texts without a feature share nothing with others, and so score well: read it
    beside ``fcr`` and the length. Missing texts are in no pair; with fewer than two texts, or where
    no feature was mined, there is no value. Called DIV by Li et al. 2020.

    Raises
    ------
    UsageError
        ``min_count`` is below 1.
    """

    min_count: int = 5
    train: str | None = None
    """Key of the training texts; filled in when scoring."""

    label: ClassVar[str] = "feature-div"
    summary: ClassVar[str] = "features that two texts have in common, mean over all pairs"
    higher_is_better: ClassVar[bool | None] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, math.inf)
    scale: ClassVar[Scale] = "count"

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with a text, where there are features; bool of shape [n]."""
        return batch.has_text & (self.features(batch) > 0)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, size, size lost]``, float64 of shape [n, 4]; zeros without a text.

        A feature that a text shares with c others is c pairs: half of them are the text's part,
        and all are lost without it. The sizes count the pairs with other texts alike.
        """
        n, size = len(batch), self.features(batch)
        rows, features = named_features(batch, self.min_count)
        shared = np.bincount(features, minlength=size)[features] - 1
        lost = np.bincount(rows, weights=shared, minlength=n)
        scored = self.scored(batch)
        pairs = np.where(scored, max(int(scored.sum()) - 1, 0), 0)
        return np.column_stack([lost / 2, lost, pairs / 2, pairs]).astype(np.float64)
