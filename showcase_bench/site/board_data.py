"""Chunks of the board: systems and metrics for every page, values for the board itself."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from showcase_bench.leaderboard.board import Row, Section
from showcase_bench.leaderboard.entries import EntryScore
from showcase_bench.leaderboard.markdown import TITLES
from showcase_bench.site.chunks import ChunkWriter, round_value
from showcase_bench.site.contents import Contents, ShownMetric
from showcase_bench.site.examples import EXAMPLES, INDEX
from showcase_bench.site.places import PLACES
from showcase_bench.site.scores import SCORES
from showcase_bench.site.showcases import SHOWCASES

__all__ = ["write_board", "write_site"]


def write_site(contents: Contents, writer: ChunkWriter, pairs: dict[str, Any]) -> None:
    """Write ``site``: what every page needs to know."""
    identity = contents.board.identity
    writer.plain(
        "site",
        {
            "task": identity.task,
            "version": identity.task_version,
            "split": identity.split,
            "n": contents.board.n,
            "k": contents.workspace.policy.k,
            "systems": [
                {
                    "label": one.label,
                    "role": one.role,
                    "flags": list(one.flags),
                    "seeds": [run.record.inputs.seed for run in one.runs],
                    "shown": list(one.shown),
                    "sections": list(one.sections),
                }
                for one in contents.systems
            ],
            "metrics": [_metric(one) for one in contents.metrics],
            "defaults": list(contents.default_systems),
            "blocks": {
                "examples": EXAMPLES,
                "index": INDEX,
                "places": PLACES,
                "scores": SCORES,
                "showcases": SHOWCASES,
            },
            "pairs": pairs,
        },
    )


def _metric(shown: ShownMetric) -> dict[str, Any]:
    column, metric = shown.column, shown.metric
    levels = None
    if column.levels is not None:
        levels = {name: round_value(value) for name, value in asdict(column.levels).items()}
    return {
        "name": column.name,
        "section": shown.section,
        "primary": shown.primary,
        "summary": column.summary,
        "group": column.group,
        "up": column.higher_is_better,
        "scale": column.scale,
        "kind": metric.kind,
        "bounds": [round_value(one) if math.isfinite(one) else None for one in metric.bounds],
        "levels": levels,
    }


def write_board(contents: Contents, writer: ChunkWriter) -> None:
    """Write ``board``: the rows of each section in their order."""
    writer.packed(
        "board", {"sections": [_section(contents, one) for one in contents.board.sections]}
    )


def _section(contents: Contents, section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": TITLES.get(section.name, section.name),
        "metrics": [at for at, one in enumerate(contents.metrics) if one.section == section.name],
        "rows": [_row(contents, section, row) for row in section.rows],
    }


def _row(contents: Contents, section: Section, row: Row) -> dict[str, Any]:
    return {
        "system": contents.numbers[row.model],
        "rank": None if row.rank is None else list(row.rank),
        "letters": row.letters,
        "scores": [_score(row.scores[column.name]) for column in section.columns],
    }


def _score(score: EntryScore) -> list[Any] | None:
    """Value, interval, examples scored and not, place between floor and ceiling; None for none."""
    if score.value is None:
        return None
    return [
        round_value(score.value),
        round_value(score.low),
        round_value(score.high),
        score.n_scored,
        score.n_unscored,
        round_value(score.normalised),
    ]
