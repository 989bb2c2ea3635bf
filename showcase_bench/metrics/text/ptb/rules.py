"""What each rule of the lexer makes of the text that it matched.

The rules are known by their numbers in the automaton's tables. What they do was observed: strings
that end in every state of the automaton, followed by every class of character, were given to the
tokeniser, and the tokens compared.
"""

from __future__ import annotations

import re

__all__ = [
    "GIVEN_BACK",
    "LOOK_AHEAD",
    "OPENING_APOSTROPHE",
    "SENTENCE_ENDS",
    "SKIPPED",
    "START",
    "rewritten",
]

START = 2
"""State in which every token starts, under the default options of the tokeniser."""

SKIPPED = frozenset({1, 5, 7, 23})
"""Characters that are no part of a token, line ends, white space."""

GIVEN_BACK = {
    **dict.fromkeys((24, 25, 26, 32, 34, 36, 41, 43, 46, 51), 1),
    42: 2,
    48: 2,
    50: 3,
    53: 4,
}
"""How many characters of its match a rule leaves to the next token: what it only looks at, or the
second half of a contraction (``gon|na``, ``can|not``)."""

LOOK_AHEAD = {30: (3, 4), 40: (5, 6), 44: (9, 10), 47: (7, 8), 49: (11, 12)}
"""Rules that look at a text of varying length behind their token: the states in which the
automaton for the token starts, and the one for what follows, read backwards."""

SENTENCE_ENDS = frozenset({47, 49})
"""Abbreviations whose full stop also ends a sentence: it is left to the next token as well."""

OPENING_APOSTROPHE = 35
"""Keeps the first character of its match and only looks at the others."""

_FIXED = {
    2: "<",
    10: ">",
    11: "--",
    13: "...",
    16: "-RCB-",
    17: "-LRB-",
    18: "-RRB-",
    20: "-LCB-",
    21: "-RSB-",
    22: "-LSB-",
    OPENING_APOSTROPHE: "`",
}
_FRACTIONS = {"¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}
_CURRENCIES = {"¢": "cents", "£": "#", "¤": "$", "₠": "$", "€": "$"}
_QUOTES = str.maketrans(
    {
        **dict.fromkeys("‘‛‹", "`"),
        **dict.fromkeys("’›", "'"),
        **dict.fromkeys("“«", "``"),
        **dict.fromkeys("”»", "''"),
    }
)
_ENTITY = re.compile("&amp;", re.IGNORECASE | re.ASCII)
_SOFT_HYPHEN = "\u00ad"
_DOUBLE_QUOTES = frozenset({'"', "&quot;"})

_OPENING_QUOTE = 26
_DASHES = 4
_FRACTION = 14
_CURRENCY = 15
_QUOTING = frozenset({8, 36})
_ONE_LETTER_AND_STOP = 47
_HYPHENATED = frozenset({6, 12, 24, 25, 29, 30, 32, 40, 46})
"""Rules of words and numbers, which lose their soft hyphens."""
_WITH_ENTITY = frozenset({37, 51})
_WITH_SPACES = frozenset({27, 39, 54})
"""Rules of tags, mixed fractions and phone numbers, whose spaces become no-break spaces."""
_WITH_BRACKETS = frozenset({28, 34, 54})
"""Rules of emoticons and phone numbers."""


def rewritten(rule: int, text: str) -> str:
    """The token, before it is lower-cased, for the text that ``rule`` matched and kept."""
    if rule in _HYPHENATED:
        return (text.replace(_SOFT_HYPHEN, "") or "-") if _SOFT_HYPHEN in text else text
    if rule in _FIXED:
        return _FIXED[rule]
    if rule in _QUOTING:
        return _quoted(text)
    if rule == _OPENING_QUOTE:
        return "``" if text in _DOUBLE_QUOTES else text
    if rule == _DASHES:
        return "--" if 2 < len(text) < 5 else text
    if rule == _FRACTION:
        return _FRACTIONS.get(text, text)
    if rule == _CURRENCY:
        return _CURRENCIES.get(text, text)
    if rule == _ONE_LETTER_AND_STOP:
        return text[:-1] if len(text) == 2 else text
    if rule in _WITH_ENTITY:
        text = _ENTITY.sub("&", text)
    if rule in _WITH_SPACES:
        text = text.replace(" ", "\u00a0")
    if rule in _WITH_BRACKETS:
        text = text.replace("(", "-LRB-").replace(")", "-RRB-")
    return text


def _quoted(text: str) -> str:
    return "''" if text in _DOUBLE_QUOTES else text.replace("&apos;", "'").translate(_QUOTES)
