"""What PETER learns from: facts of the training split, and its rows as batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from baselines.common.reviews import reference_texts
from baselines.neural.contracts import Batch
from baselines.neural.ids import learn_ids
from baselines.neural.padding import IGNORED, padded, shifted
from baselines.neural.tables import Tables
from baselines.neural.words import Words
from showcase_bench import Example, Query

__all__ = ["PeterRows", "learn_tables"]

_UNKNOWN_RATING = float("nan")


def learn_tables(train: Sequence[Example], most_words: int) -> dict[str, Any]:
    """Vocabulary, users and businesses of the training rows that have a text, as JSON."""
    texts = [text for one in train for text in reference_texts(one.gold)]
    return {"codec": Words.learn(texts, most=most_words).facts(), **learn_ids(train)}


class _Row(NamedTuple):
    query: Query
    rating: float | None
    words: list[int]
    feature: int | None


class PeterRows:
    """The texts of a split as batches; see :class:`baselines.neural.contracts.Rows`.

    Parameters
    ----------
    examples
        One without text gives no row, one with several texts a row for each.
    tables
        Words and ids.
    most_tokens
        What is longer is cut off.
    user_dropout, item_dropout
        Shares of the users and of the businesses that training takes for unknown.
    feature_of
        Row of the words' embedding that stands for a text's feature, if the network reads one.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        tables: Tables,
        *,
        most_tokens: int,
        user_dropout: float,
        item_dropout: float,
        feature_of: Callable[[str], int] | None = None,
    ) -> None:
        self._tables = tables
        self._user_dropout = user_dropout
        self._item_dropout = item_dropout
        self._rows = [
            _Row(
                example.query,
                example.gold.rating,
                tables.codec.encode(text, most_tokens),
                None if feature_of is None else feature_of(text),
            )
            for example in examples
            for text in reference_texts(example.gold)
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def size(self, row: int) -> int:
        """Words of the text."""
        return len(self._rows[row].words)

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """The tensors that :meth:`baselines.peter.network.PeterNetwork.forward` asks for."""
        chosen = [self._rows[row] for row in rows]
        tables, codec = self._tables, self._tables.codec
        texts = [one.words for one in chosen]
        words, targets = shifted(texts, codec.begin, codec.end, codec.pad)
        users, items = tables.rows(
            [one.query for one in chosen], rng, self._user_dropout, self._item_dropout
        )
        ratings = [_UNKNOWN_RATING if one.rating is None else one.rating for one in chosen]
        batch = {
            "user": users,
            "item": items,
            "words": words,
            "targets": targets,
            "bag": padded(texts, IGNORED),
            "rating": torch.tensor(ratings, dtype=torch.float32),
        }
        features = [one.feature for one in chosen if one.feature is not None]
        if features:
            batch["feature"] = torch.tensor(features, dtype=torch.int64)
        return batch
