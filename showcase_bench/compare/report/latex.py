"""A comparison as LaTeX tables for a paper; needs the package booktabs alone."""

from __future__ import annotations

from collections.abc import Sequence

from showcase_bench.compare.report.tables import (
    arrow,
    ordered_metrics,
    pair_cells,
    pair_heads,
    rank_text,
)
from showcase_bench.compare.results import Comparison, MetricResult, SystemResult
from showcase_bench.formatting import format_number
from showcase_bench.latex import booktabs, escape_latex, figures

__all__ = ["comparison_latex"]

_ACROSS = 6
"""Metrics side by side in one table; with more of them each has its own."""
_DOWN = 40
"""Pairs in one table, which cannot go on on the next page."""


def comparison_latex(comparison: Comparison) -> str:
    """Tables of the systems, of the primary metric's pairs, and the notes."""
    metrics = ordered_metrics(comparison)
    lines = ["% Needs \\usepackage{booktabs}."]
    for together in [metrics] if len(metrics) <= _ACROSS else [[one] for one in metrics]:
        lines += [*_systems(comparison, together), ""]
    lines += _pairs(comparison)
    notes = [*comparison.notes]
    notes += ["The pairs of the other metrics are in the JSON report."] * (len(metrics) > 1)
    lines += [r"\begin{itemize}"]
    lines += [rf"\item {escape_latex(note)}" for note in notes]
    lines += [
        rf"\item {escape_latex(one.name)}: \texttt{{{escape_latex(one.signature)}}}"
        for one in metrics
    ]
    return "\n".join([*lines, r"\end{itemize}", ""])


def _systems(comparison: Comparison, metrics: Sequence[MetricResult]) -> list[str]:
    share = f"{1 - comparison.alpha:.0%}"
    caption = (
        f"{comparison.title}, {comparison.n:,} examples: values with half of their {share} "
        "interval; systems that share a letter cannot be told apart. Rank: best and worst that "
        f"the data allow, by {metrics[0].name}."
    )
    order = comparison.ranks_of(metrics[0].name)
    by_metric = {
        metric.name: {one.system: one for one in comparison.ranks_of(metric.name)}
        for metric in metrics
    }
    heads = ["rank", "system", *(f"{one.name} {arrow(one)}".strip() for one in metrics)]
    rows = [
        [
            figures(rank_text(one)),
            escape_latex(one.system),
            *(_value(by_metric[metric.name][one.system]) for metric in metrics),
        ]
        for one in order
    ]
    return booktabs("ll" + "r" * len(metrics), caption, [escape_latex(one) for one in heads], rows)


def _value(one: SystemResult) -> str:
    """Value, half interval, and the letters above."""
    if one.value is None:
        return escape_latex("–")
    text = format_number(one.value)
    if one.ci is not None:
        half = max(one.ci[1] - one.value, one.value - one.ci[0])
        text += f" ± {format_number(half, like=one.value)}"
    return rf"{figures(text)}\textsuperscript{{{escape_latex(one.letters)}}}"


def _pairs(comparison: Comparison) -> list[str]:
    pairs = comparison.pairs_of(comparison.primary.name)
    heads = pair_heads(comparison, pairs)
    columns = "ll" + "r" * (len(heads) - 2)
    tables = range(0, len(pairs), _DOWN)
    lines = []
    for part, start in enumerate(tables, start=1):
        of = f", table {part} of {len(tables)}" if len(tables) > 1 else ""
        caption = f"All {len(pairs)} pairs on {comparison.primary.name}{of}."
        rows = []
        for one in pairs[start : start + _DOWN]:
            cells = pair_cells(heads, one)
            rows.append([escape_latex(cell) for cell in cells[:2]] + [*map(figures, cells[2:])])
        lines += [*booktabs(columns, caption, [escape_latex(one) for one in heads], rows), ""]
    return lines
