"""METEOR's own tokens: what its normaliser (option ``-norm``) makes of a tokenised text.

The peer joins the PTB tokens with spaces and tokenises again, in the manner of the Moses tools:
symbols stand alone, hyphens inside words split them, apostrophes split, abbreviations lose their
periods. The rules were found by experiment and hold on random strings of all these signs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

__all__ = ["meteor_tokens"]

_LETTERS = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017e"
    "\u0400-\u0527\u1d00-\u1d7f\ua640-\ua66e\ua67e-\ua697"
)
_WORD = f"0-9{_LETTERS}"
_STRIPPED = "".join(map(chr, range(0x21)))
_INDEPENDENT = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*|'[a-z]+|n't")
_SIGNS = {ord(sign): " " for sign in "\t\n\r\f"}
_SIGNS |= {0x2013: " - ", 0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"}

_SPACES = frozenset(map(chr, (0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""Symbols until the periods are split; then they vanish."""
_SYMBOL = re.compile(f"([^{_WORD} .'`,\\-\x0b])")
_PERIODS = re.compile(r"(\.\.+)")
_COMMAS = (
    re.compile("([^0-9]),([^0-9])"),
    re.compile("([0-9]),([^0-9])"),
    re.compile("([^0-9]),([0-9])"),
)
_APOSTROPHES = (
    (re.compile(f"([^{_LETTERS}])'([^{_LETTERS}])"), r"\1 ' \2"),
    (re.compile(f"([^{_WORD}])'([{_LETTERS}])"), r"\1 ' \2"),
    (re.compile(f"([{_LETTERS}])'([^{_LETTERS}])"), r"\1 ' \2"),
    (re.compile(f"([{_LETTERS}])'([{_LETTERS}])"), r"\1 '\2"),
    (re.compile("([0-9])'s"), r"\1 's"),
)
_HYPHEN = re.compile(f"([{_WORD}.])-([{_WORD}])")
_LETTER = re.compile(f"[{_LETTERS}]")
_BEFORE_PERIOD = frozenset(("v", "vs", "rev"))
"""Lower-case words that keep their period wherever they stand."""


def meteor_tokens(ptb_tokens: Sequence[str]) -> list[str]:
    """Tokens that METEOR compares, of one text.

    Parameters
    ----------
    ptb_tokens
        Lower-case tokens, as pycocoevalcap's tokeniser gives them. Letters are not lower-cased
        here. Line breaks, with which the peer's protocol breaks, count as spaces; ``|||``, which
        the peer removes from hypotheses and takes as a separator in references, is three symbols.

    Returns
    -------
    list of str
        Tokens without spaces, possibly more than came in; empty for no tokens.
    """
    tokens: list[str] = []
    for token in ptb_tokens:
        parts = _alone(token)
        if parts is None:
            return _normalise(" ".join(ptb_tokens))
        tokens += parts
    return tokens


@lru_cache(maxsize=1 << 16)
def _alone(token: str) -> tuple[str, ...] | None:
    """Parts of a token that cannot act on its neighbours; None for any other."""
    return tuple(_normalise(token)) if _INDEPENDENT.fullmatch(token) else None


def _normalise(text: str) -> list[str]:
    text = f" {text.strip(_STRIPPED).translate(_SIGNS)} "
    text = _SYMBOL.sub(r" \1 ", text)
    text = _PERIODS.sub(r" \1 ", text)
    for comma in _COMMAS:
        text = comma.sub(r"\1 , \2", text)
    text = text.replace("--", "-").replace("`", "'").replace("''", ' " ')
    for apostrophe, parts in _APOSTROPHES:
        text = apostrophe.sub(parts, text)
    text = _HYPHEN.sub(r"\1 \2", text)
    words = _split_periods([word for word in text.split(" ") if word])
    return [word for word in words if word not in _SPACES]


def _split_periods(words: Sequence[str]) -> list[str]:
    """Take the period from the end of a word, unless it belongs to the word."""
    tokens: list[str] = []
    followers = chain(words[1:], [""] if words else [])
    for word, follower in zip(words, followers, strict=True):
        if not word.endswith(".") or len(word) == 1 or word.endswith(".."):
            tokens.append(word)
        elif "." in word[:-1] and _LETTER.search(word):
            tokens.append(word.replace(".", ""))
        elif word[:-1] in _BEFORE_PERIOD or "a" <= follower[:1] <= "z":
            tokens.append(word)
        else:
            tokens += [word[:-1], "."]
    return tokens
