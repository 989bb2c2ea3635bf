"""Words of a text, and the nouns at the heads of its noun phrases."""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from showcase_bench.errors import MissingDependencyError

__all__ = ["METHOD", "PARSER_VERSION", "noun_phrases", "words"]

METHOD = "textblob-np"
"""Name in signatures of how phrases are found."""


PARSER_VERSION = "0.20"
"""Series of TextBlob, whose tagger and chunker find the phrases; this package requires it."""

_WORD = re.compile(r"[^\W_]+")
_NOT = re.compile(r"n['’]t\b", re.IGNORECASE)
_CLITIC = re.compile(r"['’](?:s|re|ve|ll|d|m)\b", re.IGNORECASE)
_BREAKS = re.compile(r"\s*[\n\r\v\f\u0085\u2028\u2029]\s*")


def words(text: str) -> list[str]:
    """Runs of letters and digits in lower case, NFC; "Joe's ice-cream" is joe, ice, cream.

    "n't" is the word not, and 's, 're, 've, 'll, 'd and 'm are left out. A text without a letter
    or a digit has no words.
    """
    return _WORD.findall(_plain(text).lower())


def noun_phrases(text: str) -> set[tuple[str, ...]]:
    """The nouns at the head of each noun phrase, and what is left of them without the first ones.

    The head is the run of nouns that the phrase, or a part of it before a conjunction, ends in, as
    :func:`words`: "the crispy pork belly tacos" gives pork belly tacos, belly tacos and tacos. The
    phrases are those of the rule-based
    tagger and chunker of TextBlob (that of the pattern library), which need no data; line breaks
    end sentences. A blank text gives nothing.

    Raises
    ------
    MissingDependencyError
        TextBlob is not installed.
    """
    lines = _BREAKS.sub("\n\n", _plain(text).replace("/", " / "))
    found: set[tuple[str, ...]] = set()
    if not lines.strip():
        return found
    for sentence in _parser()(lines, chunks=True, collapse=False):
        for run in _heads(sentence):
            head = words(" ".join(run))
            found.update(tuple(head[start:]) for start in range(len(head)))
    return found


def _plain(text: str) -> str:
    """The text in NFC without contractions."""
    return _CLITIC.sub("", _NOT.sub(" not", unicodedata.normalize("NFC", text)))


def _heads(sentence: list[list[str]]) -> Iterator[list[str]]:
    """Nouns that each noun phrase ends in, of ``[word, tag, chunk, ...]`` of each token."""
    run: list[str] = []
    for word, tag, chunk, *_ in sentence:
        place, _, kind = chunk.partition("-")
        if run and (kind != "NP" or place == "B" or tag == "CC"):
            yield run
            run = []
        if kind == "NP":
            run = [*run, word] if tag.startswith("NN") else []
    if run:
        yield run


def _parser() -> Callable[..., Any]:
    try:
        # Loading its lexicon takes a second: only where texts are parsed.
        module = importlib.import_module("textblob.en")
    except ImportError as error:
        raise MissingDependencyError(
            "noun phrases are found by TextBlob, which is not installed: pip install textblob"
        ) from error
    parse: Callable[..., Any] = module.parser.parse
    return parse
