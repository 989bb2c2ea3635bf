"""The audit as one HTML file that opens from disk, fetches nothing and runs no script."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from showcase_bench.audit.results import Audit, Cell, FaultFacts, MetricFacts
from showcase_bench.audit.wording import (
    MEANINGS,
    SIGNS,
    arrow,
    cell_text,
    interval_text,
    notes,
    number,
    percent,
    tone,
)

__all__ = ["audit_page"]


def audit_page(audit: Audit) -> str:
    """The page; every text goes through the template engine's escaping."""
    environment = Environment(
        loader=PackageLoader("showcase_bench.audit"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        arrow=arrow, cell_text=cell_text, interval=interval_text, number=number, percent=percent
    )
    parts: dict[str, list[FaultFacts]] = {}
    for fault in audit.faults:
        parts.setdefault(fault.part, []).append(fault)
    return environment.get_template("audit.html.j2").render(
        audit=audit,
        parts=parts,
        edge=parts["images"][0].name if len(parts) > 1 else None,
        meanings=MEANINGS,
        signs=SIGNS,
        notes=notes(audit),
        shade=_shade,
        spoken=_spoken,
        headlines=_headlines(audit),
    )


def _shade(metric: MetricFacts, cell: Cell) -> str:
    kind, depth = tone(metric, cell)
    return f"{kind} d{depth}"


def _spoken(metric: MetricFacts, cell: Cell) -> str:
    """A cell in words, for its tooltip."""
    full = cell.full
    if full.value is None:
        return f"{metric.name} has no value under {cell.fault}"
    monotone = {True: "; goes one way with strength", False: "; goes to and fro", None: ""}
    return (
        f"{metric.name} under {cell.fault}: {cell.verdict}; from {number(metric.value)} to "
        f"{number(full.value)}, difference {number(full.difference, signed=True)} "
        f"{interval_text(full)}{monotone[cell.monotone]}"
    )


def _headlines(audit: Audit) -> list[tuple[FaultFacts, dict[str, list[str]]]]:
    """For each fault the metrics by verdict, in words."""
    return [
        (
            fault,
            {
                verdict: names
                for verdict in MEANINGS
                if (
                    names := [
                        metric.name
                        for metric in audit.metrics
                        if audit.table[metric.name, fault.name].verdict == verdict
                    ]
                )
            },
        )
        for fault in audit.faults
    ]
