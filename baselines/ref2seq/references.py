"""References: sentences of what a user wrote before, and of what others wrote of a business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from baselines.neural.contracts import Codec
from showcase_bench import Example
from showcase_bench.sentences import sentences

__all__ = ["Segmenter", "choose", "same_text", "segment_tensors", "texts_by_item"]

Segment = tuple[int, ...]


def same_text(text: str) -> str:
    """What two texts share that differ in case and white space alone."""
    return " ".join(text.split()).casefold()


def texts_by_item(train: Iterable[Example], most: int) -> dict[str, list[str]]:
    """Texts of each business's training reviews, the first ``most`` that differ."""
    found: dict[str, dict[str, str]] = {}
    for example in train:
        known = found.setdefault(example.query.business_id, {})
        for text in example.gold.texts:
            if text.strip() and len(known) < most:
                known.setdefault(same_text(text), text)
    return {item: list(known.values()) for item, known in found.items() if known}


class Segmenter:
    """Cuts texts into segments: sentences of at most ``most_tokens`` tokens.

    Segments of a text are kept, as texts come back in every epoch.
    """

    def __init__(self, codec: Codec, most_tokens: int) -> None:
        self._codec = codec
        self._most_tokens = most_tokens
        self._known: dict[str, list[Segment]] = {}

    def segments(self, texts: Iterable[str], without: str | None = None) -> list[Segment]:
        """Distinct segments of the texts, in order; a text equal to ``without`` is left out."""
        hidden = None if without is None else same_text(without)
        kept = (text for text in texts if hidden is None or same_text(text) != hidden)
        return list(dict.fromkeys(one for text in kept for one in self._cut(text)))

    def _cut(self, text: str) -> list[Segment]:
        if text not in self._known:
            encoded = (
                tuple(self._codec.encode(sentence, self._most_tokens))
                for sentence in sentences(text)
            )
            self._known[text] = [one for one in encoded if one]
        return self._known[text]


def choose(
    segments: Sequence[Segment], most: int, rng: np.random.Generator | None
) -> list[Segment]:
    """At most so many segments in their order: random ones, or evenly spread without ``rng``."""
    n = len(segments)
    if n <= most:
        return list(segments)
    if rng is None:
        return [segments[place * n // most] for place in range(most)]
    return [segments[place] for place in sorted(rng.choice(n, most, replace=False).tolist())]


def segment_tensors(rows: Sequence[Sequence[Segment]], pad: int) -> tuple[Tensor, Tensor]:
    """Segments of some rows, filled up with ``pad``.

    Returns
    -------
    tokens
        int64 of shape [b, s, n]; s and n are at least 1.
    lengths
        Tokens of each segment, int64 of shape [b, s]; 0 where there is none.
    """
    s = max([1, *map(len, rows)])
    n = max([1, *(len(one) for row in rows for one in row)])
    tokens = torch.full((len(rows), s, n), pad, dtype=torch.int64)
    lengths = torch.zeros(len(rows), s, dtype=torch.int64)
    for i, row in enumerate(rows):
        for j, one in enumerate(row):
            tokens[i, j, : len(one)] = torch.tensor(one, dtype=torch.int64)
            lengths[i, j] = len(one)
    return tokens, lengths
