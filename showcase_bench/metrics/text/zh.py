"""The tokenizer ``zh`` of sacreBLEU, for texts in Chinese."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from showcase_bench.metrics.text.mteval import kind_13a
from showcase_bench.metrics.text.splitting import Kind, split_lines

__all__ = ["tokenize_zh"]

_CHINESE = re.compile(
    "[\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31ef\u3200-\u4db5\u4e00-\u9fbb"
    "\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef]"
)


def tokenize_zh(texts: Sequence[str]) -> Iterator[list[str]]:
    """Tokens of each text as sacreBLEU's ``zh`` has them; the case is kept.

    Each character of the Chinese blocks is a token, and the rest is split as ``13a`` does it, but
    for its entities, tags and line ends, and for periods and commas at the ends of a text, which
    stay with a digit.

    Notes
    -----
    Chinese are, as in sacreBLEU, the characters from U+2001 to U+2A6D, typographic quotes and many
    symbols among them, and not those beyond U+FFFF: its limits 20000 and 2A6D6 have lost their last
    digit.
    """
    return split_lines([text.strip().replace("\n", " ") for text in texts], _kind, Kind.EDGE)


@functools.cache
def _kind(character: str) -> Kind:
    return Kind.SYMBOL if _CHINESE.match(character) else kind_13a(character)
