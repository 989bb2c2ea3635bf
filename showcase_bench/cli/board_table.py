"""A board as terminal tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.table import Table
from rich.text import Text

from showcase_bench.cli.console import table_console
from showcase_bench.evaluate import StoredRun
from showcase_bench.leaderboard.board import Board, Section
from showcase_bench.leaderboard.markdown import (
    TITLES,
    format_ceiling,
    format_cell,
    format_floor,
    format_rank,
    sense,
)
from showcase_bench.metrics import parse_metric

__all__ = ["print_board", "print_costs"]

_NAMES = 46
"""Characters that rank, letters and name of a system take."""
_FULL, _PLAIN = 17, 13
"""Characters of a value with and without its interval."""


def print_board(board: Board) -> None:
    """Print every section on standard output, as wide as it needs to be when not on a terminal."""
    console = table_console()
    identity = board.identity
    console.print(
        Text(
            f"{identity.task} (version {identity.task_version}), {identity.split} split, "
            f"{board.n:,} examples; value ± half of the 95 % interval"
        )
    )
    for section in board.sections:
        room = console.width - _NAMES
        shown = _shown(section, most=max(room // _PLAIN, 1))
        console.print(_table(shown, compact=room < _FULL * len(shown.columns)))
        left = len(section.columns) - len(shown.columns)
        if left:
            console.print(Text(f"and {left} more metrics, in the files of the board", style="dim"))


def print_costs(runs: Sequence[StoredRun]) -> None:
    """Print the cost metrics that the runs were scored with, if any, on standard output."""
    names = [score.name for score in runs[0].record.scores if _is_cost(score.signature)]
    if not names:
        return
    table = Table(title="Costs, on this machine", title_justify="left", show_edge=False)
    table.add_column("system", no_wrap=True)
    table.add_column("seed", justify="right")
    for name in names:
        table.add_column(name, justify="right")
    for run in runs:
        values = {score.name: score.value for score in run.record.scores}
        cells = ("–" if values[name] is None else f"{values[name]:,.6g}" for name in names)
        table.add_row(run.record.label, str(run.record.inputs.seed), *cells)
    table_console().print(table)


def _is_cost(signature: str) -> bool:
    return parse_metric(signature).kind == "run"


def _shown(section: Section, most: int) -> Section:
    """The section with the first columns that fit, its primary one among them."""
    if len(section.columns) <= most:
        return section
    kept = list(section.columns[:most])
    if all(column.name != section.primary for column in kept):
        kept[-1] = next(one for one in section.columns if one.name == section.primary)
    return replace(section, columns=tuple(kept))


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
        floor = [format_floor(column) for column in section.columns]
        if compact:
            floor = [text.partition(" ")[0] for text in floor]
        ceiling = [format_ceiling(column) for column in section.columns]
        table.add_row("", "", "floor", *floor, style="dim")
        table.add_row("", "", "ceiling", *ceiling, style="dim")
    return table
