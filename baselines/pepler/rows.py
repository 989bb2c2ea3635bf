"""What PEPLER learns from: facts of the training split, and its rows as batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from baselines.common.reviews import reference_texts
from baselines.neural.contracts import Batch
from baselines.neural.padding import shifted
from baselines.neural.tables import Tables
from showcase_bench import Example, Query

__all__ = ["PeplerRows"]


class _Row(NamedTuple):
    query: Query
    words: list[int]


class PeplerRows:
    """The texts of a split as batches; see :class:`baselines.neural.contracts.Rows`.

    Parameters
    ----------
    examples
        One without text gives no row, one with several texts a row for each.
    tables
        Words and ids.
    most_tokens
        What is longer is cut off.
    id_dropout
        Share of the users, and of the businesses, that training takes for unknown.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        tables: Tables,
        *,
        most_tokens: int,
        id_dropout: float,
    ) -> None:
        self._tables = tables
        self._id_dropout = id_dropout
        self._rows = [
            _Row(example.query, tables.codec.encode(text, most_tokens))
            for example in examples
            for text in reference_texts(example.gold)
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def size(self, row: int) -> int:
        """Words of the text."""
        return len(self._rows[row].words)

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """The tensors that :meth:`baselines.pepler.network.PeplerNetwork.forward` asks for."""
        chosen = [self._rows[row] for row in rows]
        codec, share = self._tables.codec, self._id_dropout
        words, targets = shifted([one.words for one in chosen], codec.begin, codec.end, codec.pad)
        user, item = self._tables.rows([one.query for one in chosen], rng, share, share)
        return {"user": user, "item": item, "words": words, "targets": targets}
