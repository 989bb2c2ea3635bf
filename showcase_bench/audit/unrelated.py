"""The fault that leaves personalization alone: words that have nothing to do with the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from showcase_bench.audit.base import WordFault
from showcase_bench.audit.draws import Draws, share
from showcase_bench.audit.words import plain, plain_words, put_in_place, split_words
from showcase_bench.audit.world import World
from showcase_bench.draws import first_from

__all__ = ["UnrelatedWords"]


@dataclass(frozen=True)
class UnrelatedWords(WordFault):
    """A share of the words that have nothing to do with the user, replaced by other such words.

    These are numbers, and names of places and people as :mod:`~showcase_bench.audit.names` finds
    them in the training texts, that are in no history of the user, nor of another user of the
    business. They go with the place and the time of writing: all users may write them, whatever
    they care for. Another name or number of which the same holds takes the place: one that the
    training texts use between the same two words, else after the same or before the same, else
    anywhere, drawn as often as they use it. Capitals and punctuation stay. What a metric says about
    how well text and user go together should stay too. A text without such words stays as it is.
    """

    name: ClassVar[str] = "unrelated-words"
    summary: ClassVar[str] = "names and numbers that are in no history there replaced by other such"

    def lacking(self, world: World) -> str | None:
        """It needs names or numbers in the training texts."""
        if len(world.names.kinds) < 2:
            return "the training texts use fewer than two names or numbers"
        return super().lacking(world)

    def rewrite(self, world: World, place: int, strength: float, draws: Draws) -> str:
        """The text with a share of its unrelated words replaced."""
        one, own = world.clean[place], world.scored[place]
        related = world.words_about(own.business).union(*map(plain_words, own.history))
        text = split_words(one.text or "")
        forms = [plain(word) for word in text.words]
        free = world.names.kinds - related
        places = [i for i, form in enumerate(forms) if form in free]
        words = list(text.words)
        for i in draws.ordered(places, "turn", one.id)[: share(strength, len(places))]:
            before, after = ["", *forms][i], [*forms, ""][i + 1]
            number = forms[i].isdigit()
            choices = {one for one in free if one.isdigit() == number} - {forms[i]}
            start = draws.number("word", one.id, i)
            for uses in world.names.between(before, after):
                drawn = first_from(uses, start, choices.__contains__)
                if drawn is not None:
                    words[i] = put_in_place(words[i], drawn)
                    break
        return text.joined(tuple(words))
