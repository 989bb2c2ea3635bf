"""Rows to learn from: a text, what it was written for, and its wrong versions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from baselines.common.reviews import reference_text
from baselines.neural.contracts import Batch, Codec
from baselines.showcase.features import Conditions, Sight
from baselines.showcase.negatives import PhraseSwaps
from showcase_bench import Example, ImageStore

__all__ = ["ShowcaseRows", "padded_tokens"]


class ShowcaseRows:
    """The examples of a split that have a text, each with the user's own photos.

    Parameters
    ----------
    examples
        Those with several reference texts are learned with the first that is not blank; those
        without one, or with one of no token, are left out.
    images
        Where features come from.
    sight
        What the network looks at.
    codec
        Tokens of the texts.
    most_tokens
        Longer texts are cut.
    length
        Numbers in a feature.
    swaps
        Whether batches for training hold texts with other noun phrases.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        images: ImageStore,
        sight: Sight,
        codec: Codec,
        most_tokens: int,
        *,
        length: int,
        swaps: bool,
    ) -> None:
        written = ((one, text) for one in examples if (text := _text(one)) is not None)
        coded = ((one, text, codec.encode(text, most_tokens)) for one, text in written)
        kept = [(one, text, tokens) for one, text, tokens in coded if tokens]
        queries = [one.query for one, _, _ in kept]
        photos = [one.gold.image_ids for one, _, _ in kept]
        self._texts = [text for _, text, _ in kept]
        self._tokens = [tokens for _, _, tokens in kept]
        self._conditions = Conditions(queries, photos, images, sight, length)
        self._codec = codec
        self._most = most_tokens
        self._users = _numbers([query.user_id for query in queries])
        self._targets = _numbers([" ".join(text.casefold().split()) for text in self._texts])
        self._with_swaps = swaps

    def __len__(self) -> int:
        return len(self._texts)

    def size(self, row: int) -> int:
        """Tokens of the row's text."""
        return len(self._tokens[row])

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """Features, ``tokens`` and numbers of ``users`` and ``targets``; shapes in the network.

        With ``rng``, and if asked for, also ``swapped``: the texts with other noun phrases, of
        length 0 where there are none.
        """
        batch = self._conditions.batch(rows)
        batch |= padded_tokens([self._tokens[row] for row in rows], self._codec, "tokens")
        batch["users"] = self._users[list(rows)]
        batch["targets"] = self._targets[list(rows)]
        if rng is not None and self._with_swaps:
            wrong = [self._phrases.swap(self._texts[row], rng) for row in rows]
            coded = [[] if one is None else self._codec.encode(one, self._most) for one in wrong]
            batch |= padded_tokens(coded, self._codec, "swapped")
        return batch

    @cached_property
    def _phrases(self) -> PhraseSwaps:
        return PhraseSwaps(self._texts)


def padded_tokens(texts: Sequence[Sequence[int]], codec: Codec, name: str) -> dict[str, Tensor]:
    """Texts between the begin and the end token, padded at the end.

    Returns
    -------
    dict
        ``name`` int64 [b, t + 2], and ``name_length`` int64 [b]: tokens of each text with begin
        and end, or 0 for an empty text.
    """
    most = max(map(len, texts), default=0) + 2
    tokens = np.full((len(texts), most), codec.pad, dtype=np.int64)
    lengths = np.zeros(len(texts), dtype=np.int64)
    for row, text in enumerate(texts):
        whole = [codec.begin, *text, codec.end]
        tokens[row, : len(whole)] = whole
        lengths[row] = len(whole) if text else 0
    return {name: torch.from_numpy(tokens), f"{name}_length": torch.from_numpy(lengths)}


def _text(example: Example) -> str | None:
    return reference_text(example.gold)


def _numbers(names: Sequence[str]) -> Tensor:
    """A number for each distinct name, int64 of shape [len(names)]."""
    numbers = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return torch.tensor([numbers[name] for name in names], dtype=torch.int64)
