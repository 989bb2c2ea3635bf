"""Texts as words, as the faults count them."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Words", "plain", "plain_words", "put_in_place", "split_words"]

_WORD = re.compile(r"\S+")
_CORE = re.compile(r"\w(?:.*\w)?", re.DOTALL)


class Words(NamedTuple):
    """The words of a text, and the white space around them."""

    words: tuple[str, ...]
    """Runs of characters other than white space, punctuation included."""
    spaces: tuple[str, ...]
    """What stands before the first word, between words, and after the last."""

    def joined(self, words: tuple[str, ...]) -> str:
        """The text with other words, as many, in their places."""
        pairs = zip(self.spaces, (*words, ""), strict=True)
        return "".join(space + word for space, word in pairs)


def split_words(text: str) -> Words:
    """Take a text apart; ``joined`` of its own words gives it back."""
    return Words(tuple(_WORD.findall(text)), tuple(_WORD.split(text)))


def plain(word: str) -> str:
    """A word without case and without the punctuation around it; empty where nothing is left."""
    core = _CORE.search(word)
    return core.group().casefold() if core else ""


def plain_words(text: str) -> list[str]:
    """The words of a text in their plain form; those without letter or digit are left out."""
    return [form for word in text.split() if (form := plain(word))]


def put_in_place(word: str, form: str) -> str:
    """Write ``form`` in place of ``word``, with its capital and the punctuation around it."""
    core = _CORE.search(word)
    if core is None:
        return word
    start = form[:1].upper() if core.group()[:1].isupper() else form[:1]
    return f"{word[: core.start()]}{start}{form[1:]}{word[core.end() :]}"
