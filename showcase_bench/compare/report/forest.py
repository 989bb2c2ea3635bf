"""Differences of all pairs with their intervals, as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from showcase_bench.compare.report.tables import arrow
from showcase_bench.compare.results import Comparison, MetricResult
from showcase_bench.drawing import own_settings, pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["forest_plot", "plain_name", "plain_names"]

_INK, _SOFT, _ROPE = "#222222", "#8A8A8A", "#F0E442"
_LESS, _MORE, _SAME = "#D55E00", "#0072B2", "#8A8A8A"
"""From the palette of Okabe and Ito, told apart with any kind of colour vision."""
_MOST_PAIRS = 40
_ROW = 0.27
"""Inches."""


def forest_plot(comparison: Comparison, metric: str) -> dict[str, bytes]:
    """Draw ``png`` and ``svg``: the pairs, or with more than 40 of them the systems.

    Thick lines are the intervals of single pairs, thin ones cover all pairs at once; grey pairs
    cannot be told apart with all pairs looked at together. Equal comparisons give equal bytes under
    one version of matplotlib.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    with own_settings("forest plot", {"font.size": 9.0, "axes.spines.right": False}):
        return pictures(_figure(comparison, metric))


def plain_name(name: str, most: int = 28) -> str:
    """Cut a name from outside, without the characters that the font has no picture of.

    What is cut is the middle, since the ends of names often tell them apart.
    """
    shown = "".join(char if char.isprintable() and char < "\u0530" else "?" for char in name)
    end = (most - 1) // 2
    return shown if len(shown) <= most else f"{shown[: most - 1 - end]}…{shown[-end:]}"


def plain_names(names: Sequence[str], most: int = 28) -> dict[str, str]:
    """Each name as :func:`plain_name` shows it; those that would look alike have a number."""
    plain = {name: plain_name(name, most) for name in names}
    count = Counter(plain.values())
    return {
        name: f"{shown} #{at}" if count[shown] > 1 else shown
        for at, (name, shown) in enumerate(plain.items(), start=1)
    }


def _figure(comparison: Comparison, name: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    metric = next(one for one in comparison.metrics if one.name == name)
    many = len(comparison.pairs_of(name)) > _MOST_PAIRS
    rows = len(comparison.ranks_of(name)) if many else len(comparison.pairs_of(name))
    figure = Figure(figsize=(8.4, 1.4 + _ROW * max(rows, 1)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines["top"].set_visible(False)
    if many:
        _systems(axes, comparison, metric)
    else:
        _pairs(axes, comparison, metric)
    axes.set_ylim(max(rows, 1) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    return figure


def _pairs(axes: Axes, comparison: Comparison, metric: MetricResult) -> None:
    pairs = sorted(
        comparison.pairs_of(metric.name), key=lambda one: (-abs(one.delta), one.a, one.b)
    )
    if metric.rope:
        axes.axvspan(-metric.rope, metric.rope, color=_ROPE, alpha=0.35, linewidth=0)
    axes.axvline(0, color=_INK, linewidth=0.8)
    for at, one in enumerate(pairs):
        color = _SAME if one.p_adj > comparison.alpha else (_MORE if one.delta > 0 else _LESS)
        if one.ci_all is not None:
            axes.plot(one.ci_all, (at, at), color=color, linewidth=1.0)
        if one.ci is not None:
            axes.plot(one.ci, (at, at), color=color, linewidth=3.0, solid_capstyle="butt")
        axes.plot([one.delta], [at], "o", color=color, markersize=5)
    names = plain_names(comparison.systems)
    labels = [f"{names[one.a]} − {names[one.b]}" for one in pairs]
    axes.set_yticks(range(len(pairs)), labels)
    share = f"{1 - comparison.alpha:.0%}"
    region = f"; yellow: ±{metric.rope:g} does not matter" if metric.rope else ""
    axes.set_xlabel(
        f"difference in {plain_name(metric.name, 40)} {arrow(metric)}\n"
        f"thick: {share} interval, thin: all at once{region}"
    )
    axes.set_title("Differences; grey ones are not told apart", loc="left", fontsize=10)


def _systems(axes: Axes, comparison: Comparison, metric: MetricResult) -> None:
    ranks = comparison.ranks_of(metric.name)
    for at, one in enumerate(ranks):
        if one.ci is not None:
            axes.plot(one.ci, (at, at), color=_MORE, linewidth=3.0, solid_capstyle="butt")
        if one.value is not None:
            axes.plot([one.value], [at], "o", color=_MORE, markersize=5)
    names = plain_names(comparison.systems)
    labels = [f"{names[one.system]}  {plain_name(one.letters, 14)}" for one in ranks]
    axes.set_yticks(range(len(ranks)), labels)
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(
        f"{plain_name(metric.name, 40)} {arrow(metric)}, {1 - comparison.alpha:.0%} interval"
    )
    axes.set_title(
        "Systems, since the pairs are many; those that share a letter are not told apart",
        loc="left",
        fontsize=10,
    )
