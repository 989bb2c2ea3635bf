"""ROUGE as rouge-score computes it: n-grams and the longest common subsequence."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Floats, Group, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.ngram.overlap import (
    best_reference,
    common_subsequences,
    overlap,
    text_lengths,
)
from showcase_bench.metrics.text.tokenizers import require_tokenizer

__all__ = ["Rouge", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_l"]

_UNITS = ("1", "2", "3", "4", "l")


@dataclasses.dataclass(frozen=True)
class Rouge(MeanMetric):
    """F-measure of what text and reference share, the best over the references, averaged.

    Equal to ``rouge1`` to ``rouge4`` and ``rougeL`` of rouge-score (``score_multi``). Its default
    tokenizer ``words`` drops every letter outside a-z: a text in another script scores 0. A text
    without tokens scores 0, a missing one too; examples without a reference are left out.
    Lin 2004.

    Raises
    ------
    UsageError
        The unit or the tokenizer is unknown.
    """

    unit: str
    """``1`` to ``4``: n-grams of that many tokens; ``l``: the longest common subsequence."""
    tok: str = "words"
    stem: bool = False
    """Compare Porter stems of the tokens of more than three letters."""

    label: ClassVar[str] = "rouge"
    named_by: ClassVar[Mapping[str, str]] = {"unit": "-"}
    summary: ClassVar[str] = "F-measure of shared n-grams or subsequence, best reference"
    group: ClassVar[Group] = "n-gram"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "refs": "best", "impl": "sb"}
    citation: ClassVar[str] = (
        "Lin, ROUGE: a package for automatic evaluation of summaries, Text Summarization "
        "Branches Out 2004"
    )
    oracle: ClassVar[str] = "rouge-score 0.1.2"

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise UsageError(f"rouge counts one of {', '.join(_UNITS)}, not {self.unit!r}")
        require_tokenizer(self._tokenizer)

    @property
    def _tokenizer(self) -> str:
        return f"{self.tok}+stem" if self.stem else self.tok

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one reference; bool of shape [n]."""
        return batch.has_reference

    def values(self, batch: Batch) -> Floats:
        """Best F-measure of each example, float64 of shape [n]; 0 without a reference."""
        own, other = text_lengths(batch, self._tokenizer)
        if self.unit == "l":
            shared = common_subsequences(batch, self._tokenizer)
        else:
            order = int(self.unit)
            shared = overlap(batch, self._tokenizer).shared[:, order - 1]
            own, other = np.maximum(own - order + 1, 0), np.maximum(other - order + 1, 0)
        offsets = batch.pairing.offsets
        precision = shared / np.maximum(np.repeat(own, np.diff(offsets)), 1)
        recall = shared / np.maximum(other, 1)
        total = precision + recall
        f = np.divide(2 * precision * recall, total, out=np.zeros(len(total)), where=total > 0)
        return best_reference(f, offsets)


rouge_1 = partial(Rouge, unit="1")
rouge_2 = partial(Rouge, unit="2")
rouge_3 = partial(Rouge, unit="3")
rouge_4 = partial(Rouge, unit="4")
rouge_l = partial(Rouge, unit="l")
