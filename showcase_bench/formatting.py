"""Numbers and names as people read them, once for all tables."""

from __future__ import annotations

import re

__all__ = ["escape", "format_number", "format_p"]


def format_number(value: float, like: float | None = None) -> str:
    """Four decimals below 10, two above; as many as ``like`` has, where it is given."""
    size = abs(value if like is None else like)
    return f"{value:.4f}" if size < 10 else f"{value:.2f}"


def format_p(p: float | None) -> str:
    """A p-value with four decimals, never as 0; a dash for None."""
    if p is None:
        return "–"
    return "<.0001" if p < 0.00005 else f"{p:.4f}"


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = re.sub(r"\s+", " ", text)
    return re.sub(r"([\\`*_\[\]<>|#&~])", r"\\\1", flat)
