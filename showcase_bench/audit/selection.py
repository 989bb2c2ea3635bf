"""Which metrics an audit can compute, and why not the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from showcase_bench.audit.results import LeftOut
from showcase_bench.errors import MissingDependencyError, RegistryError
from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.metrics import METRICS, Metric
from showcase_bench.metrics.base import Need
from showcase_bench.metrics.groups import GROUPS, expand_metrics
from showcase_bench.types import Progress, Showcase

__all__ = ["applicable", "default_metrics"]

_NOT_HERE = {
    "swaps": "it asks a system again on behalf of another user, and references are no system",
    "timings": "it is a cost of a run, and references are no run",
}


def default_metrics(k: int) -> tuple[tuple[Metric, ...], tuple[LeftOut, ...]]:
    """Every registered metric but costs, and those that cannot be loaded with the reason."""
    groups = [name for name, group in GROUPS.items() if group != "cost"]
    problems = [(name, METRICS.problem(name)) for name in METRICS]
    broken = tuple(LeftOut(name, reason) for name, reason in problems if reason is not None)
    return expand_metrics(groups, default_k=k), broken


def applicable(
    frame: Frame,
    clean: Sequence[Showcase],
    metrics: Sequence[Metric],
    *,
    skip_missing: bool,
    progress: Progress,
) -> tuple[list[Metric], list[LeftOut]]:
    """The metrics, bound to the frame, that have a value on the references; and the others.

    Raises
    ------
    MissingDependencyError, RegistryError
        A metric needs a package, weights or an encoder that are not there, unless
        ``skip_missing``.
    """
    needs = frozenset[Need]().union(*(metric.needs for metric in metrics))
    batch = frame.batch(clean, needs=needs)
    kept: list[Metric] = []
    left: list[LeftOut] = []
    for metric in progress.track(metrics, label="References"):
        reason = next((_NOT_HERE[need] for need in _NOT_HERE if need in metric.needs), None)
        if reason is None:
            try:
                (bound,) = frame.bind([metric])
                value = float(bound.score(bound.statistics(batch).sum(axis=0)))
            except (MissingDependencyError, RegistryError) as error:
                if not skip_missing:
                    raise
                reason = str(error)
            else:
                if bound.scored(batch).any() and np.isfinite(value):
                    kept.append(bound)
                else:
                    reason = "no example of this task can be scored with it"
        if reason is not None:
            left.append(LeftOut(metric.name, reason))
    return kept, left
