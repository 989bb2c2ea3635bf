"""Length of the outputs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.text.tokenizers import require_tokenizer

__all__ = ["Length"]


@dataclasses.dataclass(frozen=True)
class Length(MeanMetric):
    """Mean number of tokens of the outputs; missing ones are left out, empty ones count as 0.

    Neither longer nor shorter is better; it stands beside the metrics that depend on it.

    Raises
    ------
    UsageError
        The tokenizer is unknown.
    """

    tok: str = "ptb"

    label: ClassVar[str] = "length"
    summary: ClassVar[str] = "mean number of tokens of the outputs"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = None
    bounds: ClassVar[tuple[float, float]] = (0.0, math.inf)
    scale: ClassVar[Scale] = "count"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "impl": "sb"}
    oracle: ClassVar[str] = "brute force"

    def __post_init__(self) -> None:
        require_tokenizer(self.tok)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with a predicted text; bool of shape [n]."""
        return batch.has_text

    def values(self, batch: Batch) -> Floats:
        """Tokens of each text, float64 of shape [n]."""
        rows = batch.hypothesis_rows
        return batch.table.tokens(self.tok, rows).lengths[rows].astype(np.float64)
