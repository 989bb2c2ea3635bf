"""Words that reviews are about, mined from training reviews by their surroundings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Self

from baselines.neural.words import tokens_of

__all__ = ["Features"]

_BEFORE = """
a an the this that these those some no my our your his her their its
"""
_AFTER = """
am is was are were be been has had have came comes will would can could and or but in on at of for
from with to out by near after before under over into as than that which who i we you
they it so my the a
"""
_OPENS = frozenset(_BEFORE.split())
_CLOSES = frozenset(_AFTER.split())
_SHORTEST = 3


class Features:
    """Noun words with the number of training texts that hold them.

    A word of at least three letters is taken for a noun if it ends a noun phrase often enough:
    something like "the lasagna was", "my hot soup," or "a terrace", that is, an article,
    possessive or demonstrative one or two words before it, and a function word, a mark or the end
    behind it. This reads English; texts of another language give no features.

    Parameters
    ----------
    documents
        Texts that hold each word.
    total
        Texts that the words were mined from.
    """

    def __init__(self, documents: Mapping[str, int], total: int) -> None:
        self._documents = dict(documents)
        self._total = total

    @classmethod
    def mine(
        cls,
        texts: Iterable[str],
        *,
        least: int = 3,
        most_share: float = 0.1,
        least_nouns: float = 0.3,
    ) -> Self:
        """Mine training texts.

        Parameters
        ----------
        least, most_share
            Texts that a word is in: at least so many, at most this share of all.
        least_nouns
            Share of a word's occurrences that end a noun phrase.
        """
        seen: Counter[str] = Counter()
        nouns: Counter[str] = Counter()
        documents: Counter[str] = Counter()
        total = 0
        for text in texts:
            total += 1
            tokens = list(tokens_of(text))
            seen.update(tokens)
            documents.update(set(tokens))
            nouns.update(_phrase_ends(tokens))
        kept = {
            word: documents[word]
            for word in sorted(nouns)
            if least <= documents[word] <= most_share * total
            and nouns[word] >= least_nouns * seen[word]
        }
        return cls(kept, total)

    def __len__(self) -> int:
        return len(self._documents)

    def of(self, text: str) -> str | None:
        """The feature of a text with the highest tf·idf, the first of equals; None without one."""
        counts = Counter(token for token in tokens_of(text) if token in self._documents)
        return max(counts, key=self._weight(counts), default=None)

    def _weight(self, counts: Counter[str]) -> Any:
        return lambda word: counts[word] * math.log(self._total / self._documents[word])

    def facts(self) -> dict[str, Any]:
        """All that :meth:`from_facts` needs, as JSON."""
        return {"documents": self._documents, "total": self._total}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Undo :meth:`facts`."""
        return cls(facts["documents"], facts["total"])


def _phrase_ends(tokens: list[str]) -> list[str]:
    ends = []
    padded = ["", "", *tokens, "."]
    for place, (word, after) in enumerate(pairwise(padded[2:])):
        before = padded[place : place + 2]
        opened = before[1] in _OPENS or (before[0] in _OPENS and before[1].isalpha())
        closed = after in _CLOSES or not after[0].isalnum()
        noun = len(word) >= _SHORTEST and word.isalpha() and word not in _OPENS | _CLOSES
        if opened and closed and noun:
            ends.append(word)
    return ends
