"""The Porter stemmer (Porter 1980), in the variant that rouge-score uses."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["stem_porter", "stem_rouge"]

_CEEDS = ("proceed", "exceed", "succeed")
_IRREGULAR = {
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "innings": "inning",
    "outings": "outing",
    "cannings": "canning",
} | {one: one for one in ("sky", "news", "inning", "outing", "canning", "howe", *_CEEDS)}
_STEP_2 = {
    "ational": "ate",
    "tional": "tion",
    "enci": "ence",
    "anci": "ance",
    "izer": "ize",
    "bli": "ble",
    "alli": "al",
    "entli": "ent",
    "eli": "e",
    "ousli": "ous",
    "ization": "ize",
    "ation": "ate",
    "ator": "ate",
    "alism": "al",
    "iveness": "ive",
    "fulness": "ful",
    "ousness": "ous",
    "aliti": "al",
    "iviti": "ive",
    "biliti": "ble",
    "fulli": "ful",
}
_STEP_3 = {
    "icate": "ic",
    "ative": "",
    "alize": "al",
    "iciti": "ic",
    "ical": "ic",
    "ful": "",
    "ness": "",
}
_STEP_4 = dict.fromkeys(
    (
        *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent"),
        *("ou", "ism", "ate", "iti", "ous", "ive", "ize"),
    ),
    "",
)


class _Letters(dict[int, str]):
    """For ``str.translate``: all that is not a vowel or y is a consonant."""

    def __missing__(self, code: int) -> str:
        return "c"


_LETTERS = _Letters({**dict.fromkeys(map(ord, "aeiou"), "v"), ord("y"): "y"})


def stem_porter(word: str) -> str:
    """Stem of a word in lower case, equal to that of nltk's ``PorterStemmer`` as it is by default.

    That is Porter's algorithm with his own later departures (``bli``, ``logi``; words of one or two
    letters stay) and those of nltk: a list of irregular words, ``ies`` and ``ied`` give ``ie`` in
    words of four letters, ``y`` becomes ``i`` after a consonant that is not the first letter,
    ``fulli``, ``alli`` may uncover another suffix of step 2, and two letters may count as a short
    syllable. Characters other than a, e, i, o, u and y count as consonants. Any string is a word,
    the empty one too.
    """
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 3:
        return word
    word = _without_past(_without_plural(word))
    if word.endswith("y") and len(word) > 2 and _shape(word)[-2] == "c":
        word = word[:-1] + "i"
    word = _replaced(_without_second(word), _STEP_3, 1)
    return _without_final(_without_fourth(word))


def stem_rouge(word: str) -> tuple[str]:
    """Token that rouge-score makes of a word: its stem, if it has more than three characters."""
    return (stem_porter(word) if len(word) > 3 else word,)


def _shape(word: str) -> str:
    """``c`` for each consonant and ``v`` for each vowel; y is a vowel after a consonant."""
    shape = word.translate(_LETTERS)
    if "y" not in shape:
        return shape
    resolved = ""
    for letter in shape:
        resolved += letter if letter != "y" else "v" if resolved.endswith("c") else "c"
    return resolved


def _measure(stem: str) -> int:
    return _shape(stem).count("vc")


def _is_short(stem: str) -> bool:
    """Whether the stem is vowel, consonant or ends with consonant, vowel, consonant but w, x, y."""
    shape = _shape(stem)
    return shape == "vc" or (shape.endswith("cvc") and stem[-1] not in "wxy")


def _replaced(word: str, endings: Mapping[str, str], least: int) -> str:
    """The word with the longest of ``endings`` replaced, if the stem measures ``least`` or more."""
    for length in range(min(len(word), 7), 1, -1):
        ending = word[-length:]
        if ending in endings:
            stem = word[:-length]
            return stem + endings[ending] if _measure(stem) >= least else word
    return word


def _without_plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    ending = next((one for one in ("ed", "ing") if word.endswith(one)), "")
    stem = word.removesuffix(ending)
    if not ending or "v" not in _shape(stem):
        return word
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if _ends_doubled(stem):
        return stem[:-1] if stem[-1] not in "lsz" else stem
    return stem + "e" if _measure(stem) == 1 and _is_short(stem) else stem


def _ends_doubled(stem: str) -> bool:
    return len(stem) > 1 and stem[-1] == stem[-2] and _shape(stem)[-1] == "c"


def _without_second(word: str) -> str:
    if word.endswith("logi"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    new = _replaced(word, _STEP_2, 1)
    return _without_second(new) if word.endswith("alli") and new != word else new


def _without_fourth(word: str) -> str:
    if word.endswith("ion"):
        stem = word[:-3]
        return stem if stem.endswith(("s", "t")) and _measure(stem) > 1 else word
    return _replaced(word, _STEP_4, 2)


def _without_final(word: str) -> str:
    if word.endswith("e"):
        stem = word[:-1]
        measure = _measure(stem)
        if measure > 1 or (measure == 1 and not _is_short(stem)):
            word = stem
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
