"""The English stemmer of the Snowball project ("Porter2"), as it was when METEOR 1.5 appeared.

Later revisions of the algorithm changed single words, and METEOR's stem matches with them. The
rules are those of the published description (Porter 2001, *Snowball: a language for stemming
algorithms*), with the lists of exceptions of that time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["stem"]

_WHOLE = {
    "skis": "ski",
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "idly": "idl",
    "gently": "gentl",
    "ugly": "ugli",
    "early": "earli",
    "only": "onli",
    "singly": "singl",
} | {word: word for word in ("sky", "news", "howe", "atlas", "cosmos", "bias", "andes")}
_WHOLE_AFTER_PLURAL = frozenset(
    ("inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed")
)

_STEP_2 = {
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "abli": "able",
    "entli": "ent",
    "izer": "ize",
    "ization": "ize",
    "ational": "ate",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "aliti": "al",
    "alli": "al",
    "fulness": "ful",
    "ousli": "ous",
    "ousness": "ous",
    "iveness": "ive",
    "iviti": "ive",
    "biliti": "ble",
    "bli": "ble",
    "ogi": "og",
    "fulli": "ful",
    "lessli": "less",
    "li": "",
}
_STEP_3 = {
    "tional": "tion",
    "ational": "ate",
    "alize": "al",
    "icate": "ic",
    "iciti": "ic",
    "ical": "ic",
    "ful": "",
    "ness": "",
    "ative": "",
}
_STEP_4 = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism"),
    *("ate", "iti", "ous", "ive", "ize", "ion"),
)


def _longest(suffixes: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(suffixes, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(ordered)})$")


_ENDS_2 = _longest(_STEP_2)
_ENDS_3 = _longest(_STEP_3)
_ENDS_4 = _longest(_STEP_4)

_REGION = re.compile("[aeiouy][^aeiouy]")
_LONG_PREFIX = re.compile("gener|commun|arsen")
_POSSESSIVE = re.compile("'s'$|'s$|'$")
_VERBAL = re.compile("(?:eedly|ingly|edly|eed|ing|ed)$")
_VOWEL = re.compile("[aeiouy]")
_DOUBLE = re.compile("(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$")
_SHORT = re.compile("(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy])$")


def stem(word: str) -> str:
    """Return the stem of a lower-case word; words of at most two characters are their own."""
    if word in _WHOLE:
        return _WHOLE[word]
    if len(word) <= 2:
        return word
    word = word.removeprefix("'")
    word = _mark_consonant_y(word)
    start_1 = _region_1(word)
    start_2 = _after_vowel_consonant(word, start_1)
    word = _POSSESSIVE.sub("", word)
    word = _plural(word)
    if word in _WHOLE_AFTER_PLURAL:
        return word
    word = _verbal(word, start_1)
    if len(word) > 2 and word[-1] in "yY" and word[-2] not in "aeiouy":
        word = word[:-1] + "i"
    word = _step_2(word, start_1)
    word = _step_3(word, start_1, start_2)
    word = _step_4(word, start_2)
    word = _final(word, start_1, start_2)
    return word.replace("Y", "y")


def _mark_consonant_y(word: str) -> str:
    """Write Y for a y at the start or after a vowel; a marked Y is no vowel to its follower."""
    if "y" not in word:
        return word
    letters = list(word)
    for at, letter in enumerate(letters):
        if letter == "y" and (at == 0 or letters[at - 1] in "aeiouy"):
            letters[at] = "Y"
    return "".join(letters)


def _region_1(word: str) -> int:
    prefix = _LONG_PREFIX.match(word)
    return prefix.end() if prefix else _after_vowel_consonant(word, 0)


def _after_vowel_consonant(word: str, start: int) -> int:
    found = _REGION.search(word, start)
    return found.end() if found else len(word)


def _plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ied", "ies")):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith(("us", "ss")) or not word.endswith("s"):
        return word
    return word[:-1] if _VOWEL.search(word[:-2]) else word


def _verbal(word: str, start_1: int) -> str:
    found = _VERBAL.search(word)
    if not found:
        return word
    left = word[: found.start()]
    if found[0].startswith("eed"):
        return left + "ee" if found.start() >= start_1 else word
    if not _VOWEL.search(left):
        return word
    if left.endswith(("at", "bl", "iz")):
        return left + "e"
    if _DOUBLE.search(left):
        return left[:-1]
    return left + "e" if start_1 >= len(left) and _SHORT.search(left) else left


def _step_2(word: str, start_1: int) -> str:
    found = _ENDS_2.search(word)
    if not found or found.start() < start_1:
        return word
    left, ending = word[: found.start()], found[0]
    if ending == "ogi" and not left.endswith("l"):
        return word
    if ending == "li" and not left.endswith(tuple("cdeghkmnrt")):
        return word
    return left + _STEP_2[ending]


def _step_3(word: str, start_1: int, start_2: int) -> str:
    found = _ENDS_3.search(word)
    if not found or found.start() < (start_2 if found[0] == "ative" else start_1):
        return word
    return word[: found.start()] + _STEP_3[found[0]]


def _step_4(word: str, start_2: int) -> str:
    found = _ENDS_4.search(word)
    if not found or found.start() < start_2:
        return word
    left = word[: found.start()]
    if found[0] == "ion" and not left.endswith(("s", "t")):
        return word
    return left


def _final(word: str, start_1: int, start_2: int) -> str:
    at = len(word) - 1
    if word.endswith("e"):
        if at >= start_2 or (at >= start_1 and not _SHORT.search(word[:-1])):
            return word[:-1]
    elif word.endswith("ll") and at >= start_2:
        return word[:-1]
    return word
