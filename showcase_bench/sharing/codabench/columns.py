"""Columns of a competition's leaderboard: which metric, under which key, sorted how."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from showcase_bench.errors import StoreError, UsageError
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.metrics import Metric

__all__ = ["COLUMNS", "Column", "columns_of", "dump_columns", "load_columns"]

COLUMNS = "columns.json"
"""File of the scoring program that lists them."""
_LONGEST = 36
"""Characters that the platform stores of a column's key and of its title."""
_UNFIT = frozenset({"features", "embeddings", "timings", "swaps"})
"""Needs that a file of predictions, scored in a small container without photos, cannot fulfil."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    key: str
    """Name in ``scores.json``: small letters, digits and underscores."""
    title: str
    metric: str
    """Spec of the metric."""
    sorting: Literal["asc", "desc"]
    """``desc`` where larger is better."""
    primary: bool
    """Whether it orders a section of the task's own board."""


def columns_of(workspace: Workspace) -> tuple[Column, ...]:
    """The task's primary metrics, then its other ones that have a better end and need no photos.

    The platform ranks by the first column and breaks ties from left to right.

    Raises
    ------
    UsageError
        No primary metric can be scored from a file of predictions.
    """
    task = workspace.task
    primary = list(dict.fromkeys(task.primary_names().values()))
    names = list(dict.fromkeys([*primary, *task.metric_names()]))
    columns = []
    for metric in workspace.parse_metrics(names):
        if metric.higher_is_better is None or not _UNFIT.isdisjoint(metric.needs):
            continue
        columns.append(
            Column(
                key=_key(metric),
                title=metric.name[:_LONGEST],
                metric=metric.name,
                sorting="desc" if metric.higher_is_better else "asc",
                primary=metric.name in primary,
            )
        )
    if not any(column.primary for column in columns):
        raise UsageError(
            f"none of the primary metrics of {task.name} ({', '.join(primary)}) can be scored from "
            "a file of predictions without photos"
        )
    if len({column.key for column in columns}) != len(columns):
        raise UsageError(f"two metrics of {task.name} would have one key: {_keys(columns)}")
    return tuple(columns)


def dump_columns(columns: Sequence[Column]) -> bytes:
    """Readable JSON for the scoring program."""
    return f"{json.dumps([asdict(one) for one in columns], indent=1)}\n".encode()


def load_columns(path: Path) -> tuple[Column, ...]:
    """Read what :func:`dump_columns` wrote.

    Raises
    ------
    StoreError
        The file is missing or damaged.
    """
    try:
        return tuple(Column(**one) for one in json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); make the bundle again") from error


def _key(metric: Metric) -> str:
    return re.sub(r"[^a-z0-9]+", "_", metric.name.lower()).strip("_")[:_LONGEST]


def _keys(columns: Sequence[Column]) -> str:
    return ", ".join(column.key for column in columns)
