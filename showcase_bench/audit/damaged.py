"""Faults that damage the words of a text: cut, shuffled, repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from showcase_bench.audit.base import WordFault
from showcase_bench.audit.draws import Draws, share
from showcase_bench.audit.words import split_words
from showcase_bench.audit.world import World

__all__ = ["Repeated", "Shuffled", "Truncated"]


@dataclass(frozen=True)
class Truncated(WordFault):
    """The text without the last share of its words; one word is always left."""

    name: ClassVar[str] = "truncated"
    summary: ClassVar[str] = "the last words cut off, but for the first one"

    def rewrite(self, world: World, place: int, strength: float, draws: Draws) -> str:
        """The text up to the last word that is kept."""
        text = world.clean[place].text or ""
        words, spaces = split_words(text)
        kept = max(len(words) - share(strength, len(words)), 1)
        if kept >= len(words):
            return text
        pairs = zip(spaces[:kept], words[:kept], strict=True)
        return "".join(space + word for space, word in pairs)


@dataclass(frozen=True)
class Shuffled(WordFault):
    """A share of the words, drawn, each moved to the place of another of them.

    The words go round in one drawn circle, so that none stays. A single word has no other place.
    """

    name: ClassVar[str] = "shuffled"
    summary: ClassVar[str] = "words moved to each other's places"

    def rewrite(self, world: World, place: int, strength: float, draws: Draws) -> str:
        """The text with the same words in another order."""
        one = world.clean[place]
        text = split_words(one.text or "")
        n = len(text.words)
        circle = draws.ordered(range(n), one.id)[: share(strength, n)]
        words = list(text.words)
        for here, there in zip(circle, [*circle[1:], *circle[:1]], strict=True):
            words[there] = text.words[here]
        return text.joined(tuple(words))


@dataclass(frozen=True)
class Repeated(WordFault):
    """The text, and then a share of its words again from the start; at least one."""

    name: ClassVar[str] = "repeated"
    summary: ClassVar[str] = "the first words said again at the end"

    def rewrite(self, world: World, place: int, strength: float, draws: Draws) -> str:
        """The text with the repetition."""
        text = world.clean[place].text or ""
        words = split_words(text).words
        again = words[: max(share(strength, len(words)), 1)]
        return " ".join([text, *again])
