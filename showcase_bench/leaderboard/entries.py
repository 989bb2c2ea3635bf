"""Systems of a board: the runs of one model with all its seeds, scored from stored statistics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate import StoredRun
from showcase_bench.evaluate.frame import codes
from showcase_bench.evaluate.groups import SeedGroup, seed_groups
from showcase_bench.evaluate.scoring import LEVEL
from showcase_bench.leaderboard.slices import Cut, cuts
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
    cuts: tuple[Cut, ...]
    """Slices; the same for all entries of a board."""
    sliced: dict[str, tuple[EntryScore, ...]]
    """By metric name, for those that were asked for: the score in each of ``cuts``."""


def load_entries(
    runs: Sequence[StoredRun], metrics: Sequence[Metric], sliced: Collection[str] = ()
) -> list[Entry]:
    """Read the statistics of ``runs``, ordered by model, arguments and seed.

    Parameters
    ----------
    sliced
        Names of the metrics to score in slices as well; those of whole sets are left out, since
        sets of other sizes cannot be compared.

    Raises
    ------
    StoreError
        A score file is damaged, lacks a metric, or covers other examples than the first one.
    """
    groups = list(seed_groups(runs))
    tables = [table for group in groups for table in group.tables]
    known = set(tables[0].facts).intersection(*(table.facts for table in tables))
    found = tuple(cuts({name: tables[0].facts[name] for name in sorted(known)}))
    return [_entry(group, metrics, sliced, found) for group in groups]


def _entry(
    group: SeedGroup, metrics: Sequence[Metric], asked: Collection[str], found: tuple[Cut, ...]
) -> Entry:
    clusters = codes(group.tables[0].users), codes(group.tables[0].businesses)
    scores: dict[str, EntryScore] = {}
    systems: dict[str, System] = {}
    sliced: dict[str, tuple[EntryScore, ...]] = {}
    for metric in metrics:
        stats = group.statistics(metric)
        systems[metric.name] = _system(metric, stats)
        attempted, missing = group.attempted(metric)
        scores[metric.name] = _average(metric, systems[metric.name], clusters, attempted, missing)
        if metric.name in asked and metric.kind != "set" and attempted:
            sliced[metric.name] = tuple(_in_slice(metric, stats, clusters, one) for one in found)
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
        cuts=found,
        sliced=sliced,
    )


def _system(metric: Metric, stats: Sequence[NDArray[np.float64]]) -> System:
    values = tuple(float(metric.score(rows.sum(axis=0))) for rows in stats)
    return System(values, np.stack([metric.influence(rows) for rows in stats], axis=1))


def _in_slice(
    metric: Metric,
    stats: Sequence[NDArray[np.float64]],
    clusters: Sequence[NDArray[np.int64]],
    cut: Cut,
) -> EntryScore:
    """The score on some of the examples; a missing prediction counts as in the whole."""
    system = _system(metric, [rows[cut.rows] for rows in stats])
    own = [column[cut.rows] for column in clusters]
    return _average(metric, system, own, len(cut.rows) * len(stats), 0)


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
