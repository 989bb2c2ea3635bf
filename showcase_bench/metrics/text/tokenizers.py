"""Tokenizers by name.

A name is a tokenizer and, after ``+``, what is changed about it: ``ptb``, ``words+stem``,
``13a+lc``. To add one, write a function from texts to lists of tokens and list it here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.metrics.text.chrf_tokens import split_edge
from showcase_bench.metrics.text.intl import tokenize_intl
from showcase_bench.metrics.text.meteor_tokens import meteor_tokens
from showcase_bench.metrics.text.mteval import (
    lower_cased,
    tokenize_13a,
    tokenize_char,
    tokenize_none,
)
from showcase_bench.metrics.text.porter import stem_rouge
from showcase_bench.metrics.text.ptb import tokenize_ptb
from showcase_bench.metrics.text.ter_tokens import TER_TOKENIZERS
from showcase_bench.metrics.text.zh import tokenize_zh

__all__ = ["TOKENIZERS", "Derived", "Rewritten", "Tokenizer", "find_tokenizer", "require_tokenizer"]

Tokenizer: TypeAlias = Callable[[Sequence[str]], Iterable[Sequence[str]]]
"""Tokens of each text, in order; what it gives for a text depends on that text alone."""


class Derived(NamedTuple):
    """A tokenizer that replaces each token of another one on its own."""

    base: str
    replace: Callable[[str], Sequence[str]]


class Rewritten(NamedTuple):
    """A tokenizer that makes its tokens of all the tokens of another one together."""

    base: str
    rewrite: Callable[[Sequence[str]], Sequence[str]]


_WORD = re.compile(r"[a-z0-9]+")


def _words(texts: Sequence[str]) -> Iterable[Sequence[str]]:
    return (_WORD.findall(text.lower()) for text in texts)


def _whitespace(texts: Sequence[str]) -> Iterable[Sequence[str]]:
    return (text.lower().split() for text in texts)


_SACREBLEU: Mapping[str, Tokenizer] = {
    "13a": tokenize_13a,
    "intl": tokenize_intl,
    "char": tokenize_char,
    "zh": tokenize_zh,
    "none": tokenize_none,
}

TOKENIZERS: Mapping[str, Tokenizer | Derived | Rewritten] = {
    "ptb-line": tokenize_ptb,
    "ptb": Derived("ptb-line", str.split),
    "meteor": Rewritten("ptb-line", meteor_tokens),
    "words": _words,
    "words+stem": Derived("words", stem_rouge),
    "whitespace": _whitespace,
    **_SACREBLEU,
    **TER_TOKENIZERS,
    "chrf": Derived("none", split_edge),
    "chrf+lc": Derived("whitespace", split_edge),
    **{f"{name}+lc": lower_cased(tokenize) for name, tokenize in _SACREBLEU.items()},
}
"""Lower-case, but for those of sacreBLEU and chrF without ``+lc`` and of TER with ``+case``.

- ``ptb``: Penn Treebank tokens without punctuation, as pycocoevalcap has them; ``ptb-line``: the
  same, where a fraction such as ``1 1/2`` is one token with a no-break space in it; ``meteor``:
  what METEOR's normaliser makes of those.
- ``words``: runs of a-z and 0-9, as rouge-score has them; ``words+stem``: the Porter stems of those
  of more than three letters.
- ``whitespace``: split at white space.
- ``13a``, ``intl``, ``char``, ``zh``, ``none``: those of sacreBLEU; ``ter+...`` and ``chrf``: those
  of its TER and of the words of its chrF++.
"""


def find_tokenizer(name: str) -> Tokenizer | Derived | Rewritten:
    """Look a tokenizer up; raises :class:`UsageError` where there is none of this name."""
    require_tokenizer(name)
    return TOKENIZERS[name]


def require_tokenizer(name: object) -> None:
    """Raise a :class:`UsageError` unless ``name`` is a known tokenizer."""
    if not isinstance(name, str) or name not in TOKENIZERS:
        raise UsageError(f"unknown tokenizer {name!r}. {did_you_mean(str(name), TOKENIZERS)}")
