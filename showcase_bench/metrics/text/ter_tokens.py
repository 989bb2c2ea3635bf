"""Tokens of the translation edit rate, one tokenizer for each way to prepare the text.

A name is ``ter`` and, after ``+``, what is changed about it: ``norm`` splits punctuation off as
Tercom does, ``nopunct`` deletes punctuation, ``asian`` lets both of them take Chinese and Japanese
characters into account, ``case`` keeps upper case. Always in this order: ``ter+norm+case``. Where
nothing is split off or deleted, the tokens are those of ``whitespace``, or of ``none`` with case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import product

__all__ = ["TER_TOKENIZERS", "ter_tokenizer"]

_ENTITIES = {"&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}
_HYPHENATED = re.compile(r"\n-")
_SYMBOL = re.compile(r"[!-&(-+/:-@\[-`{-~]")
_POSSESSIVE = re.compile(r"'s(?= |$)")
# These two take the other character too, so that it cannot count for a second stop.
_STOP_AFTER_OTHER = re.compile(r"([^0-9])([.,])")
_STOP_BEFORE_OTHER = re.compile(r"([.,])([^0-9])")
_DASH_AFTER_DIGIT = re.compile(r"(?<=[0-9])-")
_APART = r" \g<0> "

_PUNCTUATION = re.compile(r'[.,?:;!"()]')
_EAST_ASIAN_PUNCTUATION = re.compile(
    "[\u3001\u3002\u3008-\u3011\u3014-\u301f\u30fb"
    "\uff01\uff02\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff61-\uff65]"
)
_IDEOGRAPH = re.compile(
    "[\u2e80-\u2eff\u31c0-\u31ef\u3200-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f]"
)


def ter_tokenizer(*, norm: bool, nopunct: bool, asian: bool, case: bool) -> str:
    """Name of the tokenizer with these changes."""
    if not norm and not nopunct:
        return "none" if case else "whitespace"
    changes = {"norm": norm, "nopunct": nopunct, "asian": asian, "case": case}
    return "+".join(["ter", *(name for name, given in changes.items() if given)])


def _split(text: str) -> str:
    text = _HYPHENATED.sub("", f" {text} ").replace("\n", " ")
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    text = _POSSESSIVE.sub(" 's", _SYMBOL.sub(_APART, text))
    text = _STOP_AFTER_OTHER.sub(r"\1 \2 ", text)
    text = _STOP_BEFORE_OTHER.sub(r" \1 \2", text)
    return _DASH_AFTER_DIGIT.sub(_APART, text)


def _split_east_asian(text: str) -> str:
    return _EAST_ASIAN_PUNCTUATION.sub(_APART, _IDEOGRAPH.sub(_APART, text))


def _tokens(
    texts: Sequence[str], *, norm: bool, nopunct: bool, asian: bool, case: bool
) -> Iterable[Sequence[str]]:
    """Tokens of each text, split at white space after the changes that were asked for."""
    steps: list[Callable[[str], str]] = []
    if not case:
        steps.append(str.lower)
    if norm:
        steps.append(_split)
        if asian:
            steps.append(_split_east_asian)
    if nopunct:
        steps.append(partial(_PUNCTUATION.sub, ""))
        if asian:
            steps.append(partial(_EAST_ASIAN_PUNCTUATION.sub, ""))
    for text in texts:
        for step in steps:
            text = step(text.rstrip())
        yield text.split()


TER_TOKENIZERS: Mapping[str, Callable[[Sequence[str]], Iterable[Sequence[str]]]] = {
    ter_tokenizer(norm=norm, nopunct=nopunct, asian=asian, case=case): partial(
        _tokens, norm=norm, nopunct=nopunct, asian=asian, case=case
    )
    for norm, nopunct, asian, case in product((False, True), repeat=4)
    if norm or nopunct
}
"""Every combination that prepares the text, by name."""
