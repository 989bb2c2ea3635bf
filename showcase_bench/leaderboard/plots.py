"""Small static SVG plots of a board; colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from showcase_bench.leaderboard.board import Section
from showcase_bench.leaderboard.markdown import sense
from showcase_bench.metrics.set_diversity.front import front

__all__ = ["forest_plot", "front_plot"]

LABEL_WIDTH, PLOT_WIDTH, ROW_HEIGHT = 190, 430, 24


@dataclass(frozen=True)
class _Scale:
    """Linear map from data to pixels."""

    low: float
    high: float
    start: float
    length: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return round(self.start + self.length * (value - self.low) / span, 1)

    def ticks(self) -> list[float]:
        """Four to ten round values within the range."""
        span = self.high - self.low or 1.0
        power = 10.0 ** math.floor(math.log10(span / 4))
        step = max((m * power for m in (1, 2, 5, 10) if m * power <= span / 4), default=power)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(i * step, 10) for i in range(first, last + 1)]


def forest_plot(section: Section) -> Markup:
    """Each system's primary metric with its 95 % interval, and the chance band where known.

    Ceilings are left out: they would squeeze the rest into a corner.
    """
    column = next(c for c in section.columns if c.name == section.primary)
    shown = [
        (row, score)
        for row in section.rows
        if row.role != "ceiling" and (score := row.scores[section.primary]).value is not None
    ]
    if not shown:
        return Markup("")
    limits = [x for _, s in shown for x in (s.low, s.value, s.high) if x is not None]
    if column.levels is not None:
        limits += [column.levels.low, column.levels.high]
    low, high = min([0.0, *limits]), max(limits, default=1.0)
    x = _Scale(low, high, LABEL_WIDTH, PLOT_WIDTH)
    height = ROW_HEIGHT * len(shown)
    parts: list[Markup] = []
    if column.levels is not None:
        left, right = x(column.levels.low), x(column.levels.high)
        parts.append(
            Markup('<rect class="band" x="{}" y="0" width="{}" height="{}"/>').format(
                left, round(max(right - left, 1.0), 1), height
            )
        )
    for i, (row, score) in enumerate(shown):
        y = ROW_HEIGHT * i + ROW_HEIGHT / 2
        parts.append(_text(LABEL_WIDTH - 8, y + 4, row.model, "label"))
        if score.low is not None and score.high is not None:
            parts.append(_line(x(score.low), y, x(score.high), y, "whisker"))
        parts.append(_dot(x(score.value or 0.0), y, f"dot {row.role}"))
    parts += [_text(x(tick), height + 16, f"{tick:g}", "tick") for tick in x.ticks()]
    title = f"{section.primary} {sense(column)} with 95 % intervals"
    return _svg(LABEL_WIDTH + PLOT_WIDTH + 30, height + 24, title, parts)


def front_plot(section: Section, relevance: str, diversity: str) -> Markup:
    """Relevance against diversity, one dot a system, and the front that none beats on both.

    Systems that are given the answer, or use a leak, are shown, and are not on the front. Empty
    when fewer than two systems have both.
    """
    points = [
        (row, row.scores[relevance].value, row.scores[diversity].value)
        for row in section.rows
        if relevance in row.scores and diversity in row.scores
    ]
    both = [(row, r, d) for row, r, d in points if r is not None and d is not None]
    if len(both) < 2:
        return Markup("")
    across = _Scale(0.0, max(r for _, r, _ in both) * 1.05 or 1.0, 60, 500)
    up = _Scale(min(d for *_, d in both) * 0.9, max(d for *_, d in both) * 1.05 or 1.0, 250, -210)
    parts = [_line(60, 250, 560, 250, "axis"), _line(60, 40, 60, 250, "axis")]
    parts += [_text(across(t), 266, f"{t:g}", "tick") for t in across.ticks()]
    parts += [_text(54, up(t) + 4, f"{t:g}", "label small") for t in up.ticks()]
    parts.append(_text(310, 284, relevance, "tick"))
    parts.append(_text(20, 18, diversity, "start"))
    fair = [(r, d) for row, r, d in both if row.contends]
    ahead = front([r for r, _ in fair], [d for _, d in fair])
    corners = sorted(point for point, on in zip(fair, ahead, strict=True) if on)
    parts += [
        _line(across(a[0]), up(a[1]), across(b[0]), up(b[1]), "front") for a, b in pairwise(corners)
    ]
    taken = [(across(r), up(d) + 4) for _, r, d in both]
    for i, (row, r, d) in enumerate(both):
        parts.append(_dot(across(r), up(d), f"dot {row.role}"))
        taken[i] = across(r), _free(*taken[i], taken[:i] + taken[i + 1 :])
        parts.append(_text(across(r) + 8, taken[i][1], row.model, "start"))
    return _svg(720, 294, f"{diversity} against {relevance}, with their front", parts)


def _free(x: float, y: float, taken: Sequence[tuple[float, float]]) -> float:
    """The height nearest to ``y`` where a label does not cover another."""
    steps = sorted(range(-len(taken) - 1, len(taken) + 2), key=lambda step: (abs(step), step))
    heights = [y + 6.5 * step for step in steps]
    near = [other_y for other_x, other_y in taken if abs(x - other_x) < 110]
    return next((h for h in heights if all(abs(h - other) >= 13 for other in near)), y)


def _svg(width: float, height: float, title: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">{3}</svg>'
    ).format(width, height, title, Markup("").join(parts))


def _text(x: float, y: float, text: str, kind: str) -> Markup:
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(x, y, kind, text)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(x1, y1, x2, y2, kind)


def _dot(x: float, y: float, kind: str) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="4.5" class="{}"/>').format(x, y, kind)
