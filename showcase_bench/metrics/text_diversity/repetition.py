"""Repetition: n-grams that an output says more than once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.outputs import outputs

__all__ = ["Repetition", "repetition_1", "repetition_2", "repetition_3", "repetition_4"]


@dataclasses.dataclass(frozen=True)
class Repetition(MeanMetric):
    """Mean over the outputs of 1 - different n-grams / n-grams, each output on its own.

    What Welleck et al. 2020 call seq-rep-n and Su et al. 2022 rep-n, the latter in percent and
    without the mean over outputs. Outputs of fewer than n tokens are left out; a missing text
    scores 1.

    Raises
    ------
    UsageError
        ``order`` is below 1, or the tokenizer is unknown.
    """

    order: int
    tok: str = "ptb"

    label: ClassVar[str] = "repetition"
    named_by: ClassVar[Mapping[str, str]] = {"order": "-"}
    summary: ClassVar[str] = "share of an output's n-grams that repeat an earlier one"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "impl": "sb"}
    citation: ClassVar[str] = (
        "Welleck et al., Neural text generation with unlikelihood training, ICLR 2020"
    )
    oracle: ClassVar[str] = "brute force"

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of repetition")
        require_tokenizer(self.tok)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """All examples but those with a text of fewer than ``order`` tokens; bool of shape [n]."""
        found = outputs(batch, self.tok)
        return (found.sizes(self.order) > 0)[found.document] | ~batch.has_text

    def values(self, batch: Batch) -> Floats:
        """Repeated share of each text, float64 of shape [n]; 0 without an n-gram."""
        found = outputs(batch, self.tok)
        sizes = found.sizes(self.order)
        distinct = np.diff(found.table.level(self.order).bounds)
        share: Floats = ((sizes - distinct) / np.maximum(sizes, 1))[found.document]
        return share


repetition_1 = partial(Repetition, order=1)
repetition_2 = partial(Repetition, order=2)
repetition_3 = partial(Repetition, order=3)
repetition_4 = partial(Repetition, order=4)
