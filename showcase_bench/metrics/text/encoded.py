"""Lists of tokens as integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encoded", "Vocabulary", "encode"]


class Vocabulary(dict[str, int]):
    """Numbers words in order of first appearance; asking for a word adds it."""

    def __init__(self) -> None:
        self.listed: list[str] = []

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self.listed)
        self.listed.append(word)
        return number


class Encoded(NamedTuple):
    """Tokens of several texts, one after another."""

    ids: NDArray[np.int32]
    """Place of each token in ``words``; int32 of shape [tokens]."""
    lengths: NDArray[np.int64]
    """Tokens of each text; int64 of shape [texts]."""
    words: Sequence[str]


def encode(texts: Iterable[Sequence[str]]) -> Encoded:
    """Integers in place of tokens; an empty text has length 0."""
    lengths: list[int] = []

    def counted() -> Iterable[Sequence[str]]:
        for tokens in texts:
            lengths.append(len(tokens))
            yield tokens

    words = Vocabulary()
    flat = map(words.__getitem__, chain.from_iterable(counted()))
    ids = np.fromiter(flat, dtype=np.int32)
    return Encoded(ids, np.array(lengths, dtype=np.int64), words.listed)
