"""chrF and chrF++: F-score of n-grams of characters and words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import (
    Floats,
    Group,
    Kind,
    Metric,
    Need,
    Scale,
    require_at_least,
)
from showcase_bench.metrics.batch import Batch, Pairing
from showcase_bench.metrics.text.table import TokenIds

__all__ = ["Chrf", "chrf_plus_plus"]

Ints = NDArray[np.int64]
_CODE_POINTS = 0x110000
_WORDS = 2
"""Longest n-gram of words of chrF++."""


@dataclasses.dataclass(frozen=True)
class Chrf(Metric):
    """Corpus chrF in percent, equal to sacreBLEU's; chrF++ with words of one and two.

    For each order, precision and recall of the n-grams of characters (code points) and of words;
    their means over the orders that text and reference both have n-grams of; the F-score of the
    means, with recall weighted ``beta`` times as much. Of several references the one with the best
    score is taken, of equally good ones the first. The corpus value is that of the summed counts.
    As in sacreBLEU, the n-grams of a text do not count against a reference that has none of their
    order. Examples without a reference are left out; a missing text counts as the empty text.
    Popović 2015 and 2017.

    Raises
    ------
    UsageError
        ``char`` is below 1, ``word`` below 0 or ``beta`` below 1, or one is not an integer.
    """

    char: int = 6
    """Longest n-gram of characters."""
    word: int = 0
    """Longest n-gram of words; 0 for none. A punctuation mark at a word's edge is a word."""
    beta: int = 2
    lc: bool = False
    """Lower-case the texts first."""
    space: bool = False
    """Keep white space between characters."""

    label: ClassVar[str] = "chrf"
    summary: ClassVar[str] = "F-score of n-grams of characters, in chrF++ of words too"
    group: ClassVar[Group] = "n-gram"
    kind: ClassVar[Kind] = "corpus"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 100.0)
    scale: ClassVar[Scale] = "percent"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {"refs": "best", "eff": "yes", "impl": "sb"}
    citation: ClassVar[str] = (
        "Popović, chrF: character n-gram F-score for automatic MT evaluation, WMT 2015; "
        "chrF++: words helping character n-grams, WMT 2017"
    )
    oracle: ClassVar[str] = "sacrebleu 2.6 CHRF"

    def __post_init__(self) -> None:
        require_at_least(self.char, 1, "char of chrf")
        require_at_least(self.word, 0, "word of chrf")
        require_at_least(self.beta, 1, "beta of chrf")

    @property
    def short_name(self) -> str:
        """``chrf++`` with words of one and two, else ``chrf``."""
        return f"{self.label}++" if self.word == _WORDS else self.label

    @property
    def in_name(self) -> frozenset[str]:
        """The order of words, in ``chrf++``."""
        return frozenset({"word"}) if self.word == _WORDS else frozenset()

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[matches, n-grams of the text, n-grams of the reference, counted]``.

        float64 of shape [n, 3 * (char + word) + 1], characters before words, of the best
        reference; zeros without one.
        """
        key = ("chrf", self.char, self.lc, self.space)
        counts = batch.memo(key, lambda: self._characters(batch))
        if self.word:
            counts = np.concatenate([counts, self._words(batch)], axis=2)
        flat = counts.reshape(len(counts), 3 * (self.char + self.word)).astype(np.float64)
        values = self._f_score(flat)
        rows = np.zeros((len(batch), flat.shape[1] + 1))
        rows[:, -1] = batch.has_reference
        offsets = batch.pairing.offsets
        example = np.repeat(np.arange(len(batch)), np.diff(offsets))
        # By example, then from the best to the worst, then in the given order.
        order = np.lexsort((np.arange(len(values)), -values, example))
        rows[batch.has_reference, :-1] = flat[order[offsets[:-1][batch.has_reference]]]
        return rows

    def score(self, sums: Floats) -> Floats:
        """Score of summed rows, [..., 3 * (char + word) + 1] to [...]; NaN where none counts."""
        value: Floats = np.where(sums[..., -1] > 0, self._f_score(sums[..., :-1]), np.nan)
        return value

    def influence(self, stats: Floats) -> Floats:
        """Influence of each example, float64 of shape [n]: the exact gradient times the deviation.

        Where the score is 0 it is 0.
        """
        n, sums = len(stats), stats.sum(axis=0)
        if n == 0 or sums[-1] == 0:
            return np.zeros(n)
        matches, own, other = np.split(sums[:-1], 3)
        used = np.flatnonzero((own > 0) & (other > 0))
        if not matches.any():
            return np.zeros(n)
        matches, own, other = matches[used], own[used], other[used]
        precision, recall = (matches / own).mean(), (matches / other).mean()
        weight = self.beta**2
        scale = 100 * (1 + weight) / (weight * precision + recall) ** 2 / len(used)
        by_precision, by_recall = scale * recall**2, scale * weight * precision**2
        orders = self.char + self.word
        gradient = np.zeros(len(sums))
        gradient[used] = by_precision / own + by_recall / other
        gradient[orders + used] = -by_precision * matches / own**2
        gradient[2 * orders + used] = -by_recall * matches / other**2
        influence: Floats = n * ((stats - sums / n) @ gradient)
        return influence

    def _f_score(self, counts: Floats) -> Floats:
        """Score from counts, [..., 3 * orders] to [...]; 0 where no order has n-grams of both."""
        matches, own, other = np.split(counts, 3, axis=-1)
        precision, recall = np.zeros(counts.shape[:-1]), np.zeros(counts.shape[:-1])
        used = (own > 0) & (other > 0)
        # One order after another, as the peer adds them up: ties between references depend on it.
        for j in range(self.char + self.word):
            precision += np.where(used[..., j], matches[..., j] / np.maximum(own[..., j], 1), 0.0)
            recall += np.where(used[..., j], matches[..., j] / np.maximum(other[..., j], 1), 0.0)
        orders = np.maximum(used.sum(axis=-1), 1)
        precision, recall = precision / orders, recall / orders
        weight = self.beta**2
        some = precision + recall > 0
        below = np.where(some, weight * precision + recall, 1.0)
        value: Floats = 100 * ((1 + weight) * precision * recall / below)
        return value

    def _characters(self, batch: Batch) -> Ints:
        """Counts of n-grams of characters for each reference, int64 of shape [m, 3, char]."""
        hypotheses, references, offsets = batch.pairing
        rows, places = np.unique(np.concatenate([hypotheses, references]), return_inverse=True)
        texts = [batch.table.texts[row] for row in rows.tolist()]
        if self.lc:
            texts = [text.lower() for text in texts]
        if not self.space:
            texts = ["".join(text.split()) for text in texts]
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        data = "".join(texts).encode("utf-32-le", "surrogatepass")
        characters = TokenIds(
            np.frombuffer(data, np.int32), np.cumsum(lengths) - lengths, lengths, ()
        )
        own, other = np.split(places.astype(np.int64), [len(hypotheses)])
        return _counts(characters, _CODE_POINTS, Pairing(own, other, offsets), self.char)

    def _words(self, batch: Batch) -> Ints:
        """Counts of n-grams of words for each reference, int64 of shape [m, 3, word]."""
        words = batch.token_ids("chrf+lc" if self.lc else "chrf")
        return _counts(words, len(words.vocabulary), batch.pairing, self.word)


def _counts(units: TokenIds, types: int, pairing: Pairing, order: int) -> Ints:
    """Shared n-grams, those of the text and those of the reference; int64 of shape [m, 3, order].

    Where the reference has none, those of the text are not counted.
    """
    from showcase_bench.metrics.text.matches import shared_ngrams

    ids, starts, lengths, _ = units
    shared = shared_ngrams(ids, starts, lengths, types, *pairing, order)[1]
    hypotheses = np.repeat(pairing.hypotheses, np.diff(pairing.offsets))
    shorter = np.arange(order)
    own = np.maximum(lengths[hypotheses][:, np.newaxis] - shorter, 0)
    other = np.maximum(lengths[pairing.references][:, np.newaxis] - shorter, 0)
    return np.stack([shared, np.where(other > 0, own, 0), other], axis=1)


chrf_plus_plus = partial(Chrf, word=_WORDS)
