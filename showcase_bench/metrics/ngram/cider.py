"""CIDEr and CIDEr-D: agreement of rare n-grams with the references."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Cost, Floats, Group, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.ngram.overlap import known_ngrams
from showcase_bench.metrics.text.tokenizers import require_tokenizer

__all__ = ["Cider", "CiderD"]

_ORDER = 4
_SIGMA = 6.0


class _Agreement(NamedTuple):
    """Of each text and reference, float64 of shape [m]; means over the n-gram lengths."""

    cosine: Floats
    clipped: Floats
    longer: Floats
    """Number of 2-grams of the text less that of the reference."""


@dataclasses.dataclass(frozen=True)
class Cider(MeanMetric):
    """Ten times the mean cosine of TF-IDF vectors of 1- to 4-grams, over all references.

    Document frequencies come from the references of the whole task, whose key the signature
    carries. Equal to the original definition but for its stemming, which is left out. A text
    without tokens scores 0, a missing one too; a text of fewer than four tokens cannot reach 10,
    and where the task has a single example everything scores 0. Examples without a reference are
    left out. Vedantam et al. 2015.

    Raises
    ------
    UsageError
        The tokenizer is unknown.
    """

    tok: str = "ptb"
    df: str | None = None
    """Key of the references that the document frequencies come from; filled in when scoring."""

    label: ClassVar[str] = "cider"
    summary: ClassVar[str] = "TF-IDF weighted n-gram cosine, without clipping"
    group: ClassVar[Group] = "n-gram"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 10.0)
    scale: ClassVar[Scale] = "ten"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {"case": "lc", "n": "4", "refs": "mean", "impl": "sb"}
    citation: ClassVar[str] = (
        "Vedantam et al., CIDEr: consensus-based image description evaluation, CVPR 2015"
    )
    oracle: ClassVar[str] = "brute force"
    cost: ClassVar[Cost] = "medium"
    corpus_field: ClassVar[str | None] = "df"

    def __post_init__(self) -> None:
        require_tokenizer(self.tok)

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one reference; bool of shape [n]."""
        return batch.has_reference

    def values(self, batch: Batch) -> Floats:
        """Value of each example, float64 of shape [n]; 0 without a reference."""
        similarity = self._similarity(_agreement(batch, self.tok))
        counts = np.diff(batch.pairing.offsets)
        example = np.repeat(np.arange(len(batch)), counts)
        total = np.bincount(example, weights=similarity, minlength=len(batch))
        return np.minimum(10 * total / np.maximum(counts, 1), 10.0)

    def _similarity(self, agreement: _Agreement) -> Floats:
        return agreement.cosine


@dataclasses.dataclass(frozen=True)
class CiderD(Cider):
    """CIDEr with clipped counts and a penalty for other lengths, equal to pycocoevalcap's "CIDEr".

    The penalty is ``exp(-d**2 / 72)``, where d is the difference of the numbers of 2-grams, as in
    the peer. All else is as in :class:`Cider`.
    """

    label: ClassVar[str] = "cider-d"
    summary: ClassVar[str] = "TF-IDF weighted n-gram agreement; what pycocoevalcap calls CIDEr"
    facts: ClassVar[Mapping[str, str]] = {**Cider.facts, "sigma": "6"}
    oracle: ClassVar[str] = "pycocoevalcap 1.2 Cider"

    def _similarity(self, agreement: _Agreement) -> Floats:
        penalty: Floats = np.exp(-(agreement.longer**2) / (2 * _SIGMA**2))
        return agreement.clipped * penalty


def _agreement(batch: Batch, tokenizer: str) -> _Agreement:
    return batch.memo(("cider", tokenizer), lambda: _compare(batch, tokenizer))


def _compare(batch: Batch, tokenizer: str) -> _Agreement:
    from showcase_bench.metrics.text.weights import weighted_products

    corpus, table = known_ngrams(batch, tokenizer, _ORDER)
    pairing = batch.pairing
    hypotheses = table.documents(pairing.hypotheses)
    references = table.documents(pairing.references)
    whole = np.log(max(corpus.examples, 1))
    logs = np.log(np.arange(1, corpus.examples + 1, dtype=np.float64))
    cosine, clipped = np.zeros(len(references)), np.zeros(len(references))
    for order in range(1, _ORDER + 1):
        level, known = table.level(order), corpus.level(order).examples
        weights = np.full(len(level.ids) + 1, whole)
        inside = np.flatnonzero(level.ids < level.known)
        weights[inside] -= logs[known[level.ids[inside]] - 1]
        whole_product, least, norm = weighted_products(
            level.bounds,
            level.ids,
            level.counts,
            weights,
            level.known,
            hypotheses,
            references,
            pairing.offsets,
        )
        cosine += np.divide(whole_product, norm, out=whole_product, where=norm > 0)
        clipped += np.divide(least, norm, out=least, where=norm > 0)
    pairs = np.maximum(table.lengths - 1, 0)
    own = np.repeat(pairs[hypotheses], np.diff(pairing.offsets))
    return _Agreement(cosine / _ORDER, clipped / _ORDER, (own - pairs[references]).astype(float))
