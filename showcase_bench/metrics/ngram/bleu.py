"""BLEU as the captioning literature computes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import (
    Floats,
    Group,
    Kind,
    Metric,
    Need,
    Scale,
    require_at_least,
)
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.ngram.bleu_formula import log_gradient
from showcase_bench.metrics.ngram.overlap import closest_lengths, overlap, text_lengths
from showcase_bench.metrics.text.tokenizers import require_tokenizer

__all__ = ["Bleu", "bleu_1", "bleu_2", "bleu_3", "bleu_4"]

_MAX_ORDER = 4
_TINY = 1e-15
_SMALL = 1e-9


@dataclasses.dataclass(frozen=True)
class Bleu(Metric):
    """Corpus BLEU with all n-grams up to ``order``, equal to pycocoevalcap's to rounding.

    The reference length is the closest one, of two equally close ones the shorter. Both the
    corpus value and that of a single row (smoothed with 1e-15 over 1e-9 only) are pycocoevalcap's.
    Examples without a reference are left out; a missing text counts as the empty text, so that
    its reference length costs brevity. Papineni et al. 2002.

    Raises
    ------
    UsageError
        ``order`` is not 1 to 4, or the tokenizer is unknown.
    """

    order: int
    tok: str = "ptb"

    label: ClassVar[str] = "bleu"
    named_by: ClassVar[Mapping[str, str]] = {"order": "-"}
    summary: ClassVar[str] = "corpus BLEU as pycocoevalcap computes it"
    group: ClassVar[Group] = "n-gram"
    kind: ClassVar[Kind] = "corpus"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {
        "case": "lc",
        "smooth": "coco",
        "refs": "all",
        "impl": "sb",
    }
    citation: ClassVar[str] = (
        "Papineni et al., BLEU: a method for automatic evaluation of machine translation, ACL 2002"
    )
    oracle: ClassVar[str] = "pycocoevalcap 1.2 Bleu"

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of bleu")
        if self.order > _MAX_ORDER:
            raise UsageError(f"order of bleu must be at most {_MAX_ORDER}, not {self.order}")
        require_tokenizer(self.tok)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[matches of each order, n-grams of each order, reference length, counted]``.

        float64 of shape [n, 2 * order + 2]. The number of 1-grams is the length of the text.
        """
        rows = batch.memo(("bleu", self.tok), lambda: _rows(batch, self.tok))
        orders = range(self.order)
        columns = [*orders, *(_MAX_ORDER + j for j in orders), 2 * _MAX_ORDER, 2 * _MAX_ORDER + 1]
        return rows[:, columns]

    def score(self, sums: Floats) -> Floats:
        """BLEU from summed rows, [..., 2 * order + 2] to [...]; NaN where none is counted."""
        matches, guesses = sums[..., : self.order], sums[..., self.order : 2 * self.order]
        product = np.ones(sums.shape[:-1])
        for j in range(self.order):
            product = product * ((matches[..., j] + _TINY) / (guesses[..., j] + _SMALL))
        ratio = (guesses[..., 0] + _TINY) / (sums[..., -2] + _SMALL)
        brevity = np.exp(np.minimum(1 - 1 / ratio, 0.0))
        value: Floats = np.where(sums[..., -1] > 0, product ** (1 / self.order) * brevity, np.nan)
        return value

    def influence(self, stats: Floats) -> Floats:
        """Influence of each example, float64 of shape [n]: the exact gradient times the deviation.

        Where the score is 0 it is 0.
        """
        n = len(stats)
        sums = stats.sum(axis=0)
        if n == 0 or sums[-1] == 0:
            return np.zeros(n)
        matches, guesses = sums[: self.order], sums[self.order : 2 * self.order]
        length, reference = guesses[0] + _TINY, sums[-2] + _SMALL
        by = log_gradient(matches + _TINY, guesses + _SMALL, length, reference)
        gradient = np.concatenate([by[: 2 * self.order], [by[-1], 0.0]])
        gradient[self.order] += by[-2]  # the number of 1-grams is the length
        influence: Floats = n * float(self.score(sums)) * ((stats - sums / n) @ gradient)
        return influence


def _rows(batch: Batch, tokenizer: str) -> Floats:
    """Statistics of order 4; lower orders are a part of them."""
    counted, lengths = batch.has_reference, text_lengths(batch, tokenizer)
    guesses = np.maximum(lengths.hypotheses[:, np.newaxis] - np.arange(_MAX_ORDER), 0)
    closest = closest_lengths(lengths, batch.pairing.offsets)
    rows = np.column_stack([overlap(batch, tokenizer).clipped, guesses, closest, counted])
    return np.where(counted[:, np.newaxis], rows, 0).astype(np.float64)


bleu_1 = partial(Bleu, order=1)
bleu_2 = partial(Bleu, order=2)
bleu_3 = partial(Bleu, order=3)
bleu_4 = partial(Bleu, order=4)
