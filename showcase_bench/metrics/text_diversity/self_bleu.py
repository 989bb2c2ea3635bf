"""Self-BLEU: how much each output resembles the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetMetric
from showcase_bench.metrics.text.tokenizers import require_tokenizer
from showcase_bench.metrics.text_diversity.others import Closest, closest_others
from showcase_bench.metrics.text_diversity.outputs import Ints, Outputs, outputs, set_rows, totals

__all__ = ["SelfBleu"]

_EPSILON = 0.1


class _Pairs(NamedTuple):
    """Pairs of documents of which the first matches less without the second."""

    text: Ints
    holder: Ints
    drops: Ints
    """Matches of each order that go; int64 of shape [pairs, order]."""


@dataclasses.dataclass(frozen=True)
class SelfBleu(SetMetric):
    """Mean over the outputs of the BLEU of each against all others as its references.

    Equal to nltk's ``sentence_bleu`` with ``SmoothingFunction().method1`` and even weights up to
    ``order``: an order without a match counts as 0.1 matches, an output without a matching token
    scores 0. Equal outputs are each other's references. The jackknife is exact: leaving an output
    out takes it out of the references of all others too.

    It grows with the number and the length of the outputs: compare systems on the same examples
    only. Missing texts and those without tokens are left out, as outputs and as references; with
    fewer than two texts there is no value. Zhu et al. 2018.

    Raises
    ------
    UsageError
        ``order`` is below 1, or the tokenizer is unknown.
    """

    order: int = 4
    tok: str = "ptb"

    label: ClassVar[str] = "self-bleu"
    summary: ClassVar[str] = "BLEU of each output against all others"
    group: ClassVar[Group] = "diversity of text"
    higher_is_better: ClassVar[bool | None] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text"})
    facts: ClassVar[Mapping[str, str]] = {
        "case": "lc",
        "smooth": "method1",
        "refs": "all-others",
        "impl": "sb",
    }
    citation: ClassVar[str] = (
        "Zhu et al., Texygen: a benchmarking platform for text generation models, SIGIR 2018"
    )
    oracle: ClassVar[str] = "nltk 3.10 sentence_bleu"

    def __post_init__(self) -> None:
        require_at_least(self.order, 1, "order of self-bleu")
        require_tokenizer(self.tok)

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one token, if two have one; bool of shape [n]."""
        found = outputs(batch, self.tok)
        scored = (found.lengths > 0)[found.document] & batch.has_text
        return scored if scored.sum() > 1 else np.zeros_like(scored)

    def value(self, numerator: Floats, denominator: Floats) -> Floats:
        """Mean from the sum and the number of outputs; NaN for fewer than two."""
        return np.where(denominator > 1, super().value(numerator, denominator), np.nan)

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, 1, 1]``, float64 of shape [n, 4]; zeros where left out.

        The parts are the outputs' own values.
        """
        found = outputs(batch, self.tok)
        filled = np.flatnonzero((found.lengths > 0) & (found.copies > 0))
        value, loss = np.zeros((2, len(found.lengths)))
        one_each = np.zeros(len(found.lengths))
        if len(filled):
            value[filled], loss[filled] = _values(found, filled, self.order)
            one_each[filled] = 1.0
        return set_rows(found, batch, value, value + loss, one_each, one_each)


def _values(found: Outputs, filled: Ints, order: int) -> tuple[Floats, Floats]:
    """Value of each filled document, and what the other texts lose without one text of it."""
    lengths, copies = found.lengths[filled], found.copies[filled]
    matches, pairs = _matches(found, filled, order)
    closest = closest_others(lengths, copies)
    pairs = _with_lengths(pairs, closest, copies)
    alone = _bleu(matches, lengths, closest.length)
    every = np.maximum(lengths[:, np.newaxis] - np.arange(order), 0)
    value = np.where(copies > 1, _bleu(every, lengths, lengths), alone)
    closest_without = np.where(
        closest.holder[pairs.text] == pairs.holder,
        closest.then[pairs.text],
        closest.length[pairs.text],
    )
    without = _bleu(matches[pairs.text] - pairs.drops, lengths[pairs.text], closest_without)
    loss = totals(pairs.holder, alone[pairs.text] - without, len(filled))
    return value, np.where(copies == 2, value - alone, loss)


def _matches(found: Outputs, filled: Ints, order: int) -> tuple[Ints, _Pairs]:
    """Matches of each filled document with all others, int64 [documents, order], and the pairs."""
    from showcase_bench.metrics.text_diversity.leaders import find_leaders, match_others

    place = np.zeros(len(found.lengths), dtype=np.int64)
    place[filled] = np.arange(len(filled))
    matches = np.zeros((len(filled), order), dtype=np.int64)
    keys, drops, orders = [], [], []
    for at in range(order):
        level = found.table.level(at + 1)
        entries = level.bounds, level.ids, level.counts, found.copies
        best, owner = find_leaders(*entries, level.size)
        matched, text, holder, drop = match_others(*entries, best, owner)
        matches[:, at] = matched[filled]
        keys.append(place[text] * len(filled) + place[holder])
        drops.append(drop)
        orders.append(np.full(len(drop), at))
    distinct, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    summed = totals(
        inverse * order + np.concatenate(orders), np.concatenate(drops), len(distinct) * order
    )
    first, second = np.divmod(distinct, len(filled))
    return matches, _Pairs(first, second, summed.astype(np.int64).reshape(-1, order))


def _with_lengths(pairs: _Pairs, closest: Closest, copies: Ints) -> _Pairs:
    """The pairs, and those where only the closest length changes."""
    size = len(copies)
    text = np.flatnonzero((closest.holder >= 0) & (copies == 1))
    keys = text * size + closest.holder[text]
    keys = np.setdiff1d(keys, pairs.text * size + pairs.holder, assume_unique=True)
    more = np.zeros((len(keys), pairs.drops.shape[1]), dtype=np.int64)
    return _Pairs(
        np.concatenate([pairs.text, keys // size]),
        np.concatenate([pairs.holder, keys % size]),
        np.concatenate([pairs.drops, more]),
    )


def _bleu(matches: Ints, lengths: Ints, closest: Ints) -> Floats:
    """Smoothed BLEU of texts with these matches of each order, [m, order] to [m]."""
    order = matches.shape[1]
    ngrams = np.maximum(lengths[:, np.newaxis] - np.arange(order), 1)
    precision = np.where(matches > 0, matches, _EPSILON) / ngrams
    brevity = np.minimum(1 - closest / lengths, 0.0)
    value: Floats = np.exp(brevity + np.log(precision).mean(axis=1))
    return np.where(matches[:, 0] > 0, np.minimum(value, 1.0), 0.0)
