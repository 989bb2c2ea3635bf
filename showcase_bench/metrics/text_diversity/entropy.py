"""Entropy-n: evenness of the n-grams over all outputs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetMetric
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.outputs import outputs, per_document, set_rows, totals

__all__ = ["Entropy", "entropy_1", "entropy_2", "entropy_3"]


@dataclasses.dataclass(frozen=True)
class Entropy(SetMetric):
    """Shannon entropy, in bits, of the distribution of the n-grams over all outputs together.

    The plug-in estimate: with N n-grams, of which one occurs c times,
    ``log2(N) - sum(c * log2(c)) / N``. The paper's Ent-n is in nats: multiply by ln 2. It grows
    with the number and the length of the outputs: compare systems on the same examples only.
    N-grams do not cross outputs; missing, empty and shorter texts add nothing; without any n-gram
    there is no value. Zhang et al. 2018.

    Raises
    ------
    UsageError
        ``order`` is below 1, or the tokenizer is unknown.
    """

    order: int
    tok: str = "ptb"

    label: ClassVar[str] = "entropy"
    named_by: ClassVar[Mapping[str, str]] = {"order": "-"}
    summary: ClassVar[str] = "entropy of the n-grams of the outputs"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, math.inf)
    scale: ClassVar[Scale] = "bits"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "log": "2", "impl": "sb"}
    citation: ClassVar[str] = (
        "Zhang et al., Generating informative and diverse conversational responses via "
        "adversarial information maximization, NeurIPS 2018"
    )
    oracle: ClassVar[str] = "scipy.stats.entropy"

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of entropy")
        require_tokenizer(self.tok)

    def value(self, numerator: Floats, denominator: Floats) -> Floats:
        """Entropy from the sum of c * log2(c) and the number of n-grams; NaN without any."""
        with np.errstate(invalid="ignore", divide="ignore"):
            bits = np.log2(denominator) - numerator / denominator
        entropy: Floats = np.where(denominator > 0, np.maximum(bits, 0.0), np.nan)
        return entropy

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, size, size lost]``, float64 of shape [n, 4]; zeros without a text.

        The numerator is the sum of c * log2(c) over the n-grams, the sizes are their numbers.
        """
        found = outputs(batch, self.tok)
        level = found.table.level(self.order)
        copies = found.copies[level.documents]
        counts = totals(level.ids, level.counts * copies, level.size)
        total = counts[level.ids]
        part = per_document(level, level.counts * np.log2(np.maximum(total, 1)))
        lost = per_document(level, _weight(total) - _weight(total - level.counts))
        sizes = found.sizes(self.order)
        return set_rows(found, batch, part, lost, sizes, sizes)


def _weight(counts: Floats) -> Floats:
    """``c * log2(c)``, 0 where c is 0."""
    weight: Floats = counts * np.log2(np.maximum(counts, 1))
    return weight


entropy_1 = partial(Entropy, order=1)
entropy_2 = partial(Entropy, order=2)
entropy_3 = partial(Entropy, order=3)
