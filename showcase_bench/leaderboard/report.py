"""The report of a run: the board, its plots and some showcases, in one HTML file.

It opens from disk, fetches nothing and runs no script. Every text that comes from data or plugins
goes through the template engine's escaping.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from showcase_bench.evaluate import StoredRun, Workspace
from showcase_bench.evaluate.runs.compatible import newest
from showcase_bench.leaderboard.board import Board, Section
from showcase_bench.leaderboard.gallery import Gallery, build_gallery
from showcase_bench.leaderboard.markdown import (
    TITLES,
    format_ceiling,
    format_floor,
    format_part,
    format_placed,
    format_rank,
    sense,
)
from showcase_bench.leaderboard.plots import forest_plot, front_plot
from showcase_bench.types import Progress

__all__ = ["board_page", "build_report"]


def build_report(
    board: Board, runs: Sequence[StoredRun], workspace: Workspace, progress: Progress
) -> str:
    """The page; ``runs`` are those that ``board`` was built from."""
    kept = newest(runs)
    labelled = _in_board_order(board, kept)
    return _page(board, build_gallery(workspace, labelled, progress), labelled)


def board_page(board: Board) -> str:
    """The board and its plots alone; equal boards give equal bytes."""
    return _page(board, None, [])


def _page(board: Board, gallery: Gallery | None, labelled: Sequence[tuple[str, StoredRun]]) -> str:
    k = board.identity.policy["k"]
    environment = Environment(
        loader=PackageLoader("showcase_bench.leaderboard"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        cell=format_placed,
        part=format_part,
        floor=format_floor,
        ceiling=format_ceiling,
        rank=format_rank,
        sense=sense,
    )
    photos = next((s for s in board.sections if s.name == "photos"), None)
    page = environment.get_template("report.html.j2").render(
        board=board,
        titles=TITLES,
        headlines=[_headline(section) for section in board.sections],
        forests=[forest_plot(section) for section in board.sections],
        front="" if photos is None else front_plot(photos, f"recall@{k}", f"div@{k}"),
        gallery=gallery,
        runs=[(label, run.record) for label, run in labelled],
    )
    return f"{page}\n"


def _in_board_order(board: Board, runs: Sequence[StoredRun]) -> list[tuple[str, StoredRun]]:
    """One run a system, of its first seed, in the order in which the sections name them."""
    first: dict[str, StoredRun] = {}
    for run in runs:
        first.setdefault(run.record.label, run)
    names = dict.fromkeys(row.model for section in board.sections for row in section.rows)
    return [(name, first[name]) for name in names]


def _headline(section: Section) -> str:
    """Who leads, said no more strongly than the data allow."""
    ranked = [row for row in section.rows if row.rank is not None]
    leaders = [row.model for row in ranked if row.rank is not None and row.rank[0] == 1]
    if not leaders:
        return "No system attempts this part."
    if len(leaders) == 1:
        return f"{leaders[0]} leads on {section.primary}."
    return (
        f"{leaders[0]} has the highest {section.primary}, but the data cannot tell it apart "
        f"from {', '.join(leaders[1:])}."
    )
