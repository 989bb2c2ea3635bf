"""ROUGE-L, with the longest common subsequence found bit-parallel."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, MeanMetric, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.tokens import Tokens, require_tokenizer

__all__ = ["RougeL", "lcs_length"]


def lcs_length(first: Tokens, second: Tokens) -> int:
    """Length of the longest common subsequence; 0 where one is empty.

    One bit per token of ``first`` in an integer, one addition per token of ``second`` (Hyyrö 2004).
    """
    places: dict[str, int] = {}
    bit = 1
    for token in first:
        places[token] = places.get(token, 0) | bit
        bit <<= 1
    mask = bit - 1
    unmatched = mask
    for token in second:
        if token in places:
            matched = unmatched & places[token]
            unmatched = ((unmatched + matched) | (unmatched - matched)) & mask
    return len(first) - unmatched.bit_count()


@dataclasses.dataclass(frozen=True)
class RougeL(MeanMetric):
    """F-measure of the longest common subsequence, the best over the references, averaged.

    Equal to ``rougeL`` of rouge-score without stemming (``score_multi``). Its default tokenizer
    ``words`` drops every letter outside a-z: a text in another script scores 0. A text without
    tokens scores 0, a missing one too; examples without a reference are left out. Lin 2004.

    Raises
    ------
    UsageError
        The tokenizer is unknown.
    """

    tok: str = "words"

    summary: ClassVar[str] = "F-measure of the longest common subsequence, best reference"
    group: ClassVar[Group] = "n-gram"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {
        "case": "lc",
        "stem": "no",
        "refs": "best",
        "impl": "sb",
    }
    citation: ClassVar[str] = (
        "Lin, ROUGE: a package for automatic evaluation of summaries, Text Summarization "
        "Branches Out 2004"
    )
    oracle: ClassVar[str] = "rouge-score 0.1.2 rougeL"

    def __post_init__(self) -> None:
        require_tokenizer(self.tok)

    @property
    def name(self) -> str:
        """``rouge-l``."""
        return "rouge-l"

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one reference; bool of shape [n]."""
        return batch.has_reference()

    def values(self, batch: Batch) -> Floats:
        """Best F-measure of each example, float64 of shape [n]; 0 without a reference."""
        rows = zip(batch.hypothesis_tokens(self.tok), batch.reference_tokens(self.tok), strict=True)
        best = (max((_f_measure(text, ref) for ref in refs), default=0.0) for text, refs in rows)
        return np.fromiter(best, dtype=np.float64, count=len(batch))


def _f_measure(hypothesis: Tokens, reference: Tokens) -> float:
    common = lcs_length(reference, hypothesis)
    if common == 0:
        return 0.0
    precision, recall = common / len(hypothesis), common / len(reference)
    return 2 * precision * recall / (precision + recall)
