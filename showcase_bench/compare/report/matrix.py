"""All pairs as a matrix: who is ahead of whom, by how much, and how surely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.compare.report.forest import plain_name, plain_names
from showcase_bench.compare.results import Comparison, PairResult
from showcase_bench.drawing import own_settings, pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["pairwise_matrix"]

_LESS, _MORE, _LINE, _INK = (0.835, 0.369, 0.0), (0.0, 0.447, 0.698), "#DDDDDD", "#222222"
_SELF = (0.95, 0.95, 0.95)
_FAINT = 0.12
_MOST_NUMBERS = 15
"""Systems up to which the differences stand in the cells."""
_CELL, _SMALL_CELL = 0.62, 0.3
"""Inches."""


def pairwise_matrix(comparison: Comparison, metric: str) -> dict[str, bytes]:
    """Draw ``png`` and ``svg``: the system of the row minus that of the column, best first.

    Blue cells are differences above zero, orange ones below, the deeper the larger. Those that
    cannot be told from zero with all pairs looked at together are faint, and their numbers are not
    bold.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    with own_settings("pairwise matrix", {"font.size": 8.5}):
        return pictures(_figure(comparison, metric))


def _figure(comparison: Comparison, metric: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [one.system for one in comparison.ranks_of(metric) if one.value is not None]
    small = len(names) > _MOST_NUMBERS
    side = max(len(names), 1) * (_SMALL_CELL if small else _CELL)
    figure = Figure(figsize=(side + 2.4, side + 2.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    pairs = {(one.a, one.b): one for one in comparison.pairs_of(metric)}
    largest = max((abs(one.delta) for one in pairs.values()), default=0.0) or 1.0
    for row, first in enumerate(names):
        _square(axes, row, row, _SELF)
        for column, second in enumerate(names):
            pair = pairs.get((first, second)) or pairs.get((second, first))
            if pair is not None:
                sign = 1.0 if pair.a == first else -1.0
                _cell(axes, row, column, pair, sign, largest, comparison.alpha, number=not small)
    axes.set_xlim(0, max(len(names), 1))
    axes.set_ylim(max(len(names), 1), 0)
    axes.set_aspect("equal")
    middles = [at + 0.5 for at in range(len(names))]
    labels = plain_names(comparison.systems, 20)
    shown = [labels[name] for name in names]
    axes.set_xticks(middles, shown, rotation=45, ha="left", rotation_mode="anchor")
    axes.set_yticks(middles, shown)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    told = "faint: not told apart" if small else "faint, not bold: not told apart"
    figure.suptitle(f"{plain_name(metric, 30)}: row − column\n{told}", fontsize=10, ha="center")
    return figure


def _cell(
    axes: Axes,
    row: int,
    column: int,
    pair: PairResult,
    sign: float,
    largest: float,
    alpha: float,
    *,
    number: bool,
) -> None:
    delta, sure = sign * pair.delta, pair.p_adj <= alpha
    depth = 0.25 + 0.65 * abs(delta) / largest if sure else _FAINT * (delta != 0)
    base = _MORE if delta > 0 else _LESS
    color = tuple(1 - depth * (1 - part) for part in base)
    _square(axes, row, column, color)
    if number:
        text = (f"{delta:+z.4f}" if largest < 10 else f"{delta:+z.2f}").replace("-", "−")
        bright = 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2]
        ink = "white" if bright < 0.48 else _INK
        axes.text(
            *(column + 0.5, row + 0.52, text),
            ha="center",
            va="center",
            color=ink,
            size=7.5,
            weight="bold" if sure else "normal",
        )


def _square(axes: Axes, row: int, column: int, color: tuple[float, ...]) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle(
            (column, row), 1, 1, facecolor=color, edgecolor=_LINE, linewidth=0.6, clip_on=False
        )
    )
