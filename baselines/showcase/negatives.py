"""Texts made wrong: the noun phrases of a review replaced by others of the data set."""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from showcase_bench.draws import first_from
from showcase_bench.errors import MissingDependencyError

__all__ = ["MOST_CHARACTERS", "PhraseSwaps", "Span", "noun_phrase_spans"]

MOST_CHARACTERS = 2_000
"""Only so much of the beginning of a text is searched for phrases."""

Span: TypeAlias = tuple[int, int]

_APOSTROPHE = frozenset("'’")


class _Token(NamedTuple):
    start: int
    end: int
    tag: str
    opens: bool
    """Whether it begins a noun phrase."""
    inside: bool
    """Whether it belongs to one."""


def noun_phrase_spans(text: str) -> tuple[Span, ...]:
    """Where the noun phrases of a text stand, in order, without overlap.

    A phrase is a run of adjectives and nouns that ends in a noun, without its article:
    ``the [crispy pork tacos]``. It is found by the rule-based tagger and chunker of TextBlob,
    which need no data. What has no letter, or stands at an
    apostrophe as the parts of "didn't" do, is no noun. A blank text has none; of a very long
    one only the beginning is looked at.

    Raises
    ------
    MissingDependencyError
        TextBlob is not installed.
    """
    begin = text[:MOST_CHARACTERS]
    spans: list[Span] = []
    run: list[_Token] = []
    for token in _tokens(begin):
        if run and (token.opens or not _joined(begin, run[-1], token)):
            spans.extend(_phrase(run))
            run = []
        if token.inside and token.tag.startswith(("NN", "JJ")):
            run.append(token)
        else:
            spans.extend(_phrase(run))
            run = []
    spans.extend(_phrase(run))
    return tuple(spans)


class PhraseSwaps:
    """Replaces the noun phrases of texts by random ones of a set of texts.

    Parameters
    ----------
    texts
        The data set. Phrases are drawn as often as they occur in it; equal texts count once.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._spans = {text: noun_phrase_spans(text) for text in dict.fromkeys(texts)}
        self._phrases = [
            text[start:end] for text, spans in self._spans.items() for start, end in spans
        ]

    def swap(self, text: str, rng: np.random.Generator) -> str | None:
        """The text with each noun phrase replaced by one that it does not contain.

        A phrase takes over the case of the first letter of what it replaces. None where the text
        has no noun phrase, or the data set has no other.
        """
        spans = self._spans[text] if text in self._spans else noun_phrase_spans(text)
        own = {_plain(text[start:end]) for start, end in spans}
        pieces, end = [], 0
        for start, stop in spans:
            drawn = int(rng.integers(max(len(self._phrases), 1)))
            other = first_from(self._phrases, drawn, lambda one: _plain(one) not in own)
            if other is None:
                return None
            pieces += [text[end:start], _like(other, text[start])]
            end = stop
        return "".join([*pieces, text[end:]]) if spans else None


def _tokens(text: str) -> Iterator[_Token]:
    """What the chunker says of each word that stands in the text as the chunker writes it."""
    end = 0
    # The tagger fails on lone surrogates; one character stands for one, so that places agree.
    clean = "".join("\ufffd" if unicodedata.category(one) == "Cs" else one for one in text)
    for sentence in _parser()(clean, chunks=True, collapse=False) if clean.strip() else ():
        for word, tag, chunk, *_ in sentence:
            start = clean.find(word, end)
            if start < 0:
                continue
            end = start + len(word)
            place, _, kind = chunk.partition("-")
            beside = clean[max(start - 1, 0) : start] + clean[end : end + 1]
            is_word = any(map(str.isalpha, word)) and not _APOSTROPHE & set(beside)
            yield _Token(start, end, tag, place == "B", kind == "NP" and is_word)


def _joined(text: str, left: _Token, right: _Token) -> bool:
    """Whether nothing but white space is between two words."""
    return text[left.end : right.start].isspace()


def _phrase(run: list[_Token]) -> list[Span]:
    """The span of a run up to its last noun; none where it has no noun."""
    nouns = [at for at, token in enumerate(run) if token.tag.startswith("NN")]
    return [(run[0].start, run[nouns[-1]].end)] if nouns else []


def _plain(phrase: str) -> str:
    return " ".join(phrase.casefold().split())


def _like(phrase: str, letter: str) -> str:
    """The phrase, in capitals at its start where ``letter`` is one, and small else."""
    first = phrase[0].upper() if letter.isupper() else phrase[0].lower()
    return first + phrase[1:]


@lru_cache(maxsize=1)
def _parser() -> Callable[..., Any]:
    try:
        # Loading its lexicon takes seconds: only where texts are parsed.
        module = importlib.import_module("textblob.en")
    except ImportError as error:
        raise MissingDependencyError(
            "negatives of the contrastive loss need TextBlob, which is not installed: "
            "pip install textblob; or train without them: showcase(ccl=0)"
        ) from error
    parse: Callable[..., Any] = module.parser.parse
    return parse
