"""What the metrics of mined features share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from showcase_bench.metrics.base import Group, Metric, Need, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.personalization.features import FACTS, feature_index

__all__ = ["FeatureMetric"]


class FeatureMetric(Metric):
    """A metric of features, mined from the training reviews with at least ``min_count`` of them."""

    min_count: int
    train: str | None

    group: ClassVar[Group] = "personalization"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "training texts"})
    facts: ClassVar[Mapping[str, str]] = FACTS
    citation: ClassVar[str] = (
        "Li et al., Generate neural template explanations for recommendation, CIKM 2020"
    )
    oracle: ClassVar[str] = "brute force"
    corpus_field: ClassVar[str | None] = "train"
    corpus_source: ClassVar[Literal["references", "training texts"]] = "training texts"

    def __post_init__(self) -> None:
        require_at_least(self.min_count, 1, f"min_count of {self.label}")

    def features(self, batch: Batch) -> int:
        """How many features were mined."""
        return len(feature_index(batch, self.min_count))
