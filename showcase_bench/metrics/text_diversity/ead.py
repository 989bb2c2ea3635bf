"""Expectation-adjusted Distinct-n."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetMetric
from showcase_bench.metrics.text.corpus_ngrams import corpus_ngrams
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.distinct import distinct_columns
from showcase_bench.metrics.text_diversity.outputs import outputs, set_rows

__all__ = ["EAD", "ead_1", "ead_2", "ead_3"]


@dataclasses.dataclass(frozen=True)
class EAD(SetMetric):
    """Number of different n-grams over what chance would give among as many n-grams.

    Chance draws each of the C n-grams of the outputs evenly from V: it gives
    ``V * (1 - ((V - 1) / V) ** C)`` different ones. The paper's V is the size of a fixed
    vocabulary. Here it is the number of different n-grams, of this order, in the references of
    the whole task, so that it is the same for every system and is made of items of the same kind
    as what is counted; the signature carries the key of the references. Above 1 where the
    outputs vary more than such draws.

    Unlike Distinct-n it need not fall with the number and the length of the outputs, but it still
    depends on both: compare systems on the same examples only. Missing, empty and shorter texts
    add nothing; without any n-gram in the outputs or in the references there is no value.
    Liu et al. 2022.

    Raises
    ------
    UsageError
        ``order`` is below 1, or the tokenizer is unknown.
    """

    order: int
    tok: str = "ptb"
    vocab: str | None = None
    """Key of the references that V is counted in; filled in when scoring."""

    label: ClassVar[str] = "ead"
    named_by: ClassVar[Mapping[str, str]] = {"order": "-"}
    summary: ClassVar[str] = "different n-grams over those expected from as many random ones"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, math.inf)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "v-of": "reference-ngrams", "impl": "sb"}
    citation: ClassVar[str] = "Liu et al., Rethinking and refining the Distinct metric, ACL 2022"
    oracle: ClassVar[str] = "brute force"
    corpus_field: ClassVar[str | None] = "vocab"

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of ead")
        require_tokenizer(self.tok)

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with a text, where the task's references have an n-gram; bool of shape [n]."""
        return batch.has_text & (_types(batch, self.tok, self.order) > 0)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, size, size lost]``, float64 of shape [n, 4].

        The size is the expected number, split in proportion to the number of n-grams. Zeros
        without a text, or without n-grams in the references.
        """
        types = _types(batch, self.tok, self.order)
        if types == 0:
            return np.zeros((len(batch), 4))
        found = outputs(batch, self.tok)
        part, lost = distinct_columns(batch, self.tok, self.order)
        sizes = found.sizes(self.order)
        total = int(found.copies @ sizes)
        whole = _expected(np.array(total), types)
        share = whole * sizes / max(total, 1)
        return set_rows(found, batch, part, lost, share, whole - _expected(total - sizes, types))


def _expected(draws: NDArray[np.int64], types: int) -> Floats:
    """Expected number of different items among even draws from ``types``; elementwise."""
    if types == 1:
        return np.minimum(draws, 1).astype(np.float64)
    expected: Floats = -types * np.expm1(draws * math.log1p(-1 / types))
    return expected


def _types(batch: Batch, tokenizer: str, order: int) -> int:
    """Number of different n-grams in the references of the whole task."""
    return corpus_ngrams(batch.required_corpus, tokenizer, order, batch.table).level(order).size


ead_1 = partial(EAD, order=1)
ead_2 = partial(EAD, order=2)
ead_3 = partial(EAD, order=3)
