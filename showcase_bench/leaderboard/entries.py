"""Systems of a board: the runs of one model with all its seeds, scored from stored statistics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate import StoredRun
from showcase_bench.evaluate.runs.groups import SeedGroup, seed_groups
from showcase_bench.evaluate.score.scorer import LEVEL
from showcase_bench.leaderboard.slices import Cut, cuts
from showcase_bench.metrics import Metric
from showcase_bench.stats.clusters import ClusterPlan
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
    system: Callable[[Metric], System]
    """Value and influence of each seed, in the order of ``seeds``; read each time."""
    clusters: ClusterPlan
    """Users and businesses of the examples; the same for all entries of a board."""
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
    runs_scores = [one for group in groups for one in group.scores]
    first = runs_scores[0]
    known = set(first.facts).intersection(*(one.facts for one in runs_scores))
    found = tuple(cuts({name: first.fact(name) for name in sorted(known)}))
    parts = _Parts.of(first.clusters(), len(first), found if sliced else ())
    return [_entry(group, metrics, sliced, found, parts) for group in groups]


class _Parts(NamedTuple):
    """Clusters of all examples, and of each slice."""

    whole: ClusterPlan
    cut: tuple[ClusterPlan, ...]

    @classmethod
    def of(cls, columns: Sequence[NDArray[np.int64]], n: int, found: Sequence[Cut]) -> _Parts:
        cut = (
            ClusterPlan.of([column[one.rows] for column in columns], len(one.rows)) for one in found
        )
        return cls(ClusterPlan.of(columns, n), tuple(cut))


def _entry(
    group: SeedGroup,
    metrics: Sequence[Metric],
    asked: Collection[str],
    found: tuple[Cut, ...],
    parts: _Parts,
) -> Entry:
    scores: dict[str, EntryScore] = {}
    sliced: dict[str, tuple[EntryScore, ...]] = {}
    for metric in metrics:
        stats = group.statistics(metric)
        attempted, missing = group.attempted(metric)
        system = _system(metric, stats)
        scores[metric.name] = _average(metric, system, parts.whole, attempted, missing)
        if metric.name in asked and metric.kind != "set" and attempted:
            sliced[metric.name] = tuple(
                _in_slice(metric, stats, plan, cut)
                for cut, plan in zip(found, parts.cut, strict=True)
            )
    record = group.record
    return Entry(
        label=record.label,
        role=record.role,
        flags=record.flags,
        seeds=tuple(run.record.inputs.seed for run in group.runs),
        runs=tuple(run.record.id for run in group.runs),
        scores=scores,
        system=lambda metric: _system(metric, group.statistics(metric)),
        clusters=parts.whole,
        cuts=found,
        sliced=sliced,
    )


def _system(metric: Metric, stats: Sequence[NDArray[np.float64]]) -> System:
    values = tuple(float(metric.score(rows.sum(axis=0))) for rows in stats)
    return System(values, np.stack([metric.influence(rows) for rows in stats], axis=1))


def _in_slice(
    metric: Metric,
    stats: Sequence[NDArray[np.float64]],
    clusters: ClusterPlan,
    cut: Cut,
) -> EntryScore:
    """The score on some of the examples; a missing prediction counts as in the whole."""
    system = _system(metric, [rows[cut.rows] for rows in stats])
    return _average(metric, system, clusters, len(cut.rows) * len(stats), 0)


def _average(
    metric: Metric,
    system: System,
    clusters: ClusterPlan,
    n_scored: int,
    n_unscored: int,
) -> EntryScore:
    if not n_scored or not np.isfinite(system.values).all():
        return EntryScore(None, None, None, n_scored, n_unscored)
    value = float(np.mean(system.values))
    bounds = system_interval(system, clusters, alpha=1 - LEVEL, bounds=metric.bounds)
    low, high = (None, None) if bounds is None else bounds
    return EntryScore(value, low, high, n_scored, n_unscored)
