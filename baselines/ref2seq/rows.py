"""What Ref2Seq reads and learns from, as batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from baselines.neural.contracts import Batch, Codec
from baselines.neural.padding import shifted
from baselines.ref2seq.references import Segmenter, choose, segment_tensors
from showcase_bench import Example, Query

__all__ = ["Ref2SeqRows", "Sources"]


class Sources:
    """Where references come from: a query's history, and training reviews of its business.

    Parameters
    ----------
    codec
        Makes tokens.
    items
        Texts by business.
    most_segments
        At most so many of each side.
    most_tokens
        A segment is cut off there.
    """

    def __init__(
        self,
        codec: Codec,
        items: Mapping[str, Sequence[str]],
        most_segments: int,
        most_tokens: int,
    ) -> None:
        self.codec = codec
        self._items = items
        self._most = most_segments
        self._segmenter = Segmenter(codec, most_tokens)

    def references(
        self,
        queries: Sequence[Query],
        targets: Sequence[str | None],
        rng: np.random.Generator | None = None,
    ) -> dict[str, Tensor]:
        """References of both sides, as :meth:`baselines.ref2seq.network.Ref2SeqNetwork.read` asks.

        Texts that equal a query's target are left out of both. More segments than there is room
        for are drawn with ``rng``, or evenly spread without.
        """
        pairs = list(zip(queries, targets, strict=True))
        user = [
            self._segmenter.segments((review.text for review in query.history), target)
            for query, target in pairs
        ]
        item = [
            self._segmenter.segments(self._items.get(query.business_id, ()), target)
            for query, target in pairs
        ]
        batch = {}
        for side, rows in (("user", user), ("item", item)):
            chosen = [choose(row, self._most, rng) for row in rows]
            batch[side], batch[f"{side}_lengths"] = segment_tensors(chosen, self.codec.pad)
        return batch


class _Row(NamedTuple):
    query: Query
    text: str
    words: list[int]


class Ref2SeqRows:
    """The texts of a split as batches; see :class:`baselines.neural.contracts.Rows`.

    Parameters
    ----------
    examples
        One without text gives no row, one with several texts a row for each.
    sources
        Where references come from.
    most_tokens
        What is longer of a text is cut off.
    """

    def __init__(self, examples: Sequence[Example], sources: Sources, most_tokens: int) -> None:
        self._sources = sources
        self._rows = [
            _Row(example.query, text, sources.codec.encode(text, most_tokens))
            for example in examples
            for text in example.gold.texts
            if text.strip()
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def size(self, row: int) -> int:
        """Words of the text."""
        return len(self._rows[row].words)

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """The tensors that :meth:`baselines.ref2seq.network.Ref2SeqNetwork.forward` asks for."""
        chosen = [self._rows[row] for row in rows]
        codec = self._sources.codec
        words, targets = shifted([one.words for one in chosen], codec.begin, codec.end, codec.pad)
        references = self._sources.references(
            [one.query for one in chosen], [one.text for one in chosen], rng
        )
        return {**references, "words": words, "targets": targets}
