"""NIST: BLEU with n-grams weighted by how much they tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import (
    Cost,
    Floats,
    Group,
    Kind,
    Metric,
    Need,
    Scale,
    require_at_least,
)
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.ngram.overlap import Ints, known_ngrams
from showcase_bench.metrics.text.corpus_ngrams import CorpusLevel, KnownLevel, KnownNgrams
from showcase_bench.metrics.text.tokenizers import require_tokenizer

__all__ = ["Nist", "nist_5"]

_HALF_AT = 1.5
"""The brevity penalty is one half where the texts have two thirds of the references' length."""


@dataclasses.dataclass(frozen=True)
class Nist(Metric):
    """Corpus NIST with n-grams up to ``order``, equal to nltk's ``corpus_nist``.

    The weight of an n-gram is log2 of how often the references of the whole task have it without
    its last token, over how often they have it; the signature carries their key. Of several
    references each order takes the one with the best precision, of equally good ones the longest.
    Where nltk divides by zero: an order that no text is long enough for adds 0, and without any
    token in the references there is no penalty. A missing text counts as the empty text; examples
    without a reference are left out. Doddington 2002.

    Raises
    ------
    UsageError
        ``order`` is below 1, or the tokenizer is unknown.
    """

    order: int
    tok: str = "ptb"
    info: str | None = None
    """Key of the references that the weights come from; filled in when scoring."""

    label: ClassVar[str] = "nist"
    named_by: ClassVar[Mapping[str, str]] = {"order": "-"}
    summary: ClassVar[str] = "n-gram precision weighted by information"
    group: ClassVar[Group] = "n-gram"
    kind: ClassVar[Kind] = "corpus"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, np.inf)
    scale: ClassVar[Scale] = "bits"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "refs": "best", "impl": "sb"}
    citation: ClassVar[str] = (
        "Doddington, Automatic evaluation of machine translation quality using n-gram "
        "co-occurrence statistics, HLT 2002"
    )
    oracle: ClassVar[str] = "nltk 3.10 corpus_nist"
    cost: ClassVar[Cost] = "medium"
    corpus_field: ClassVar[str | None] = "info"

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of nist")
        require_tokenizer(self.tok)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[information, n-grams, reference length, length, counted]``.

        float64 of shape [n, 2 * order + 3]: the information of the matches and the number of
        n-grams of each order; the lengths are summed over the orders.
        """
        return _rows(batch, self.tok, self.order)

    def score(self, sums: Floats) -> Floats:
        """NIST from summed rows, [..., 2 * order + 3] to [...]; NaN where none is counted."""
        information, ngrams = sums[..., : self.order], sums[..., self.order : 2 * self.order]
        precision = (information / np.maximum(ngrams, 1)).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(sums[..., -3] > 0, sums[..., -2] / sums[..., -3], 1.0)
            beta = np.log(0.5) / np.log(_HALF_AT) ** 2
            penalty = np.exp(beta * np.log(np.minimum(ratio, 1.0)) ** 2)
        value: Floats = np.where(sums[..., -1] > 0, precision * penalty, np.nan)
        return value


def _rows(batch: Batch, tokenizer: str, orders: int) -> Floats:
    (corpus, table), pairing = known_ngrams(batch, tokenizer, orders), batch.pairing
    counted = batch.has_reference
    own = table.lengths[table.documents(pairing.hypotheses)]
    before = np.array([corpus.tokens], dtype=np.int64)
    information, lengths = [], np.zeros(len(batch), dtype=np.int64)
    for order in range(1, orders + 1):
        level, known = table.level(order), corpus.level(order)
        best, length = _best(batch, table, level, _information(level, known, before))
        information.append(best)
        lengths += length
        before = known.occurrences
    guesses = np.maximum(own[:, np.newaxis] - np.arange(orders), 0)
    rows = np.column_stack([*information, guesses, lengths, orders * own, counted])
    return np.where(counted[:, np.newaxis], rows, 0.0)


def _information(level: KnownLevel, known: CorpusLevel, before: Ints) -> Floats:
    """Weight of each n-gram that is listed, float64; 0 where the corpus does not have it.

    ``before`` are the occurrences of the n-grams one token shorter.
    """
    weight: Floats = np.zeros(len(level.ids))
    inside = np.flatnonzero(level.ids < level.known)
    ids = level.ids[inside]
    weight[inside] = np.log(before[known.stems[ids]] / known.occurrences[ids]) / np.log(2)
    return weight


def _best(
    batch: Batch, table: KnownNgrams, level: KnownLevel, information: Floats
) -> tuple[Floats, Ints]:
    """Information shared with the best reference, and its length; both of shape [n]."""
    from showcase_bench.metrics.text.weights import weighted_matches

    pairing = batch.pairing
    references = table.documents(pairing.references)
    found = weighted_matches(
        level.bounds,
        level.ids,
        level.counts,
        information,
        table.documents(pairing.hypotheses),
        references,
        pairing.offsets,
    )
    example = np.repeat(np.arange(len(batch)), np.diff(pairing.offsets))
    ranked = np.lexsort((table.lengths[references], found, example))
    last = pairing.offsets[1:][batch.has_reference] - 1
    best, length = np.zeros(len(batch)), np.zeros(len(batch), dtype=np.int64)
    best[batch.has_reference] = found[ranked[last]]
    length[batch.has_reference] = table.lengths[references[ranked[last]]]
    return best, length


nist_5 = partial(Nist, order=5)
