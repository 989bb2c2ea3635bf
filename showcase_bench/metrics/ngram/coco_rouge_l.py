"""ROUGE-L as pycocoevalcap computes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.ngram.overlap import best_reference, common_subsequences, text_lengths
from showcase_bench.metrics.text.tokenizers import require_tokenizer

__all__ = ["CocoRougeL"]

_BETA = 1.2


@dataclasses.dataclass(frozen=True)
class CocoRougeL(MeanMetric):
    """F-measure of the longest common subsequence with beta 1.2, equal to pycocoevalcap's.

    Precision and recall are each the best over the references, so they may come from different
    ones, and the value may exceed that of every single reference. An empty text against an empty
    reference scores 1, as there. Examples without a reference are left out; a missing text
    scores 0. Lin 2004; Chen et al. 2015.

    Raises
    ------
    UsageError
        The tokenizer is unknown.
    """

    tok: str = "ptb-line"

    label: ClassVar[str] = "coco-rouge-l"
    summary: ClassVar[str] = "F-measure of the longest common subsequence as pycocoevalcap has it"
    group: ClassVar[Group] = "n-gram"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "beta": "1.2", "refs": "all", "impl": "sb"}
    citation: ClassVar[str] = (
        "Chen et al., Microsoft COCO captions: data collection and evaluation server, 2015"
    )
    oracle: ClassVar[str] = "pycocoevalcap 1.2 Rouge"

    def __post_init__(self) -> None:
        require_tokenizer(self.tok)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one reference; bool of shape [n]."""
        return batch.has_reference

    def values(self, batch: Batch) -> Floats:
        """Value of each example, float64 of shape [n]; 0 without a reference."""
        offsets = batch.pairing.offsets
        own, other = text_lengths(batch, self.tok)
        own = np.repeat(own, np.diff(offsets))
        # The peer sees one empty token in an empty text.
        shared = common_subsequences(batch, self.tok) + ((own == 0) & (other == 0))
        precision = best_reference(shared / np.maximum(own, 1), offsets)
        recall = best_reference(shared / np.maximum(other, 1), offsets)
        below = recall + _BETA**2 * precision
        value = (1 + _BETA**2) * precision * recall
        return np.divide(value, below, out=np.zeros(len(batch)), where=below > 0)
