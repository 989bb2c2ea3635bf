"""Copy rate: outputs that are a training review."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.outputs import outputs
from showcase_bench.metrics.text_diversity.training import copied

__all__ = ["CopyRate"]


@dataclasses.dataclass(frozen=True)
class CopyRate(MeanMetric):
    """Share of the outputs whose tokens are those of a whole training review.

    A part of a review does not count: ``novelty-n`` measures that. Outputs without tokens are
    left out; a missing text scores 1; without training texts nothing is scored. Our definition.

    Raises
    ------
    UsageError
        The tokenizer is unknown.
    """

    tok: str = "ptb"
    train: str | None = None
    """Key of the training texts; filled in when scoring."""

    label: ClassVar[str] = "copy-rate"
    summary: ClassVar[str] = "share of the outputs that equal a training review"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "training texts"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "match": "whole", "impl": "sb"}
    oracle: ClassVar[str] = "brute force"
    corpus_field: ClassVar[str | None] = "train"
    corpus_source: ClassVar[Literal["references", "training texts"]] = "training texts"

    def __post_init__(self) -> None:
        require_tokenizer(self.tok)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """All examples but those with a text without tokens; none without training texts."""
        if not batch.training:
            return np.zeros(len(batch), dtype=bool)
        found = outputs(batch, self.tok)
        return (found.lengths > 0)[found.document] | ~batch.has_text

    def values(self, batch: Batch) -> Floats:
        """1 for a copy, else 0; float64 of shape [n]."""
        if not batch.training:
            return np.zeros(len(batch))
        found = outputs(batch, self.tok)
        return copied(batch, self.tok).astype(np.float64)[found.document]
