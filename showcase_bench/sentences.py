"""Texts into sentences."""

from __future__ import annotations

import re

__all__ = ["sentences"]

_END = re.compile(
    r"""
    (?<=[.!?…]) ["'”’)\]]* \s+     # after a stop and what closes with it
    | (?<=[。！？])                 # scripts that put no space behind the stop
    | [\r\n\u2028\u2029]+
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"\w")


def sentences(text: str) -> list[str]:
    """Split a text after full stops, exclamation and question marks, and at line ends.

    White space around a sentence is taken off, and what has no letter or digit is left out, so a
    text without words gives nothing.
    """
    parts = (part.strip() for part in _END.split(text))
    return [part for part in parts if _WORD.search(part)]
