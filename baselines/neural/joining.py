"""Tokens into a text that reads as one writes: spaces and capitals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from baselines.neural.characters import EMOJI

__all__ = ["join"]

_CLOSING = re.compile(r"[.,!?;:…%°)\]}”»、。！？]+")
_EMOTICON = re.compile(r"[:;=]-?[()\[\]|/\\*]+")
_OPENING = re.compile(r"[(\[{“‘«¿¡#$€£¥]")
_BOTH = re.compile(r"[/_]+")
_CURRENCY = "$€£¥"
_QUOTES = "\"'"
_STOP = re.compile(r"[.!?。！？]+")
_AFTER_STOP = re.compile(r"[\"'”’)\]}]+")
_EMOJI = re.compile(f"[{EMOJI}]")
_FIRST_PERSON = re.compile(r"i(?:['’](?:m|ve|d|ll|s))?")


def join(tokens: Sequence[str]) -> str:
    """Join lower-cased tokens into a text.

    No space stands before closing marks and after opening ones, around a slash, inside straight
    quotes and between emoji. The first word, words after a full stop, question or exclamation
    mark, and the first person are capitalised.
    """
    parts: list[str] = []
    quotes: set[str] = set()
    glued, starts = True, True
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        before = tokens[i - 1] if i else ""
        left, right = _glue(token, before, following, quotes)
        parts += [token] if glued or left else [" ", token]
        if token[0].isalnum():
            if starts or _FIRST_PERSON.fullmatch(token):
                parts[-1] = _capitalised(token)
            starts = False
        elif _STOP.fullmatch(token):
            starts = True
        glued = right
    return "".join(parts)


def _glue(token: str, before: str, following: str, quotes: set[str]) -> tuple[bool, bool]:
    """Whether a token sticks to what is left and to what is right of it."""
    if _EMOTICON.fullmatch(token):
        return False, False
    if token in _QUOTES:
        closes = token in quotes
        (quotes.discard if closes else quotes.add)(token)
        return closes, not closes
    if token in _CURRENCY:
        priced = following[:1].isdigit()
        return not priced and before[-1:].isdigit(), priced
    if _BOTH.fullmatch(token):
        return True, True
    if _EMOJI.match(token):
        return bool(_EMOJI.match(before)), False
    if token == "’":
        return True, True
    return bool(_CLOSING.fullmatch(token)), bool(_OPENING.fullmatch(token))


def _capitalised(word: str) -> str:
    upper = word[0].upper()
    return upper + word[1:] if upper.lower() == word[0] else word
