"""Small pieces of Markdown that the data card is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["cell", "examples", "percent", "plain", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], remarks: int = 0) -> str:
    """Write a table: a column of labels, columns of values, and ``remarks`` columns of words.

    Cells are written by :func:`cell`.
    """
    numbers = len(head) - 1 - remarks
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * numbers}{'---|' * remarks}"]
    lines += [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def cell(value: Any) -> str:
    """Write a value for people; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def percent(share: float | None) -> str | None:
    """Write a share as a percentage, and nothing for nothing."""
    return None if share is None else f"{100 * share:.1f} %"


def plain(text: str) -> str:
    """Text from outside without what Markdown, HTML or a line break would make of it."""
    return "".join(" " if char in "`<>|" or not char.isprintable() else char for char in text)


def examples(found: Sequence[Mapping[str, Any]], most: int = 3) -> str:
    """List the first pairs of photos that are alike; empty for none."""
    shown = [
        f"`{plain(one['photo'])}` and `{plain(one['like'])}` (distance {one['bits']})"
        for one in found[:most]
    ]
    return "; ".join(shown)
