"""Lower case as Java writes it, which differs from Python's in the Greek final sigma alone.

Both follow Unicode: a capital sigma is final when a cased letter stands before it and none behind.
Python looks for them over case-ignorable characters, Java over the word as its word breaks have
it, in which letters joined by a hyphen, an apostrophe or a full stop, digits and letters, are one.
"""

from __future__ import annotations

import unicodedata

__all__ = ["lowered"]

_SIGMA, _FINAL, _MEDIAL = "Σ", "ς", "σ"
_WORD = frozenset({"Ll", "Lu", "Lt", "Lm", "Nl", "Nd", "No", "Mn", "Mc", "Me", "Cf"})
_JOINING = frozenset({"Pd", "Pc"})
_JOINERS = frozenset("'\".‧")


def lowered(text: str) -> str:
    """Lower-cased text."""
    return text.lower() if _SIGMA not in text else "".join(_letters(text))


def _letters(text: str) -> list[str]:
    segments: list[list[str]] = [[]]
    for index, char in enumerate(text):
        if _in_word(text, index):
            segments[-1].append(char)
        else:
            segments += [[char], []]
    return [letter for segment in segments for letter in _segment(segment)]


def _in_word(text: str, index: int) -> bool:
    category = unicodedata.category(text[index])
    if category in _JOINING or text[index] in _JOINERS:
        return text[index - 1 : index].isalpha() and text[index + 1 : index + 2].isalpha()
    return category in _WORD


def _segment(chars: list[str]) -> list[str]:
    cased = [index for index, char in enumerate(chars) if _is_cased(char)]
    letters = [char.lower() for char in chars]
    for index, char in enumerate(chars):
        if char == _SIGMA:
            final = len(cased) > 1 and index == cased[-1]
            letters[index] = _FINAL if final else _MEDIAL
    return letters


def _is_cased(char: str) -> bool:
    category = unicodedata.category(char)
    return category in ("Ll", "Lu", "Lt") or (category != "Mn" and char.upper() != char.lower())
