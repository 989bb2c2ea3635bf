"""Words of chrF++: punctuation at the edge of a word is a word of its own."""

from __future__ import annotations

import string
from collections.abc import Sequence

__all__ = ["split_edge"]

_PUNCTUATION = frozenset(string.punctuation)


def split_edge(word: str) -> Sequence[str]:
    """Set apart one ASCII punctuation mark: the last character, or else the first.

    A word of one character, or without a mark at its edges, stays whole.
    """
    if len(word) > 1:
        if word[-1] in _PUNCTUATION:
            return word[:-1], word[-1]
        if word[0] in _PUNCTUATION:
            return word[0], word[1:]
    return (word,)
