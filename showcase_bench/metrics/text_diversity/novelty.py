"""Novelty: n-grams of the outputs that the training reviews do not have."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.outputs import outputs
from showcase_bench.metrics.text_diversity.training import count_known

__all__ = ["Novelty", "novelty_1", "novelty_2", "novelty_3", "novelty_4"]


@dataclasses.dataclass(frozen=True)
class Novelty(MeanMetric):
    """Mean share of an output's n-grams that occur in no training review, repeats counted.

    Neither more nor less is better: 0 is copying, and the surest way to 1 is to write nonsense;
    read it beside the same number of the references. N-grams do not cross texts. Missing texts
    and those of fewer than n tokens are left out; without training texts nothing is scored.
    McCoy et al. 2023.

    Raises
    ------
    UsageError
        ``order`` is below 1, or the tokenizer is unknown.
    """

    order: int
    tok: str = "ptb"
    train: str | None = None
    """Key of the training texts; filled in when scoring."""

    label: ClassVar[str] = "novelty"
    named_by: ClassVar[Mapping[str, str]] = {"order": "-"}
    summary: ClassVar[str] = "share of an output's n-grams that no training review has"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = None
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "training texts"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "impl": "sb"}
    citation: ClassVar[str] = (
        "McCoy et al., How much do language models copy from their training data? Evaluating "
        "linguistic novelty in text generation using RAVEN, TACL 2023"
    )
    oracle: ClassVar[str] = "brute force"
    corpus_field: ClassVar[str | None] = "train"
    corpus_source: ClassVar[Literal["references", "training texts"]] = "training texts"

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of novelty")
        require_tokenizer(self.tok)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Texts of at least ``order`` tokens where there are training texts; bool of shape [n]."""
        if not batch.training:
            return np.zeros(len(batch), dtype=bool)
        found = outputs(batch, self.tok)
        return (found.sizes(self.order) > 0)[found.document] & batch.has_text

    def values(self, batch: Batch) -> Floats:
        """Novel share of each text, float64 of shape [n]; 0 without an n-gram."""
        if not batch.training:
            return np.zeros(len(batch))
        found = outputs(batch, self.tok)
        sizes = found.sizes(self.order)
        known = count_known(batch, self.tok, self.order)
        share: Floats = ((sizes - known) / np.maximum(sizes, 1))[found.document]
        return share


novelty_1 = partial(Novelty, order=1)
novelty_2 = partial(Novelty, order=2)
novelty_3 = partial(Novelty, order=3)
novelty_4 = partial(Novelty, order=4)
