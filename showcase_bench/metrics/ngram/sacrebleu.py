"""BLEU as sacreBLEU computes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.metrics.base import Floats, Group, Kind, Metric, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.ngram.bleu_formula import log_gradient
from showcase_bench.metrics.ngram.overlap import closest_lengths, overlap, text_lengths

__all__ = ["SacreBleu"]

_ORDER = 4
_TOKENIZERS = ("13a", "intl", "char", "zh", None)
_SMOOTHINGS = ("exp", "floor", "add-k", None)
_FLOOR = 0.1
_LOG_OF_ZERO = -9999999999.0


@dataclasses.dataclass(frozen=True)
class SacreBleu(Metric):
    """Corpus BLEU-4 in percent, equal to sacreBLEU's.

    The reference length is the closest one, of two equally close ones the shorter. Examples
    without a reference are left out (sacreBLEU takes no such example); a missing text counts as
    the empty text, so that its reference length costs brevity. Post 2018.

    Raises
    ------
    UsageError
        The tokenizer or the smoothing is unknown.
    """

    tok: str | None = "13a"
    """``13a``, ``intl``, ``char``, ``zh``, or none: the text is split at white space."""
    lc: bool = False
    """Lower-case the texts first."""
    smooth: str | None = "exp"
    """What orders without a match count: exp, floor (0.1), add-k (1) or none."""
    eff: bool = False
    """Use only the orders that the texts are long enough for, as sentence BLEU does."""

    label: ClassVar[str] = "sacrebleu"
    summary: ClassVar[str] = "corpus BLEU-4 as sacreBLEU computes it"
    group: ClassVar[Group] = "n-gram"
    kind: ClassVar[Kind] = "corpus"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 100.0)
    scale: ClassVar[Scale] = "percent"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {"refs": "all", "impl": "sb"}
    citation: ClassVar[str] = "Post, A call for clarity in reporting BLEU scores, WMT 2018"
    oracle: ClassVar[str] = "sacrebleu 2.6 BLEU"

    def __post_init__(self) -> None:
        for what, value, known in (
            ("tokenizer", self.tok, _TOKENIZERS),
            ("smoothing", self.smooth, _SMOOTHINGS),
        ):
            if value not in known:
                names = [str(one or "none") for one in known]
                raise UsageError(
                    f"sacrebleu has no {what} {value!r}. {did_you_mean(str(value), names)}"
                )

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[matches, n-grams, length, reference length, counted]``.

        float64 of shape [n, 11]: matches and n-grams of orders 1 to 4.
        """
        tokenizer = f"{self.tok or 'none'}{'+lc' if self.lc else ''}"
        counted, lengths = batch.has_reference, text_lengths(batch, tokenizer)
        guesses = np.maximum(lengths.hypotheses[:, np.newaxis] - np.arange(_ORDER), 0)
        closest = closest_lengths(lengths, batch.pairing.offsets)
        matches = overlap(batch, tokenizer).clipped
        rows = np.column_stack([matches, guesses, lengths.hypotheses, closest, counted])
        return np.where(counted[:, np.newaxis], rows, 0).astype(np.float64)

    def score(self, sums: Floats) -> Floats:
        """BLEU from summed rows, [..., 11] to [...]; NaN where none is counted."""
        any_match = (sums[..., :_ORDER] > 0).any(axis=-1)
        matches, guesses = self._smoothed(sums[..., :_ORDER], sums[..., _ORDER : 2 * _ORDER])
        log_precision = np.log(100) + self._log_precisions(matches, guesses)
        reached = guesses > 0
        log_precision = np.where(reached, log_precision, 0.0 if self.eff else _LOG_OF_ZERO)
        orders = np.maximum(reached.sum(axis=-1), 1) if self.eff else _ORDER
        length, reference = sums[..., -3], sums[..., -2]
        with np.errstate(divide="ignore", invalid="ignore"):
            brevity = np.where(length > 0, np.exp(np.minimum(1 - reference / length, 0.0)), 0.0)
        value = np.minimum(brevity * np.exp(log_precision.sum(axis=-1) / orders), 100.0)
        value = np.where(any_match, value, 0.0)
        result: Floats = np.where(sums[..., -1] > 0, value, np.nan)
        return result

    def influence(self, stats: Floats) -> Floats:
        """Influence of each example, float64 of shape [n]: the exact gradient times the deviation.

        Where the score is 0 it is 0.
        """
        n, sums = len(stats), stats.sum(axis=0)
        if n == 0 or sums[-1] == 0:
            return np.zeros(n)
        matches, guesses = self._smoothed(sums[:_ORDER], sums[_ORDER : 2 * _ORDER])
        used = int((guesses > 0).sum()) if self.eff else _ORDER
        gradient = log_gradient(matches[:used], guesses[:used], sums[-3], sums[-2])
        columns = [*range(used), *range(_ORDER, _ORDER + used), -3, -2]
        deviation = (stats - sums / n)[:, columns]
        influence: Floats = n * float(self.score(sums)) * (deviation @ gradient)
        return influence

    def _smoothed(self, matches: Floats, guesses: Floats) -> tuple[Floats, Floats]:
        if self.smooth != "add-k":
            return matches, guesses
        more = np.arange(_ORDER) > 0
        return matches + more, guesses + more

    def _log_precisions(self, matches: Floats, guesses: Floats) -> Floats:
        """Logarithm of the precision of each order, [..., 4]; of no meaning without guesses."""
        missed = matches == 0
        if self.smooth == "exp":
            halvings = np.cumsum(missed & (guesses > 0), axis=-1)
            matches = np.where(missed, 0.5**halvings, matches)
        elif self.smooth == "floor":
            matches = np.where(missed, _FLOOR, matches)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(matches > 0, np.log(matches / guesses), _LOG_OF_ZERO)
