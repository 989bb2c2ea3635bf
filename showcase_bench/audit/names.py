"""Names of places and people, numbers, and where texts use them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from showcase_bench.audit.words import plain, plain_words, split_words

__all__ = ["Stock", "names_in"]

_LEAST_USES = 3
_LEAST_SHARE = 0.9
_END = re.compile(r"[.!?…:\"”’)\]]$")


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Words that the texts write with a capital where nothing but a name asks for one.

    Counted are the uses that do not follow the end of a sentence or a line. A name has at least
    three of them, and a capital in at least nine of ten; it has two or more letters, and nothing
    but letters. Scripts without capitals have no names for it.

    Returns
    -------
    frozenset of str
        In their plain form.
    """
    uses: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        words, spaces = split_words(text)
        for before, space, word in zip(words, spaces[1:], words[1:], strict=False):
            form = plain(word)
            if _may_be_name(form) and not (_END.search(before) or "\n" in space):
                uses[form] += 1
                capital[form] += form.isdigit() or word.strip("\"'“‘(*")[:1].isupper()
    return frozenset(
        form
        for form, number in uses.items()
        if number >= _LEAST_USES and capital[form] >= _LEAST_SHARE * number
    )


def _may_be_name(form: str) -> bool:
    return form.isdigit() or (len(form) > 1 and form.isalpha())


class Stock:
    """The uses of some words in some texts, by the words beside them.

    Parameters
    ----------
    kinds
        The words, in their plain form.
    texts
        Where they are used.
    """

    def __init__(self, kinds: frozenset[str], texts: Iterable[str]) -> None:
        self.kinds = kinds
        self._beside: dict[tuple[str | None, str | None], list[str]] = {}
        for text in texts:
            words = plain_words(text)
            for before, word, after in zip(["", *words[:-1]], words, [*words[1:], ""], strict=True):
                if word in kinds:
                    for place in _places(before, after):
                        self._beside.setdefault(place, []).append(word)

    def between(self, before: str, after: str) -> list[Sequence[str]]:
        """Uses between these two words, after the first, before the second, and all of them.

        The empty string stands for the start or the end of a text.
        """
        return [self._beside.get(place, ()) for place in _places(before, after)]


def _places(before: str, after: str) -> tuple[tuple[str | None, str | None], ...]:
    return (before, after), (before, None), (None, after), (None, None)
