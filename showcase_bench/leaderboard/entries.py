"""Systems of a board: the runs of one model with all its seeds, scored from stored statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate import StoredRun
from showcase_bench.evaluate.frame import codes
from showcase_bench.evaluate.groups import SeedGroup, seed_groups
from showcase_bench.evaluate.scoring import LEVEL
from showcase_bench.metrics import Metric
from showcase_bench.stats.differences import System, system_interval

__all__ = ["Entry", "EntryScore", "load_entries"]


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
    systems: dict[str, System]
    """By metric name: value and influence of each seed, in the order of ``seeds``."""
    clusters: tuple[NDArray[np.int64], NDArray[np.int64]]
    """User and business codes of the examples."""


def load_entries(runs: Sequence[StoredRun], metrics: Sequence[Metric]) -> list[Entry]:
    """Read the statistics of ``runs``, ordered by model, arguments and seed.

    Raises
    ------
    StoreError
        A score file is damaged, lacks a metric, or covers other examples than the first one.
    """
    return [_entry(group, metrics) for group in seed_groups(runs)]


def _entry(group: SeedGroup, metrics: Sequence[Metric]) -> Entry:
    clusters = codes(group.tables[0].users), codes(group.tables[0].businesses)
    scores: dict[str, EntryScore] = {}
    systems: dict[str, System] = {}
    for metric in metrics:
        stats = group.statistics(metric)
        values = tuple(float(metric.score(rows.sum(axis=0))) for rows in stats)
        influence = np.stack([metric.influence(rows) for rows in stats], axis=1)
        systems[metric.name] = System(values, influence)
        counts = group.attempted(metric)
        scores[metric.name] = _average(metric, systems[metric.name], clusters, *counts)
    record = group.record
    return Entry(
        label=record.label,
        role=record.role,
        flags=record.flags,
        seeds=tuple(run.record.inputs.seed for run in group.runs),
        runs=tuple(run.record.id for run in group.runs),
        scores=scores,
        systems=systems,
        clusters=clusters,
    )


def _average(
    metric: Metric,
    system: System,
    clusters: Sequence[NDArray[np.int64]],
    n_scored: int,
    n_unscored: int,
) -> EntryScore:
    if not n_scored or not np.isfinite(system.values).all():
        return EntryScore(None, None, None, n_scored, n_unscored)
    value = float(np.mean(system.values))
    bounds = system_interval(system, clusters, alpha=1 - LEVEL, bounds=metric.bounds)
    low, high = (None, None) if bounds is None else bounds
    return EntryScore(value, low, high, n_scored, n_unscored)
