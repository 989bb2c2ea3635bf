"""A board as CSV, one line for each system and metric, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import re

from showcase_bench.formatting import one_line
from showcase_bench.leaderboard.board import Board

__all__ = ["board_csv"]

_HEAD = (
    "task",
    "task_version",
    "split",
    "section",
    "system",
    "role",
    "flags",
    "seeds",
    "rank_best",
    "rank_worst",
    "letters",
    "slice",
    "metric",
    "signature",
    "value",
    "low",
    "high",
    "normalised",
    "n_scored",
    "n_unscored",
)
_FORMULA = re.compile(r"^\s*[=+\-@|%]")


def board_csv(board: Board) -> str:
    """All rows of all sections, and their slices with ``slice`` filled; empty cells are unknown.

    Lines end in CR LF (RFC 4180). Names from outside stand on one line, and with an apostrophe
    before what a spreadsheet would take for a formula.
    """
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow(_HEAD)
    identity = board.identity
    start = [_safe(identity.task), identity.task_version, _safe(identity.split)]
    for section in board.sections:
        signatures = {column.name: column.signature for column in section.columns}
        places = {row.model: row for row in section.rows}
        facts = {
            row.model: [
                _safe(row.model),
                row.role,
                _safe("; ".join(row.flags)),
                " ".join(map(str, row.seeds)),
                *(row.rank or ("", "")),
                row.letters,
            ]
            for row in section.rows
        }
        for row in section.rows:
            for name, score in row.scores.items():
                values = (score.value, score.low, score.high, score.normalised)
                counts = (score.n_scored, score.n_unscored)
                which = ["", _safe(name), signatures[name]]
                writer.writerow(
                    [
                        *start,
                        section.name,
                        *facts[row.model],
                        *which,
                        *map(_number, values),
                        *counts,
                    ]
                )
        for part in section.slices:
            for one in part.rows:
                which = [_safe(part.label), section.primary, signatures[section.primary]]
                values = (one.value, one.low, one.high, None)
                counts = (part.n * len(places[one.model].seeds), 0)
                writer.writerow(
                    [
                        *start,
                        section.name,
                        *facts[one.model],
                        *which,
                        *map(_number, values),
                        *counts,
                    ]
                )
    return sink.getvalue()


def _safe(text: str) -> str:
    shown = one_line(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)
