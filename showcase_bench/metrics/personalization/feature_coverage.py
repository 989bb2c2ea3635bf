"""FCR: feature coverage ratio."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetMetric
from showcase_bench.metrics.personalization.feature_metric import FeatureMetric
from showcase_bench.metrics.personalization.features import named_features

__all__ = ["FCR"]


@dataclasses.dataclass(frozen=True)
class FCR(FeatureMetric, SetMetric):
    """Number of different features that the texts name, all together, over those there are.

    The features are the noun phrases of the training reviews in at least ``min_count`` and at most
    a fifth of them. It rises with the number of texts: compare systems on the same examples only.
    Missing texts name nothing; where no feature was mined there is no value. Li et al. 2020.

    Raises
    ------
    UsageError
        ``min_count`` is below 1.
    """

    min_count: int = 5
    train: str | None = None
    """Key of the training texts; filled in when scoring."""

    label: ClassVar[str] = "fcr"
    summary: ClassVar[str] = "share of all features that the texts name together"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with a text, where there are features; bool of shape [n]."""
        return batch.has_text & (self.features(batch) > 0)

    def value(self, numerator: Floats, denominator: Floats) -> Floats:
        """Ratio, at most 1 in spite of rounding; NaN where there are no features."""
        ratio: Floats = np.minimum(super().value(numerator, denominator), 1.0)
        return ratio

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, size, 0]``, float64 of shape [n, 4].

        A feature is split evenly between the examples that name it, and the number of features
        between all examples; it is the same without one of them.
        """
        n, size = len(batch), self.features(batch)
        rows, features = named_features(batch, self.min_count)
        holders = np.bincount(features, minlength=size)[features]
        part = np.bincount(rows, weights=1 / holders, minlength=n)
        lost = np.bincount(rows, weights=holders == 1, minlength=n)
        return np.column_stack([part, lost, np.full(n, size / max(n, 1)), np.zeros(n)])
