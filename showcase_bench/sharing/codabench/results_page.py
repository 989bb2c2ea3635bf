"""``detailed_results.html``: what a participant sees of a submission. Nothing in it is the gold."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from showcase_bench.evaluate.runs.records import Levels
from showcase_bench.formatting import format_number
from showcase_bench.types import Score

__all__ = ["MOST_PROBLEMS", "problems_page", "scores_page"]

MOST_PROBLEMS = 200
_LONGEST = 400

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; color: #222; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
li {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
"""
_TAIL = "</body>\n</html>\n"


def scores_page(title: str, n: int, scores: Sequence[Score], levels: Mapping[str, Levels]) -> str:
    """Scores with their intervals, floors and ceilings, of ``n`` rows."""
    names = ("metric", "score", "95 % interval", "floor", "ceiling", "scored", "not scored")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(f"<tr>{_cells(score, levels.get(score.name))}</tr>\n" for score in scores)
    return (
        f"{_HEAD.format(title=html.escape(title))}<p>{n} queries are scored.</p>\n"
        f"<table>\n<tr>{head}</tr>\n{rows}</table>\n"
        "<p>Floor and ceiling: what a random choice of photos and the best possible one would "
        f"score.</p>\n{_TAIL}"
    )


def problems_page(title: str, problems: Sequence[str]) -> str:
    """Why a submission has no score; the first :data:`MOST_PROBLEMS`, each cut where it is long."""
    shown = "".join(f"<li>{html.escape(_cut(one))}</li>\n" for one in problems[:MOST_PROBLEMS])
    more = len(problems) - MOST_PROBLEMS
    rest = f"<p>And {more} more.</p>\n" if more > 0 else ""
    return (
        f"{_HEAD.format(title=html.escape(title))}<p>The submission is not valid.</p>\n"
        f"<ul>\n{shown}</ul>\n{rest}{_TAIL}"
    )


def _cells(score: Score, levels: Levels | None) -> str:
    cells = [html.escape(score.name), "–", "–", "", "", str(score.n_scored), str(score.n_unscored)]
    if score.value is not None:
        cells[1] = format_number(score.value)
    if score.interval is not None:
        cells[2] = f"{format_number(score.interval.low)} – {format_number(score.interval.high)}"
    if levels is not None:
        cells[3:5] = format_number(levels.expected), format_number(levels.best)
    return "".join(f"<td>{cell}</td>" for cell in cells)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
