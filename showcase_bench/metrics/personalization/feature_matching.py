"""FMR: feature matching ratio."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Control, Floats, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.personalization.feature_metric import FeatureMetric
from showcase_bench.metrics.personalization.features import (
    named_features,
    named_in_gold,
)

__all__ = ["FMR"]


@dataclasses.dataclass(frozen=True)
class FMR(FeatureMetric, MeanMetric):
    """Mean share of the features of the references that the text names.

    With one feature an example, given by the data, it is the published definition; here the
    features are those that any reference of the example names, out of the noun phrases of the
    training reviews in at least ``min_count`` and at most a fifth of them. Examples whose
    references name no feature are left out, and all where no feature was mined; a missing text
    scores 0. Li et al. 2020.

    Raises
    ------
    UsageError
        ``min_count`` is below 1.
    """

    min_count: int = 5
    train: str | None = None
    """Key of the training texts; filled in when scoring."""

    label: ClassVar[str] = "fmr"
    summary: ClassVar[str] = "share of the references' features that the text names"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references", "training texts"})
    floor: ClassVar[Control | None] = "other user"

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples whose references name at least one feature; bool of shape [n]."""
        return self._known(batch) > 0

    def values(self, batch: Batch) -> Floats:
        """Share of each example, float64 of shape [n]; 0 where the references have no feature."""
        size = self.features(batch)
        text, gold = named_features(batch, self.min_count), named_in_gold(batch, self.min_count)
        both = np.isin(gold.rows * size + gold.features, text.rows * size + text.features)
        hits = np.bincount(gold.rows[both], minlength=len(batch))
        share: Floats = hits / np.maximum(self._known(batch), 1)
        return share

    def _known(self, batch: Batch) -> NDArray[np.int64]:
        """Number of features that the references of each example name."""
        return np.bincount(named_in_gold(batch, self.min_count).rows, minlength=len(batch))
