"""Numbers and names as people read them, once for all tables."""

from __future__ import annotations

import re

__all__ = ["escape", "format_number", "format_p", "one_line"]

_DISTURBING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the direction of the text after them, and halves of
characters, which cannot be written to a file."""


def format_number(value: float, like: float | None = None) -> str:
    """Four decimals below 10, two above; as many as ``like`` has, where it is given.

    What rounds to zero has no sign.
    """
    size = abs(value if like is None else like)
    return f"{value:z.4f}" if size < 10 else f"{value:z.2f}"


def format_p(p: float | None) -> str:
    """A p-value with four decimals, never as 0; a dash for None."""
    if p is None:
        return "–"
    return "<.0001" if p < 0.00005 else f"{p:.4f}"


def one_line(text: str) -> str:
    """A name from outside on one line, without characters that disturb what stands around it."""
    return _DISTURBING.sub("\ufffd", re.sub(r"\s+", " ", text))


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#&~$])", r"\\\1", one_line(text))
