"""A board as terminal tables."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from showcase_bench.leaderboard.board import Board, Section
from showcase_bench.leaderboard.markdown import (
    TITLES,
    format_best,
    format_cell,
    format_chance,
    format_rank,
    sense,
)

__all__ = ["print_board"]


def print_board(board: Board) -> None:
    """Print every section on standard output, as wide as it needs to be when not on a terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    identity = board.identity
    console.print(
        Text(
            f"{identity.task} (version {identity.task_version}), {identity.split} split, "
            f"{board.n:,} examples; value ± half of the 95 % interval"
        )
    )
    for section in board.sections:
        console.print(_table(section, compact=console.width < 46 + 17 * len(section.columns)))


def _table(section: Section, *, compact: bool) -> Table:
    table = Table(
        title=f"{TITLES.get(section.name, section.name)}, by {section.primary}",
        title_justify="left",
        show_edge=False,
        pad_edge=False,
    )
    table.add_column("rank", no_wrap=True)
    table.add_column("")
    table.add_column("system", no_wrap=True)
    for column in section.columns:
        table.add_column(f"{column.name} {sense(column)}".strip(), justify="right")
    for row in section.rows:
        cells = []
        for column in section.columns:
            cell = format_cell(row.scores[column.name])
            plain = compact and column.name != section.primary
            cells.append(Text(cell.partition(" ")[0] if plain else cell))
        style = "dim" if row.role == "ceiling" else None
        name = Text(row.model + (f" ({', '.join(row.flags)})" if row.flags else ""))
        table.add_row(format_rank(row), row.letters, name, *cells, style=style)
    if any(column.levels for column in section.columns):
        chance = [format_chance(column) for column in section.columns]
        if compact:
            chance = [text.partition(" ")[0] for text in chance]
        best = [format_best(column) for column in section.columns]
        table.add_row("", "", "chance, exact", *chance, style="dim")
        table.add_row("", "", "best possible", *best, style="dim")
    return table
