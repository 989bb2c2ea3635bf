"""A board as pictures: intervals, ties, slices, and the front of relevance and diversity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from showcase_bench.compare.report.forest import plain_names
from showcase_bench.drawing import own_settings, pictures
from showcase_bench.leaderboard.board import Board, Row, Section
from showcase_bench.leaderboard.markdown import TITLES, sense
from showcase_bench.metrics.set_diversity.front import front

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["board_pictures"]

_INK, _SOFT, _BAND = "#222222", "#8A8A8A", "#E6E6E6"
_SYSTEM, _CONTROL, _CEILING = "#0072B2", "#8A8A8A", "#E69F00"
"""From the palette of Okabe and Ito, told apart with any kind of colour vision."""
_ROW = 0.27
"""Inches."""
_MOST_SLICED = 12
"""Systems in the picture of the slices, the best."""


def board_pictures(board: Board) -> dict[str, dict[str, bytes]]:
    """Draw ``png`` and ``svg`` of each picture, by its name.

    A section gives ``<section>-forest``, ``-ties`` where two systems or more take a rank, and
    ``-slices`` where it has slices; photos give ``-front`` where two systems have both measures.
    Equal boards give equal bytes under one version of matplotlib.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    drawn: dict[str, Figure] = {}
    with own_settings(
        "leaderboard", {"font.size": 9.0, "axes.spines.right": False, "axes.spines.top": False}
    ):
        for section in board.sections:
            rows = [row for row in section.rows if _value(section, row) is not None]
            if not rows:
                continue
            drawn[f"{section.name}-forest"] = _forest(section, rows)
            ranked = [row for row in rows if row.rank is not None]
            if len(ranked) > 1:
                drawn[f"{section.name}-ties"] = _ties(section, ranked)
            if section.slices:
                drawn[f"{section.name}-slices"] = _slices(section)
            k = board.identity.policy["k"]
            both = _both(section, f"recall@{k}", f"div@{k}")
            if section.name == "photos" and len(both) > 1:
                drawn[f"{section.name}-front"] = _front(both, f"recall@{k}", f"div@{k}")
        return {name: pictures(figure) for name, figure in drawn.items()}


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _value(section: Section, row: Row) -> float | None:
    return row.scores[section.primary].value


def _colour(row: Row) -> str:
    return {"ceiling": _CEILING, "control": _CONTROL}.get(row.role, _SYSTEM)


