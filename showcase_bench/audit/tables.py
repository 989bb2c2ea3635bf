"""An audit as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from showcase_bench.audit.results import Audit, MetricFacts
from showcase_bench.audit.wording import (
    MEANINGS,
    SIGNS,
    arrow,
    cell_text,
    interval_text,
    notes,
    number,
)
from showcase_bench.formatting import escape

__all__ = ["audit_csv", "audit_markdown"]

_COLUMNS = (
    "metric",
    "group",
    "higher_is_better",
    "reference",
    "fault",
    "part",
    "strength",
    "affected",
    "fallbacks",
    "value",
    "difference",
    "low",
    "high",
    "response",
    "verdict",
    "monotone",
    "signature",
)


def audit_csv(audit: Audit) -> str:
    """One line for each metric, fault and strength; what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for metric in audit.metrics:
        for fault in audit.faults:
            cell = audit.table[metric.name, fault.name]
            for one, reach in zip(cell.responses, fault.affected, strict=True):
                head = metric.name, metric.group, metric.higher_is_better, metric.value
                where = fault.name, fault.part, one.strength, reach.examples, reach.fallbacks
                found = one.value, one.difference, one.low, one.high, one.response, one.verdict
                row = (*head, *where, *found, cell.monotone, metric.signature)
                writer.writerow(["" if value is None else value for value in row])
    return text.getvalue()


def audit_markdown(audit: Audit) -> str:
    """Verdicts, differences at the largest strength, reach of the faults, and how to read it."""
    names = [fault.name for fault in audit.faults]
    lines = [
        f"# Audit: {escape(audit.task)} (version {audit.task_version})",
        "",
        f"{audit.n:,} references of the {escape(audit.split)} split of "
        f"{escape(audit.data_name)}, sha256 `{audit.data_sha256[:12]}`; seed {audit.seed}.",
        "",
        " ".join(f"{SIGNS[one]} {one}: {meaning}." for one, meaning in MEANINGS.items()),
    ]
    for group, metrics in audit.groups.items():
        rows = [
            [_named(one), *(cell_text(audit.table[one.name, name]) for name in names)]
            for one in metrics
        ]
        lines += ["", f"## {group}", "", *_table(["metric", *names], rows)]
    lines += ["", f"## Differences at strength {audit.strengths[-1]:g}", ""]
    lines += _table(
        ["metric", "references", *names], [_differences(audit, one, names) for one in audit.metrics]
    )
    lines += ["", "The other strengths are in `audit.csv` and `audit.json`.", "", "## Faults", ""]
    lines += _faults(audit)
    if audit.left_out:
        lines += ["", "## Left out", ""]
        lines += [f"- {escape(one.name)}: {escape(one.reason)}" for one in audit.left_out]
    lines += ["", "## How to read it", "", *(f"- {escape(note)}" for note in notes(audit))]
    lines += ["", "## Signatures", ""]
    lines += [f"- {escape(one.name)}: `{one.signature}`" for one in audit.metrics]
    return "\n".join(lines) + "\n"


def _differences(audit: Audit, metric: MetricFacts, names: Sequence[str]) -> list[str]:
    full = [audit.table[metric.name, name].full for name in names]
    cells = [f"{number(one.difference, signed=True)} {interval_text(one)}" for one in full]
    return [_named(metric), number(metric.value), *cells]


def _faults(audit: Audit) -> list[str]:
    rows = [
        [
            fault.name,
            fault.part,
            escape(fault.summary),
            fault.unit,
            ", ".join(f"{one.examples:,} at {one.strength:g}" for one in fault.affected),
            f"{fault.affected[-1].fallbacks:,}",
        ]
        for fault in audit.faults
    ]
    head = ["fault", "part", "what it does", "share of", "examples changed", "second-best way"]
    return _table(head, rows)


def _named(metric: MetricFacts) -> str:
    return f"{escape(metric.name)} {arrow(metric)}".strip()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
