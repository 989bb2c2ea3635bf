"""The audit as a picture: metrics down, faults across."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from showcase_bench.audit.results import Audit, MetricFacts
from showcase_bench.audit.wording import SIGNS, arrow, cell_text, tone
from showcase_bench.drawing import own_settings, pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["heat_map"]

_COLORS = {"worse": "#D55E00", "better": "#0072B2", "moves": "#8A7A00", "none": "#FFFFFF"}
"""From the palette of Okabe and Ito, told apart with any kind of colour vision."""
_MEANINGS = {
    "worse": f"{SIGNS['sees']} worse under the fault",
    "better": f"{SIGNS['rewards']} better under the fault",
    "moves": f"{SIGNS['moves']} changes, no better direction",
}
_INK, _SOFT, _LINE = "#222222", "#666666", "#DDDDDD"
_ROW, _COLUMN = 0.235, 0.92
"""Inches."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 2.5, 1.1, 1.75, 0.55
_GAP = 0.35
"""Between groups of metrics and parts of faults, in cells."""


def heat_map(audit: Audit) -> dict[str, bytes]:
    """Draw ``png`` and ``svg``; equal audits give equal bytes under one version of matplotlib.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    with own_settings("heat map", {"font.size": 9.0}):
        return pictures(_figure(audit))


def _figure(audit: Audit) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = _rows(audit), _columns(audit)
    high, wide = max(rows.values()) + 1, max(columns.values()) + 1
    width, height = _LEFT + _COLUMN * wide + _RIGHT, _TOP + _ROW * high + _BOTTOM
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    box = (_LEFT / width, _BOTTOM / height, _COLUMN * wide / width, _ROW * high / height)
    axes = figure.add_axes(box)
    axes.set_xlim(0, wide)
    axes.set_ylim(high, 0)
    axes.set_axis_off()
    _cells(axes, audit, rows, columns)
    _labels(axes, audit, rows, columns)
    title = f"Which metrics see which fault: {_plain(audit.task)}"
    figure.text(0.15 / width, 1 - 0.2 / height, title, size=13, weight="bold", va="top", color=_INK)
    told = (
        f"{audit.n:,} references at strength {audit.strengths[-1]:g}; change in % of the "
        "metric's largest"
    )
    figure.text(0.15 / width, 1 - 0.48 / height, told, va="top", color=_SOFT)
    _legend(figure, audit)
    return figure


def _rows(audit: Audit) -> dict[str, float]:
    """Upper edge of each metric's row, in cells; each group has a line for its name."""
    edges: dict[str, float] = {}
    at = 0.0
    for metrics in audit.groups.values():
        at += 1 + _GAP
        for metric in metrics:
            edges[metric.name] = at
            at += 1
    return edges


def _columns(audit: Audit) -> dict[str, float]:
    """Left edge of each fault's column, in cells."""
    edges: dict[str, float] = {}
    for place, fault in enumerate(audit.faults):
        edges[fault.name] = place + (_GAP if fault.part == "images" and place else 0.0)
    return edges


def _cells(
    axes: Axes, audit: Audit, rows: Mapping[str, float], columns: Mapping[str, float]
) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    for metric in audit.metrics:
        for fault in audit.faults:
            cell = audit.table[metric.name, fault.name]
            kind, depth = tone(metric, cell)
            share = 0.85 * depth / 10
            color = [1 - share * (1 - part) for part in to_rgb(_COLORS[kind])]
            x, y = columns[fault.name], rows[metric.name]
            axes.add_patch(
                Rectangle(
                    (x, y), 1, 1, facecolor=color, edgecolor=_LINE, linewidth=0.6, clip_on=False
                )
            )
            dark = 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2] < 0.5
            axes.text(
                x + 0.5,
                y + 0.53,
                cell_text(cell),
                ha="center",
                va="center",
                size=8,
                color="white" if dark else _INK,
            )


def _labels(
    axes: Axes, audit: Audit, rows: Mapping[str, float], columns: Mapping[str, float]
) -> None:
    for group, metrics in audit.groups.items():
        y = rows[metrics[0].name] - 0.35
        axes.text(-0.1, y, group, ha="right", va="center", size=9, weight="bold", color=_INK)
        for metric in metrics:
            axes.text(-0.1, rows[metric.name] + 0.53, _label(metric), ha="right", va="center")
    for fault in audit.faults:
        axes.text(
            columns[fault.name] + 0.4,
            0.95,
            _plain(fault.name),
            rotation=35,
            rotation_mode="anchor",
            ha="left",
            va="baseline",
        )


def _legend(figure: Figure, audit: Audit) -> None:
    from matplotlib.patches import Patch

    kinds = dict.fromkeys(
        tone(metric, audit.table[metric.name, fault.name]).kind
        for metric in audit.metrics
        for fault in audit.faults
    )
    shown = [
        Patch(facecolor=_COLORS[kind], alpha=0.85, label=meaning)
        for kind, meaning in _MEANINGS.items()
        if kind in kinds
    ]
    blank = (
        f"{SIGNS['blind']} blind",
        f"{SIGNS['constant']} constant",
        f"{SIGNS['unknown']} unknown",
    )
    shown.append(Patch(facecolor="white", edgecolor=_LINE, label=", ".join(blank)))
    figure.legend(handles=shown, loc="lower center", ncols=4, frameon=False)


def _label(metric: MetricFacts) -> str:
    return f"{_plain(metric.name)} {arrow(metric)}".strip()


def _plain(name: str, most: int = 40) -> str:
    """Cut a name from outside, without the characters that the font has no picture of."""
    shown = "".join(char if char.isprintable() and char < "\u0530" else "?" for char in name)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
