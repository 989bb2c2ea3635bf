"""Distinct-n: variety of the n-grams over all outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from showcase_bench.metrics.base import Floats, Group, Need, Scale, SetMetric, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.ngrams import distinct_rows
from showcase_bench.metrics.tokens import require_tokenizer

__all__ = ["Distinct", "distinct_1", "distinct_2"]


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

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of distinct")
        require_tokenizer(self.tok)

    @property
    def name(self) -> str:
        """``distinct-`` and the order."""
        return f"distinct-{self.order}"

    @property
    def in_name(self) -> frozenset[str]:
        """The order is in the name."""
        return frozenset({"order"})

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[share, exclusive, size]``, float64 of shape [n, 3]; zeros without a text."""
        return distinct_rows(batch.hypothesis_tokens(self.tok), self.order)


distinct_1 = partial(Distinct, order=1)
distinct_2 = partial(Distinct, order=2)
