"""The metric audit as a page shows it, and audits read back from their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from showcase_bench.audit.results import (
    SCHEMA,
    Affected,
    Audit,
    Cell,
    FaultFacts,
    LeftOut,
    MetricFacts,
    Response,
)
from showcase_bench.audit.wording import MEANINGS, SIGNS, arrow, cell_text, notes, number, tone
from showcase_bench.errors import DataError, UsageError
from showcase_bench.evaluate.runs.compatible import Identity

__all__ = ["audit_view", "read_audit"]


def audit_view(audit: Audit, identity: Identity) -> dict[str, Any]:
    """Values of the page: groups of metrics with a cell for each fault.

    Raises
    ------
    UsageError
        The audit was made on other data, or on another split, than the board.
    """
    if (audit.data_sha256, audit.split) != (identity.data_sha256, identity.split):
        raise UsageError(
            f"the audit is of the {audit.split} split of {audit.data_name} "
            f"({audit.data_sha256[:12]}), and the runs are of the {identity.split} split of "
            f"{identity.data_name} ({identity.data_sha256[:12]}); "
            f"`showcase-bench audit` makes one for them"
        )
    return {
        "audit": audit,
        "signs": SIGNS,
        "meanings": MEANINGS,
        "notes": notes(audit),
        "groups": {
            group: [(metric, arrow(metric), _cells(audit, metric)) for metric in metrics]
            for group, metrics in audit.groups.items()
        },
    }


def _cells(audit: Audit, metric: MetricFacts) -> list[dict[str, str]]:
    cells = []
    for fault in audit.faults:
        cell = audit.table[metric.name, fault.name]
        kind, depth = tone(metric, cell)
        full = cell.full
        cells.append(
            {
                "text": cell_text(cell),
                "shade": f"{kind} d{depth}",
                "verdict": cell.verdict,
                "spoken": f"{cell.verdict}: from {number(metric.value)} to {number(full.value)}",
            }
        )
    return cells


def read_audit(path: Path) -> Audit:
    """Read an ``audit.json`` of ``showcase-bench audit``.

    Raises
    ------
    DataError
        The file cannot be read, or is no audit of this version.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_bytes())
        if raw.pop("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
        faults = tuple(
            FaultFacts(**{**one, "affected": tuple(Affected(**step) for step in one["affected"])})
            for one in raw.pop("faults")
        )
        cells = tuple(
            Cell(**{**one, "responses": tuple(Response(**step) for step in one["responses"])})
            for one in raw.pop("cells")
        )
        return Audit(
            faults=faults,
            cells=cells,
            metrics=tuple(MetricFacts(**one) for one in raw.pop("metrics")),
            left_out=tuple(LeftOut(**one) for one in raw.pop("left_out")),
            strengths=tuple(raw.pop("strengths")),
            **raw,
        )
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            path,
            f"not an audit of this version ({type(error).__name__}: {error})",
            "make it again with `showcase-bench audit`",
        ) from error
