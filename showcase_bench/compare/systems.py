"""Systems to compare: their statistics by metric, from stored runs or from scored predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.evaluate import Scorer, StoredRun
from showcase_bench.evaluate.executors.base import Executor
from showcase_bench.evaluate.runs.compatible import common_identity, newest
from showcase_bench.evaluate.runs.groups import SeedGroup, seed_groups
from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.metrics import Batch, Metric, parse_metric
from showcase_bench.metrics.base import Need
from showcase_bench.stats import System
from showcase_bench.types import Progress, Showcase

__all__ = ["Contender", "Field", "Outputs", "field_of_predictions", "field_of_runs"]

Floats = NDArray[np.float64]


class Outputs:
    """What one system gave, as a batch for tests of metrics of whole sets.

    The batch is made when it is first asked for, since few tests look at it.

    Parameters
    ----------
    whole
        Makes the frame that the batches of all systems share, with one table of texts.
    needs
        Of the metrics.
    """

    def __init__(
        self, whole: Callable[[], Frame], showcases: Sequence[Showcase], needs: frozenset[Need]
    ) -> None:
        self._whole, self._showcases, self._needs = whole, showcases, needs

    @cached_property
    def batch(self) -> Batch:
        """The outputs on all examples."""
        return self._whole().batch(self._showcases, needs=self._needs)


@dataclass(frozen=True)
class Contender:
    """One system, trained with one seed or several."""

    label: str
    rows: Mapping[str, tuple[Floats, ...]]
    """Metric signature to the statistics of each seed, float64 of shape [n, d]."""
    attempted: Mapping[str, bool]
    """Metric signature to whether any example was attempted."""
    outputs: Outputs | None = None
    """The outputs, where they are at hand and there is one seed."""
    trained: bool = True
    """Whether another seed might give another score."""

    @cached_property
    def seeds(self) -> int:
        """Number of training seeds."""
        return len(next(iter(self.rows.values()), ()))

    def system(self, metric: Metric) -> System | None:
        """Value and influence of each seed; None where nothing was attempted."""
        rows = self.rows[metric.signature]
        values = tuple(float(metric.score(one.sum(axis=0))) for one in rows)
        if not self.attempted[metric.signature] or not np.isfinite(values).all():
            return None
        return System(values, np.stack([metric.influence(one) for one in rows], axis=1))


class _OneSeed(Mapping[str, tuple[Floats, ...]]):
    """The rows of one run, which may be read from files each time."""

    def __init__(self, statistics: Mapping[str, Floats]) -> None:
        self._statistics = statistics

    def __getitem__(self, signature: str) -> tuple[Floats, ...]:
        return (self._statistics[signature],)

    def __iter__(self) -> Iterator[str]:
        return iter(self._statistics)

    def __len__(self) -> int:
        return len(self._statistics)


class _SeedRows(Mapping[str, tuple[Floats, ...]]):
    """The rows of the stored runs of one system, read from their files each time."""

    def __init__(self, group: SeedGroup, metrics: Sequence[Metric]) -> None:
        self._group, self._metrics = group, {one.signature: one for one in metrics}

    def __getitem__(self, signature: str) -> tuple[Floats, ...]:
        return tuple(self._group.statistics(self._metrics[signature]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)


@dataclass(frozen=True)
class Field:
    """Systems on the same examples, ready to be compared."""

    title: str
    contenders: tuple[Contender, ...]
    metrics: tuple[Metric, ...]
    primary: tuple[str, ...]
    """Names of the metrics that the task ranks by, the first of which is the default."""
    n: int
    clusters: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    """Name of the column to the cluster of each example."""


def field_of_runs(runs: Sequence[StoredRun], metrics: Sequence[str] = ()) -> Field:
    """Stored runs of one task, the seeds of a model taken together; the newest of equal runs.

    Models are not run and nothing is scored: the statistics are those that were stored.

    Parameters
    ----------
    metrics
        Names or signatures among those that the runs were scored with; none stands for all of
        them but costs.

    Raises
    ------
    UsageError
        There is no run, the runs cannot be compared, or a metric was not scored.
    StoreError
        A score file is missing or damaged.
    """
    if not runs:
        raise UsageError("there is no run to compare; `showcase-bench run` makes some")
    identity = common_identity(runs)
    scored = [m for m in map(parse_metric, identity.metrics) if m.kind != "run"]
    chosen = [_named(name, scored) for name in metrics] or scored
    contenders, groups = [], list(seed_groups(newest(runs)))
    for group in groups:
        rows = _SeedRows(group, chosen)
        attempted = {one.signature: group.attempted(one)[0] > 0 for one in chosen}
        trained = group.record.curve_sha256 is not None
        contenders.append(Contender(group.record.label, rows, attempted, trained=trained))
    first = groups[0].scores[0]
    return Field(
        title=f"{identity.task}, version {identity.task_version}, {identity.split} split",
        contenders=tuple(contenders),
        metrics=tuple(chosen),
        primary=tuple(identity.primary.values()),
        n=len(first),
        clusters=dict(zip(("user", "business"), first.clusters(), strict=True)),
    )


def _named(name: str, scored: Sequence[Metric]) -> Metric:
    for metric in scored:
        if name in (metric.name, metric.signature):
            return metric
    known = [metric.name for metric in scored]
    raise UsageError(
        f"the runs were not scored with {name!r}. {did_you_mean(name, known)} "
        f"`showcase-bench run --metrics {name}` adds it to stored runs."
    )


def field_of_predictions(
    title: str,
    frame: Frame,
    metrics: Sequence[Metric],
    predictions: Mapping[str, Sequence[Showcase]],
    *,
    primary: Sequence[str] = (),
    progress: Progress,
    executor: Executor | None = None,
) -> Field:
    """Score files of predictions that were checked against the same examples.

    Parameters
    ----------
    predictions
        Label of the system to its showcases, in the order of the frame's ids.
    executor
        Scores many examples in other processes; None scores them in this one.

    Raises
    ------
    UsageError
        Nothing is compared, or a metric is bound to other references.
    """
    scorer = Scorer(frame, metrics, executor=executor)
    of_set = [one for one in scorer.metrics if one.kind == "set"]
    needs = frozenset[Need]().union(*(metric.needs for metric in of_set))
    whole = cache(partial(frame.part, 0, len(frame), needs, lean=True))
    contenders = []
    for label, showcases in progress.track(list(predictions.items()), label="Systems"):
        statistics, scored = scorer.statistics(showcases, progress=progress)
        attempted = {signature: number > 0 for signature, number in scored.items()}
        outputs = Outputs(whole, showcases, needs) if of_set else None
        contenders.append(Contender(label, _OneSeed(statistics), attempted, outputs))
    names = ("user", "business")
    return Field(
        title=title,
        contenders=tuple(contenders),
        metrics=scorer.metrics,
        primary=tuple(primary),
        n=len(frame.ids),
        clusters=dict(zip(names, frame.clusters, strict=False)),
    )
