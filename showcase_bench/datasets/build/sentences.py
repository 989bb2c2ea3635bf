"""Reviews into sentences."""

from __future__ import annotations

import re

__all__ = ["MOST_SENTENCES", "sentences"]

MOST_SENTENCES = 64
"""Sentences of a review that are looked at, from its start."""

_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|(?<=[。！？])|[\r\n]+")
_WORD = re.compile(r"\w")


def sentences(text: str) -> list[str]:
    """Split a text after full stops, exclamation and question marks, and at line ends.

    White space around a sentence is taken off, and what has no letter or digit is left out, so a
    text without words gives nothing. All sentences are given, also beyond :data:`MOST_SENTENCES`.
    """
    parts = (part.strip() for part in _END.split(text))
    return [part for part in parts if _WORD.search(part)]
