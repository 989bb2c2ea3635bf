"""The data card as blocks that a template shows, read from the card's own Markdown.

The card writes a small part of Markdown: headings, paragraphs, lists, tables and code. Reading it
back keeps one wording of the card for files, terminals and pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from showcase_bench.datasets.card.build import card_markdown

__all__ = ["Block", "Piece", "card_view", "read_blocks"]


@dataclass(frozen=True)
class Piece:
    """Some words of a line."""

    text: str
    code: bool


Line = tuple[Piece, ...]


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a list or a table."""

    kind: str
    """``h1`` to ``h6``, ``p``, ``ul`` or ``table``."""
    lines: tuple[Line, ...] = ()
    """The heading or paragraph, or the items of the list."""
    head: tuple[Line, ...] = ()
    rows: tuple[tuple[Line, ...], ...] = ()
    numeric: tuple[bool, ...] = field(default=())
    """Of each column of a table whether it is set to the right."""

    @property
    def label(self) -> str:
        """The words of the first line."""
        return "".join(piece.text for piece in self.lines[0]) if self.lines else ""


def card_view(card: Mapping[str, Any]) -> list[Block]:
    """The card of a data set, without its first heading, which the page has."""
    return [block for block in read_blocks(card_markdown(card)) if block.kind != "h1"]


def read_blocks(text: str) -> list[Block]:
    """Read Markdown of the card's kind; what is none of it stands as it is, as a paragraph."""
    parts = (part.split("\n") for part in re.split(r"\n\s*\n", text.strip()) if part.strip())
    return [block for lines in parts for block in _blocks(lines)]


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    heading = re.match(r"(#{1,6}) (.*)", lines[0])
    if heading:
        yield Block(f"h{len(heading[1])}", (_pieces(heading[2]),))
        if lines[1:]:
            yield from _blocks(lines[1:])
    elif lines[0].startswith("|") and len(lines) > 1:
        marks = _cells(lines[1])
        yield Block(
            "table",
            head=tuple(map(_pieces, _cells(lines[0]))),
            rows=tuple(tuple(map(_pieces, _cells(line))) for line in lines[2:]),
            numeric=tuple(mark.endswith(":") for mark in marks),
        )
    elif all(line.startswith("- ") for line in lines):
        yield Block("ul", tuple(_pieces(line[2:]) for line in lines))
    else:
        yield Block("p", (_pieces(" ".join(lines)),))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _pieces(text: str) -> Line:
    parts = text.split("`")
    return tuple(Piece(part, at % 2 == 1) for at, part in enumerate(parts) if part)
