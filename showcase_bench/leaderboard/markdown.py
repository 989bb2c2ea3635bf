"""A board as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from showcase_bench.formatting import escape, format_number
from showcase_bench.leaderboard.board import Board, Column, Row, Section, SliceRow
from showcase_bench.leaderboard.entries import EntryScore

__all__ = [
    "board_markdown",
    "format_ceiling",
    "format_cell",
    "format_floor",
    "format_part",
    "format_placed",
    "format_rank",
    "sense",
]

TITLES = {"photos": "Photos", "words": "Words"}


def board_markdown(board: Board) -> str:
    """The whole board; names from plugins are escaped."""
    identity = board.identity
    lines = [
        f"# Leaderboard: {escape(identity.task)} (version {identity.task_version})",
        "",
        f"{board.n:,} examples of the {escape(identity.split)} split of "
        f"{escape(identity.data_name)}, sha256 `{identity.data_sha256[:12]}`; "
        f"k = {identity.policy['k']}, pool: {identity.policy['pool']}, history masking: "
        f"{'on' if identity.policy['mask_history'] else 'off'}.",
    ]
    for section in board.sections:
        lines += ["", *_section(section)]
        lines += _slices(section)
    lines += ["", "## How to read it", ""]
    lines += [f"- {escape(note)}" for note in board.notes]
    lines += ["", "## Signatures", "", f"Content hash of this board: `{board.digest}`.", ""]
    lines += [
        f"- {escape(column.name)}: `{column.signature}`"
        for section in board.sections
        for column in section.columns
    ]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    names = [f"{escape(column.name)} {sense(column)}".strip() for column in section.columns]
    lines = [f"## {TITLES.get(section.name, section.name)}, by {section.primary}", ""]
    lines.append(_table_row(["rank", "", "system", *names]))
    lines.append(_table_row(["---", "---", "---", *["---:"] * len(names)]))
    for row in section.rows:
        cells = [format_placed(row.scores[column.name]) for column in section.columns]
        lines.append(_table_row([format_rank(row), row.letters, _system(row), *cells]))
    if any(column.levels for column in section.columns):
        floor = [format_floor(column) for column in section.columns]
        ceiling = [format_ceiling(column) for column in section.columns]
        lines.append(_table_row(["", "", "*floor*", *floor]))
        lines.append(_table_row(["", "", "*ceiling*", *ceiling]))
    return lines


def _slices(section: Section) -> list[str]:
    """The primary metric on parts of the examples, systems down and slices across."""
    if not section.slices:
        return []
    column = next(one for one in section.columns if one.name == section.primary)
    heads = [f"{escape(one.label)} (n = {one.n:,})" for one in section.slices]
    lines = ["", f"### {escape(section.primary)} {sense(column)} by slice", ""]
    lines.append(_table_row(["system", *heads]))
    lines.append(_table_row(["---", *["---:"] * len(heads)]))
    cells = [{one.model: one for one in part.rows} for part in section.slices]
    for row in section.rows:
        if any(row.model in part for part in cells):
            found = [part.get(row.model) for part in cells]
            lines.append(_table_row([_system(row), *(format_part(one) for one in found)]))
    return lines


def format_part(one: SliceRow | None) -> str:
    """As :func:`format_cell`, of a system on part of the examples; a dash where it is not there."""
    return "–" if one is None else format_cell(one)


def format_floor(column: Column) -> str:
    """Value of the floor, and half of its interval; empty where there is none."""
    if column.levels is None:
        return ""
    half = (column.levels.high - column.levels.low) / 2
    return f"{format_number(column.levels.expected)} ±{format_number(half)}"


def format_ceiling(column: Column) -> str:
    """Value of the ceiling; empty where there is none."""
    return "" if column.levels is None else format_number(column.levels.best)


def format_rank(row: Row) -> str:
    """``3`` or ``2-5``; ``ceiling`` or ``leak`` for rows outside of the contest; else a dash."""
    if row.rank is None:
        if "exploits leak" in row.flags:
            return "leak"
        return "ceiling" if row.role == "ceiling" else "–"
    best, worst = row.rank
    return str(best) if best == worst else f"{best}-{worst}"


def format_cell(score: EntryScore | SliceRow) -> str:
    """``0.312 ±0.021``; a dash for "not attempted"."""
    if score.value is None:
        return "–"
    if score.low is None or score.high is None:
        return format_number(score.value)
    half = max(score.high - score.value, score.value - score.low)
    return f"{format_number(score.value)} ±{format_number(half, like=score.value)}"


def format_placed(score: EntryScore) -> str:
    """:func:`format_cell` with the place between floor and ceiling: ``0.312 ±0.021 (35 %)``."""
    cell = format_cell(score)
    return cell if score.normalised is None else f"{cell} ({round(100 * score.normalised)} %)"


def sense(column: Column) -> str:
    """Arrow to the better side."""
    return {True: "↑", False: "↓", None: ""}[column.higher_is_better]


def _system(row: Row) -> str:
    flags = f" *({escape(', '.join(row.flags))})*" if row.flags else ""
    return f"{escape(row.model)}{flags}"


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
