"""USR: unique sentence ratio."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats, Group, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetItems, SetMetric, require_same_examples
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.outputs import outputs, set_rows, token_numbers, totals

__all__ = ["USR"]


@dataclasses.dataclass(frozen=True)
class USR(SetMetric):
    """Number of different outputs over the number of outputs.

    Outputs are equal where their tokens are. It falls with the number of outputs: compare systems
    on the same examples only. Missing texts add nothing; all texts without tokens count as one
    and the same output; without any text there is no value. Li et al. 2020.

    Raises
    ------
    UsageError
        The tokenizer is unknown.
    """

    tok: str = "ptb"

    label: ClassVar[str] = "usr"
    summary: ClassVar[str] = "different outputs over all outputs"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "impl": "sb"}
    citation: ClassVar[str] = (
        "Li et al., Generate neural template explanations for recommendation, CIKM 2020"
    )
    oracle: ClassVar[str] = "brute force"

    def __post_init__(self) -> None:
        require_tokenizer(self.tok)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, 1, 1]``, float64 of shape [n, 4]; zeros without a text."""
        found = outputs(batch, self.tok)
        same = token_numbers(batch.table.tokens(self.tok, found.rows), found.rows)
        holders = totals(same, found.copies, len(same))[same]
        one_each = np.ones(len(holders))
        return set_rows(found, batch, 1 / np.maximum(holders, 1), holders == 1, one_each, one_each)

    def items(self, batches: Sequence[Batch]) -> list[SetItems] | None:
        """The text of each example that has one, the same where the tokens are."""
        require_same_examples(batches)
        if not batches:
            return []
        rows = np.concatenate([batch.hypothesis_rows for batch in batches])
        numbers = token_numbers(batches[0].table.tokens(self.tok, rows), rows)
        size = int(numbers.max(initial=-1)) + 1
        return [
            SetItems(np.append(0, np.cumsum(batch.has_text)), own[batch.has_text], size)
            for batch, own in zip(batches, np.split(numbers, len(batches)), strict=True)
        ]
