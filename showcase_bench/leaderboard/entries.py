"""Systems of a board: the runs of one model with all its seeds, scored from stored statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError
from showcase_bench.evaluate import StoredRun
from showcase_bench.evaluate.frame import codes
from showcase_bench.evaluate.scoring import LEVEL
from showcase_bench.evaluate.store import ScoreTable
from showcase_bench.metrics import Metric
from showcase_bench.stats.intervals import interval
from showcase_bench.types import Score

__all__ = ["Entry", "EntryScore", "load_entries"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EntryScore:
    """One metric of one system, averaged over its seeds."""

    value: float | None
    low: float | None
    high: float | None
    n_scored: int
    """Over all seeds."""
    n_unscored: int
    normalised: float | None = None
    """Place between the metric's floor (0) and ceiling (1), where it has them."""


@dataclass(frozen=True)
class Entry:
    """One model with its seeds."""

    label: str
    role: str
    flags: tuple[str, ...]
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    scores: dict[str, EntryScore]
    """By metric name."""
    influence: dict[str, Floats]
    """By metric name: mean over seeds, shape [n]."""
    seed_values: dict[str, tuple[float, ...]]
    """By metric name: the value of each seed, in the order of ``seeds``."""
    clusters: tuple[NDArray[np.int64], NDArray[np.int64]]
    """User and business codes of the examples."""


def load_entries(runs: Sequence[StoredRun], metrics: Sequence[Metric]) -> list[Entry]:
    """Read the statistics of ``runs``, ordered by model, arguments and seed.

    Raises
    ------
    StoreError
        A score file is damaged, lacks a metric, or covers other examples than the first one.
    """
    entries = []
    reference: tuple[StoredRun, ScoreTable] | None = None

    def key(run: StoredRun) -> tuple[str, bytes]:
        return run.record.inputs.model, canonical_json(run.record.inputs.arguments)

    for _, group in groupby(runs, key=key):
        members = list(group)
        tables = []
        for run in members:
            table = run.table()
            reference = reference or (run, table)
            _require_same_examples(run, table, *reference)
            tables.append(table)
        entries.append(_entry(members, tables, metrics))
    return entries


def _require_same_examples(
    run: StoredRun, table: ScoreTable, first: StoredRun, first_table: ScoreTable
) -> None:
    if table.ids != first_table.ids:
        raise StoreError(
            f"{run.folder} and {first.folder} were scored on different examples; "
            "delete one of them and run again"
        )


def _entry(
    runs: Sequence[StoredRun], tables: Sequence[ScoreTable], metrics: Sequence[Metric]
) -> Entry:
    clusters = codes(tables[0].users), codes(tables[0].businesses)
    scores: dict[str, EntryScore] = {}
    influence: dict[str, Floats] = {}
    seed_values: dict[str, tuple[float, ...]] = {}
    for metric in metrics:
        stats = [_statistics(run, table, metric) for run, table in zip(runs, tables, strict=True)]
        values = np.array([float(metric.score(rows.sum(axis=0))) for rows in stats])
        influence[metric.name] = np.mean([metric.influence(rows) for rows in stats], axis=0)
        seed_values[metric.name] = tuple(values.tolist())
        recorded = [_recorded(run, metric) for run in runs]
        scores[metric.name] = _average(metric, values, influence[metric.name], clusters, recorded)
    record = runs[0].record
    return Entry(
        label=record.label,
        role=record.role,
        flags=record.flags,
        seeds=tuple(run.record.inputs.seed for run in runs),
        runs=tuple(run.record.id for run in runs),
        scores=scores,
        influence=influence,
        seed_values=seed_values,
        clusters=clusters,
    )


def _statistics(run: StoredRun, table: ScoreTable, metric: Metric) -> Floats:
    try:
        return table.statistics[metric.signature]
    except KeyError:
        raise StoreError(
            f"{run.folder}: the score file lacks {metric.signature}; run the model again"
        ) from None


def _recorded(run: StoredRun, metric: Metric) -> Score:
    return next(s for s in run.record.scores if s.signature == metric.signature)


def _average(
    metric: Metric,
    values: Floats,
    influence: Floats,
    clusters: Sequence[NDArray[np.int64]],
    scores: Sequence[Score],
) -> EntryScore:
    n_scored = sum(score.n_scored for score in scores)
    n_unscored = sum(score.n_unscored for score in scores)
    if not n_scored or not np.isfinite(values).all():
        return EntryScore(None, None, None, n_scored, n_unscored)
    value = float(values.mean())
    between = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    bounds = interval(
        value, influence, clusters, level=LEVEL, bounds=metric.bounds, extra_variance=between
    )
    low, high = (None, None) if bounds is None else bounds
    return EntryScore(value, low, high, n_scored, n_unscored)
