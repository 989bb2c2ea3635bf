"""A comparison as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from showcase_bench.compare.report.tables import (
    LEFT_OUT,
    arrow,
    ordered_metrics,
    pair_cells,
    pair_heads,
    shown_pairs,
    system_cells,
    system_heads,
)
from showcase_bench.compare.results import Comparison, MetricResult
from showcase_bench.formatting import escape

__all__ = ["comparison_markdown"]


def comparison_markdown(comparison: Comparison) -> str:
    """The whole comparison; names of systems are escaped."""
    lines = [
        f"# Comparison: {escape(comparison.title)}",
        "",
        f"{len(comparison.systems)} systems on {comparison.n:,} examples.",
    ]
    for metric in ordered_metrics(comparison):
        lines += ["", *_metric(comparison, metric)]
    lines += ["", "## What this rests on", ""]
    lines += [f"- {escape(note)}" for note in comparison.notes]
    lines += ["", "## Signatures", ""]
    lines += [f"- {escape(one.name)}: `{one.signature}`" for one in comparison.metrics]
    return "\n".join(lines) + "\n"


def _metric(comparison: Comparison, metric: MetricResult) -> list[str]:
    role = "primary" if metric.primary else "exploratory"
    lines = [f"## {escape(metric.name)} {arrow(metric)} ({role})", ""]
    heads = system_heads(comparison)
    systems = [system_cells(heads, one) for one in comparison.ranks_of(metric.name)]
    lines += _table(heads, systems, texts={"rank", "letters", "system"})
    pairs = shown_pairs(comparison, metric)
    if pairs:
        heads = pair_heads(comparison, pairs)
        cells = [pair_cells(heads, one) for one in pairs]
        lines += ["", *_table(heads, cells, texts={"a", "b", "ROPE"})]
    elif len(systems) > 1:
        lines += ["", LEFT_OUT]
    return lines


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: set[str]) -> list[str]:
    rule = ["---" if head in texts else "---:" for head in heads]
    escaped = [[escape(cell) for cell in row] for row in (heads, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in escaped]
    return [lines[0], f"| {' | '.join(rule)} |", *lines[1:]]
