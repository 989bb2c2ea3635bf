"""The tokenizers of sacreBLEU for texts with spaces between words: ``13a``, ``none``, ``char``.

Each gives for a text the tokens that sacreBLEU 2.6 (Post 2018) counts n-grams of. ``intl`` and
``zh`` are modules beside this one.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Callable, Iterable, Iterator, Sequence

from showcase_bench.metrics.text.splitting import Kind, split_lines

__all__ = ["kind_13a", "lower_cased", "tokenize_13a", "tokenize_char", "tokenize_none"]

_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_SYMBOLS = frozenset(string.punctuation) - frozenset("'-.,")


def tokenize_13a(texts: Sequence[str]) -> Iterator[list[str]]:
    """Tokens of each text as mteval-v13a (NIST), WMT's script, has them; the case is kept.

    Four HTML entities are decoded, ``<skipped>`` is removed, words hyphenated at a line's end are
    joined. ASCII punctuation is set apart but for the apostrophe, a period or comma between digits,
    and a hyphen that does not follow a digit. Lone surrogates are letters; a blank text has no
    tokens.
    """
    return split_lines([_cleaned(text) for text in texts], kind_13a, Kind.LETTER)


def tokenize_none(texts: Sequence[str]) -> Iterator[list[str]]:
    """Tokens of each text at white space as Unicode has it; the case is kept."""
    return (text.split() for text in texts)


def tokenize_char(texts: Sequence[str]) -> Iterator[list[str]]:
    """Each character (code point) but white space is a token; the case is kept."""
    return (list("".join(text.split())) for text in texts)


def lower_cased(
    tokenize: Callable[[Sequence[str]], Iterable[Sequence[str]]],
) -> Callable[[Sequence[str]], Iterable[Sequence[str]]]:
    """Return the tokenizer of the texts in lower case."""
    return lambda texts: tokenize([text.lower() for text in texts])


@functools.cache
def kind_13a(character: str) -> Kind:
    """Class of a character under the rules of mteval-v13a, which know ASCII only."""
    if character in ".,":
        return Kind.MARK
    if character in string.digits:
        return Kind.NUMBER
    if character == "-":
        return Kind.DASH
    return Kind.SYMBOL if character in _SYMBOLS else Kind.LETTER


def _cleaned(text: str) -> str:
    text = text.rstrip().replace("<skipped>", "")
    if "\n" in text:
        text = text.replace("-\n", "").replace("\n", " ")
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return text
