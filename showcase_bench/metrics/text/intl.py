"""The tokenizer ``intl`` of sacreBLEU: punctuation, symbols and numbers of all scripts."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Sequence

from showcase_bench.metrics.text.splitting import Kind, split_lines

__all__ = ["tokenize_intl"]

_NEWER = {
    Kind.NUMBER: """
        10d40-10d49 116d0-116e3 11bf0-11bf9 11de0-11de9 11f50-11f59 1246f 12475-1247f 12550-12686
        16130-16139 16d70-16d79 16ff4-16ff6 1ccf0-1ccf9 1d2c0-1d2d3 1e4f0-1e4f9 1e5f1-1e5fa""",
    Kind.MARK: """
        1b4e-1b4f 1b7f 2e60-2e63 10d6e 10ed0 113d4-113d5 113d7-113d8 11b00-11b09 11be1 11f43-11f4f
        16d6d-16d6f 1e5ff""",
    Kind.SYMBOL: """
        20c1-20c4 2427-2429 2b96 2ffc-2fff 31e4-31e5 31ef fbc3-fbd2 fd90-fd91 fdc8-fdce 10d8e-10d8f
        10ec9-10eca 10ed1-10ed8 1cc00-1ccef 1ccfa-1ccfc 1cd00-1ceb3 1ceba-1ced0 1ced2-1ced4
        1cedd-1cefd 1d1eb-1d1ff 1d253-1d25a 1d25d-1d25e 1d260-1d27f 1db00-1db1c 1f1ae 1f6d8-1f6d9
        1f6dc 1f774-1f77f 1f7d9-1f7db 1f7f1-1f7ff 1f8b2-1f8bb 1f8c0-1f8c1 1f8d0-1f8d8 1fa54-1fa57
        1fa75-1fa77 1fa87-1fa8f 1faad-1faaf 1fabb-1fabf 1fac6 1fac8 1facc-1facf 1fada-1fadd 1fadf
        1fae8-1faeb 1faef 1faf7-1fafa 1fbcb-1fbef 1fbfa""",
}
"""Characters that the Unicode of Python 3.11 does not know yet, in hexadecimal, as of version
2026.11 of the package regex, so that emoji are symbols under every version of Python."""


def tokenize_intl(texts: Sequence[str]) -> Iterator[list[str]]:
    """Tokens of each text as mteval-v14's international tokenization has them; the case is kept.

    Symbols (Unicode category S, emoji among them) are set apart, and so is punctuation (P) that is
    not between numbers (N). At the ends of a text it stays with a number: ``1.`` is one token.
    Entities are not decoded. Lone surrogates are letters; a blank text has no tokens.
    """
    return split_lines([text.rstrip().replace("\n", " ") for text in texts], _kind, Kind.EDGE)


@functools.cache
def _kind(character: str) -> Kind:
    of_category = {"N": Kind.NUMBER, "P": Kind.MARK, "S": Kind.SYMBOL}
    known = of_category.get(unicodedata.category(character)[0], Kind.LETTER)
    return _newer().get(character, known)


@functools.cache
def _newer() -> dict[str, Kind]:
    kinds = {}
    for kind, ranges in _NEWER.items():
        for one in ranges.split():
            first, _, last = one.partition("-")
            for code in range(int(first, 16), int(last or first, 16) + 1):
                kinds[chr(code)] = kind
    return kinds
