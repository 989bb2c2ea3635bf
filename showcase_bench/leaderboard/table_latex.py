"""A board as LaTeX tables for a paper, with signatures and the hash of its content."""

from __future__ import annotations

from showcase_bench.latex import booktabs, escape_latex, figures
from showcase_bench.leaderboard.board import Board, Row, Section
from showcase_bench.leaderboard.markdown import (
    TITLES,
    format_ceiling,
    format_cell,
    format_floor,
    format_rank,
    sense,
)

__all__ = ["board_latex"]

_ACROSS = 7
"""Metrics side by side in one table."""


def board_latex(board: Board) -> str:
    """One table for every seven metrics of a section, then notes, signatures and the hash."""
    identity = board.identity
    lines = [
        "% Needs \\usepackage{booktabs}.",
        f"% Content hash: {board.digest}",
    ]
    for section in board.sections:
        parts = range(0, len(section.columns), _ACROSS)
        for part, start in enumerate(parts, start=1):
            more = f" ({part} of {len(parts)})" if len(parts) > 1 else ""
            lines += ["", *_section(board, section, start, more)]
    lines += ["", r"\begin{itemize}"]
    lines += [rf"\item {escape_latex(note)}" for note in board.notes]
    lines += [
        rf"\item {escape_latex(column.name)}: \texttt{{{escape_latex(column.signature)}}}"
        for section in board.sections
        for column in section.columns
    ]
    data = f"Data: {identity.data_name}, sha256 {identity.data_sha256}."
    lines += [rf"\item {escape_latex(f'{data} Board: sha256 {board.digest}.')}"]
    return "\n".join([*lines, r"\end{itemize}", ""])


def _section(board: Board, section: Section, start: int, more: str) -> list[str]:
    columns = section.columns[start : start + _ACROSS]
    identity = board.identity
    caption = (
        f"{identity.task} (version {identity.task_version}), {identity.split} split, "
        f"{board.n:,} examples: {TITLES.get(section.name, section.name)}, by {section.primary}"
        f"{more}. Values with half of their 95 % interval; systems that share a letter cannot be "
        "told apart."
    )
    heads = ["rank", "system", *(f"{one.name} {sense(one)}".strip() for one in columns)]
    rows = [
        [
            figures(format_rank(row)),
            _system(row),
            *(
                figures(format_cell(row.scores[column.name]).replace("±", "± "))
                for column in columns
            ),
        ]
        for row in section.rows
    ]
    if any(column.levels for column in columns):
        rows.append(["", r"\emph{floor}", *(figures(format_floor(one)) for one in columns)])
        rows.append(["", r"\emph{ceiling}", *(figures(format_ceiling(one)) for one in columns)])
    shape = "ll" + "r" * len(columns)
    return booktabs(shape, caption, [escape_latex(one) for one in heads], rows)


def _system(row: Row) -> str:
    name = escape_latex(row.model)
    if row.flags:
        name += rf" \emph{{({escape_latex(', '.join(row.flags))})}}"
    return rf"{name}\textsuperscript{{{escape_latex(row.letters)}}}" if row.letters else name