def _forest(section: Section, rows: Sequence[Row]) -> Figure:
    """Values with intervals; ceilings are left out, they would squeeze the rest into a corner."""
    shown = [row for row in rows if row.role != "ceiling"] or list(rows)
    names = plain_names([row.model for row in shown], 40)
    figure, axes = _figure(6.4, 1.0 + _ROW * len(shown))
    column = next(one for one in section.columns if one.name == section.primary)
    if column.levels is not None:
        axes.axvspan(column.levels.low, column.levels.high, color=_BAND, label="floor, 95 %")
    for at, row in enumerate(shown):
        score = row.scores[section.primary]
        if score.low is not None and score.high is not None:
            axes.plot([score.low, score.high], [at, at], color=_INK, linewidth=1.3)
        axes.plot([score.value or 0.0], [at], "o", color=_colour(row), markersize=4.5)
    axes.set_yticks(range(len(shown)), [names[row.model] for row in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel(f"{section.primary} {sense(column)} with 95 % intervals")
    axes.set_title(TITLES.get(section.name, section.name), loc="left")
    if column.levels is not None:
        axes.legend(loc="lower right", frameon=False)
    return figure


def _ties(section: Section, ranked: Sequence[Row]) -> Figure:
    """Systems on the axis of the metric, and bars that join those which cannot be told apart."""
    points = _alike([(row, _value(section, row) or 0.0, row.letters) for row in ranked])
    points.sort(key=lambda point: point.x)
    letters = sorted({letter for row in ranked for letter in row.letters})
    groups = [[one.x for one in points if letter in str(one.y)] for letter in letters]
    bars = [(min(group), max(group)) for group in groups if len(group) > 1]
    half, depth = (len(points) + 1) // 2, 0.16 * len(bars)
    figure, axes = _figure(7.6, 1.1 + depth + 0.24 * half)
    low, high = points[0].x, points[-1].x
    span = (high - low) or abs(high) or 1.0
    axes.set_xlim(low - 0.6 * span, high + 0.6 * span)
    axes.set_ylim(-(depth + 0.24 * half + 0.15), 0.25)
    axes.plot([low - 0.05 * span, high + 0.05 * span], [0, 0], color=_INK, linewidth=1)
    for at, ends in enumerate(bars):
        axes.plot(ends, [-0.16 * (at + 0.7)] * 2, color=_SYSTEM, linewidth=3)
    for place, point in enumerate(points):
        left = place < half
        level = place if left else len(points) - 1 - place
        y = -(depth + 0.24 * (level + 1))
        edge = low - 0.1 * span if left else high + 0.1 * span
        axes.plot([point.x, point.x, edge], [0, y, y], color=_SOFT, linewidth=0.7)
        axes.plot([point.x], [0], "o", color=point.colour, markersize=4)
        side = "right" if left else "left"
        axes.text(edge, y, f" {point.label} ", ha=side, va="center")
    axes.set_yticks([])
    axes.set_xticks(
        [tick for tick in axes.get_xticks() if low - 0.1 * span <= tick <= high + 0.1 * span]
    )
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.xaxis.tick_top()
    axes.set_title(f"{section.primary}: a bar joins systems that cannot be told apart", loc="left")
    return figure


def _slices(section: Section) -> Figure:
    """The primary metric on parts of the examples, one panel for each way of parting them."""
    from matplotlib.figure import Figure

    facts = list(dict.fromkeys(one.fact for one in section.slices))
    best = [row for row in section.rows if row.role != "ceiling" and _value(section, row)]
    shown = best[:_MOST_SLICED]
    names = plain_names([row.model for row in shown], 32)
    figure = Figure(figsize=(1.6 + 2.3 * len(facts), 1.3 + 0.3 * len(shown)), layout="constrained")
    panels = figure.subplots(1, len(facts), sharey=True, squeeze=False)[0]
    for axes, fact in zip(panels, facts, strict=True):
        parts = [one for one in section.slices if one.fact == fact]
        shades = np.linspace(0.25, 1.0, len(parts))
        for at, (part, shade) in enumerate(zip(parts, shades, strict=True)):
            found = {one.model: one for one in part.rows}
            shift = 0.62 * ((at + 0.5) / len(parts) - 0.5)
            for place, row in enumerate(shown):
                one = found.get(row.model)
                if one is None or one.value is None:
                    continue
                y, colour = place + shift, (0.0, 0.447 * shade, 0.698 * shade + 0.3 * (1 - shade))
                if one.low is not None and one.high is not None:
                    axes.plot([one.low, one.high], [y, y], color=colour, linewidth=1)
                axes.plot(
                    [one.value],
                    [y],
                    "os^D"[at % 4],
                    color=colour,
                    markersize=3.5,
                    label=f"{part.label} ({part.n:,})" if place == 0 else None,
                )
        axes.set_xlabel(section.primary)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False, fontsize=7.5)
    panels[0].set_yticks(range(len(shown)), [names[row.model] for row in shown])
    panels[0].set_ylim(len(shown) - 0.4, -0.6)
    return figure


def _both(section: Section, relevance: str, diversity: str) -> list[tuple[Row, float, float]]:
    found = []
    for row in section.rows:
        if relevance in row.scores and diversity in row.scores:
            r, d = row.scores[relevance].value, row.scores[diversity].value
            if r is not None and d is not None:
                found.append((row, r, d))
    return found


def _front(both: Sequence[tuple[Row, float, float]], relevance: str, diversity: str) -> Figure:
    """Diversity against relevance; systems that are given the answer are not on the front."""
    figure, axes = _figure(6.4, 4.2)
    fair = [(r, d) for row, r, d in both if row.contends]
    ahead = front([r for r, _ in fair], [d for _, d in fair])
    corners = sorted({point for point, on in zip(fair, ahead, strict=True) if on})
    if corners:
        axes.plot(*zip(*corners, strict=True), "--", color=_SOFT, linewidth=1, zorder=0)
    points = _alike(both)
    axes.plot([one.x for one in points], [float(one.y) for one in points], "none")
    axes.margins(x=0.18, y=0.1)
    axes.set_xlabel(relevance)
    axes.set_ylabel(diversity)
    figure.draw_without_rendering()  # settles where the points are
    taken: list[tuple[float, float]] = []
    for point in sorted(points, key=lambda one: (-float(one.y), one.x)):
        axes.plot([point.x], [float(point.y)], "o", color=point.colour, markersize=5)
        x, y = axes.transData.transform((point.x, float(point.y)))
        shift = 0.0
        while any(abs(x - tx) < 110 and abs(y + shift - ty) < 13 for tx, ty in taken):
            shift -= 1.0
        taken.append((x, y + shift))
        place = (6.0, shift * 72 / figure.dpi - 3)
        axes.annotate(
            point.label,
            (point.x, float(point.y)),
            xytext=place,
            textcoords="offset points",
            fontsize=8,
        )
    axes.set_title(
        "Relevance and diversity; the dashed line joins what none beats on both",
        loc="left",
        fontsize=9,
    )
    return figure


class _Point(NamedTuple):
    """Systems at the same place."""

    x: float
    y: float | str
    label: str
    colour: str


def _alike(found: Sequence[tuple[Row, float, float | str]]) -> list[_Point]:
    """One point for all systems that have the same values, named after the first ones."""
    names = plain_names([row.model for row, *_ in found], 28)
    places: dict[tuple[float, float | str], list[Row]] = {}
    for row, x, y in found:
        places.setdefault((x, y), []).append(row)
    points = []
    for (x, y), rows in places.items():
        label = ", ".join(names[row.model] for row in rows[:2])
        label += f" and {len(rows) - 2} more" if len(rows) > 2 else ""
        points.append(_Point(x, y, label, _colour(rows[0])))
    return points
