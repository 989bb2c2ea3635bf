"""Tokenizers by name, and a store that tokenises each distinct text once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.metrics.ptb import tokenize_ptb

__all__ = ["TOKENIZERS", "TokenStore", "Tokens", "require_tokenizer"]

Tokens: TypeAlias = tuple[str, ...]

_WORD = re.compile(r"[a-z0-9]+")


def _words(texts: Sequence[str]) -> list[Tokens]:
    return [tuple(_WORD.findall(text.lower())) for text in texts]


def _whitespace(texts: Sequence[str]) -> list[Tokens]:
    return [tuple(text.lower().split()) for text in texts]


TOKENIZERS: Mapping[str, Callable[[Sequence[str]], list[Tokens]]] = {
    "ptb": tokenize_ptb,
    "words": _words,
    "whitespace": _whitespace,
}
"""All lower-case. ``ptb``: Penn Treebank tokens without punctuation, as pycocoevalcap has them;
``words``: runs of a-z and 0-9, as rouge-score has them; ``whitespace``: split at white space."""


def require_tokenizer(name: object) -> None:
    """Raise a :class:`UsageError` unless ``name`` is a known tokenizer."""
    if not isinstance(name, str) or name not in TOKENIZERS:
        raise UsageError(f"unknown tokenizer {name!r}. {did_you_mean(str(name), TOKENIZERS)}")


class TokenStore:
    """Tokens of texts, each distinct text tokenised once per tokenizer.

    Share one store between the batches of several systems, and :meth:`prefetch` all their texts
    first: the ``ptb`` tokenizer then starts Java once.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Tokens]] = {}

    def get(self, tokenizer: str, texts: Sequence[str]) -> list[Tokens]:
        """Tokens of each text, in order; what is not known yet is tokenised in one call.

        Raises
        ------
        UsageError
            The tokenizer is unknown, or fails on a text.
        MissingDependencyError
            The tokenizer needs a program that is not installed.
        """
        self.prefetch(tokenizer, texts)
        known = self._known[tokenizer]
        return [known[text] for text in texts]

    def prefetch(self, tokenizer: str, texts: Iterable[str]) -> None:
        """Tokenise the texts that are not known yet, in one call; raises as :meth:`get`."""
        require_tokenizer(tokenizer)
        known = self._known.setdefault(tokenizer, {})
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, TOKENIZERS[tokenizer](new), strict=True))
