"""Distinct-n: variety of the n-grams over all outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetItems, SetMetric, require_same_examples
from showcase_bench.metrics.text.ngrams import Level
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.outputs import (
    Outputs,
    common_ngrams,
    outputs,
    per_document,
    set_rows,
    totals,
)

__all__ = ["Distinct", "distinct_1", "distinct_2", "distinct_3", "distinct_columns"]


@dataclasses.dataclass(frozen=True)
class Distinct(SetMetric):
    """Number of different n-grams over the number of n-grams, over all outputs together.

    It falls with the number and the length of the outputs: compare systems on the same examples
    only, with the length beside it. N-grams do not cross outputs; missing, empty and shorter
    texts add nothing; without any n-gram there is no value. Li et al. 2016.

    Raises
    ------
    UsageError
        ``order`` is below 1, or the tokenizer is unknown.
    """

    order: int
    tok: str = "ptb"

    label: ClassVar[str] = "distinct"
    named_by: ClassVar[Mapping[str, str]] = {"order": "-"}
    summary: ClassVar[str] = "different n-grams over all n-grams of the outputs"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "impl": "sb"}
    citation: ClassVar[str] = (
        "Li et al., A diversity-promoting objective function for neural conversation models, "
        "NAACL 2016"
    )
    oracle: ClassVar[str] = "brute force"
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of distinct")
        require_tokenizer(self.tok)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, size, size lost]``, float64 of shape [n, 4]; zeros without a text.

        The sizes are numbers of n-grams.
        """
        found = outputs(batch, self.tok)
        part, lost = distinct_columns(batch, self.tok, self.order)
        sizes = found.sizes(self.order)
        return set_rows(found, batch, part, lost, sizes, sizes)

    def items(self, batches: Sequence[Batch]) -> list[SetItems] | None:
        """The different n-grams of each example's text."""
        require_same_examples(batches)
        if not batches:
            return []
        table = common_ngrams(batches, self.tok)
        level = table.level(self.order)
        return [
            _items(level, table.documents(batch.hypothesis_rows), batch.has_text)
            for batch in batches
        ]


def distinct_columns(batch: Batch, tokenizer: str, order: int) -> tuple[Floats, Floats]:
    """What each document accounts for of the different n-grams, and how many only it has.

    Both float64 of shape [documents]. An n-gram is split evenly between the examples that have
    it; one that two equal texts have is not lost with one of them.
    """

    def make() -> tuple[Floats, Floats]:
        found = outputs(batch, tokenizer)
        return _columns(found, order)

    return batch.memo(("distinct", tokenizer, order), make)


def _columns(found: Outputs, order: int) -> tuple[Floats, Floats]:
    level = found.table.level(order)
    copies = found.copies[level.documents]
    holders = totals(level.ids, copies, level.size)[level.ids]
    return per_document(level, 1 / np.maximum(holders, 1)), per_document(level, holders == 1)


def _items(level: Level, documents: NDArray[np.int64], has_text: NDArray[np.bool_]) -> SetItems:
    """N-grams of the document of each example that has a text."""
    sizes = np.where(has_text, np.diff(level.bounds)[documents], 0)
    bounds = np.append(0, np.cumsum(sizes))
    where = np.repeat(level.bounds[documents] - bounds[:-1], sizes) + np.arange(bounds[-1])
    return SetItems(bounds, level.ids[where].astype(np.int64), level.size)


distinct_1 = partial(Distinct, order=1)
distinct_2 = partial(Distinct, order=2)
distinct_3 = partial(Distinct, order=3)
