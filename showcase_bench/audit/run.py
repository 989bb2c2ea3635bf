"""Perturb the references, score them, and judge the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from showcase_bench.audit.base import Fault
from showcase_bench.audit.faults import FAULTS
from showcase_bench.audit.response import Difference, compare, judge, span_of
from showcase_bench.audit.results import Affected, Audit, FaultFacts, LeftOut, MetricFacts
from showcase_bench.audit.selection import applicable, default_metrics
from showcase_bench.audit.world import World, world_of_workspace
from showcase_bench.errors import UsageError
from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.evaluate.score.framing import frame_of_workspace
from showcase_bench.evaluate.score.scorer import Scored, Scorer
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.metrics import Metric
from showcase_bench.types import NoProgress, Progress

__all__ = ["STRENGTHS", "run_audit"]

STRENGTHS = (0.25, 0.5, 1.0)


def run_audit(
    workspace: Workspace,
    metrics: Sequence[Metric] | None = None,
    faults: Sequence[Fault] | None = None,
    strengths: Sequence[float] = STRENGTHS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Audit:
    """Audit metrics on the references of the split that a task scores.

    Parameters
    ----------
    metrics
        None stands for all registered ones but costs, those apart that need what is not there: a
        package, weights, another prediction for another user. A metric that is given and needs
        another prediction, or has no value on the references, is left out and listed; one whose
        package or weights are missing is an error.
    faults
        None stands for all of :data:`~showcase_bench.audit.FAULTS`. One that the data do not
        allow is left out and listed.
    strengths
        Shares of the examples, or of the words, that a fault changes; above 0 and at most 1.
        Repetitions count once.
    seed
        Of all draws.

    Raises
    ------
    UsageError
        A strength is out of range, the split has fewer than two examples, there is neither text
        nor photo to perturb, or nothing is left to audit.
    MissingDependencyError
        A metric that was given needs a package or weights that are not there.
    """
    levels = _checked(strengths)
    shown = progress or NoProgress()
    world = world_of_workspace(workspace)
    if len(world.clean) < 2:
        raise UsageError(
            f"split {workspace.task.split!r} has one example; the intervals of an audit need at "
            "least two"
        )
    chosen, lacking_faults = _possible(world, list(FAULTS.values()) if faults is None else faults)
    frame = frame_of_workspace(workspace, shown)
    wanted, lacking = default_metrics(workspace.policy.k) if metrics is None else (metrics, ())
    usable, lacking_metrics = applicable(
        frame, world.clean, wanted, skip_missing=metrics is None, progress=shown
    )
    left_out = (*lacking_faults, *lacking, *lacking_metrics)
    if not usable:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in left_out)
        raise UsageError(f"no metric can be audited on this task ({reasons})")
    found = _measure(frame, world, usable, chosen, levels, seed, shown)
    return _audit(workspace, found, levels, seed, left_out)


@dataclass(frozen=True)
class _Measured:
    metrics: tuple[Metric, ...]
    clean: Scored
    faults: tuple[FaultFacts, ...]
    differences: dict[tuple[str, str], dict[float, Difference]]
    """By name of the metric and the fault, then by strength."""
    n: int


def _checked(strengths: Sequence[float]) -> tuple[float, ...]:
    for one in strengths:
        if not 0 < one <= 1:
            raise UsageError(f"a strength is a share above 0 and at most 1, not {one}")
    if not strengths:
        raise UsageError("no strength is given; 0.25, 0.5 and 1 are usual")
    return tuple(sorted({float(one) for one in strengths}))


def _possible(world: World, faults: Sequence[Fault]) -> tuple[list[Fault], list[LeftOut]]:
    reasons = {fault: fault.lacking(world) for fault in faults}
    kept = [fault for fault, reason in reasons.items() if reason is None]
    left = [LeftOut(fault.name, reason) for fault, reason in reasons.items() if reason is not None]
    if not kept:
        told = "; ".join(f"{one.name}: {one.reason}" for one in left)
        raise UsageError(f"no fault can be made with these data ({told})")
    return kept, left


def _measure(
    frame: Frame,
    world: World,
    metrics: Sequence[Metric],
    faults: Sequence[Fault],
    strengths: Sequence[float],
    seed: int,
    progress: Progress,
) -> _Measured:
    """Score every fault at every strength; one after another, as statistics take memory."""
    scorer = Scorer(frame, metrics)
    clean = scorer.score(world.clean)
    differences: dict[tuple[str, str], dict[float, Difference]] = {}
    affected: dict[str, list[Affected]] = {}
    pairs = [(fault, strength) for fault in faults for strength in strengths]
    for fault, strength in progress.track(pairs, label="Faults"):
        made = fault.apply(world, strength, seed)
        affected.setdefault(fault.name, []).append(
            Affected(strength, made.affected, made.fallbacks)
        )
        scored = scorer.score(made.showcases)
        for metric, score in zip(scorer.metrics, scored.scores, strict=True):
            key = metric.signature
            differences.setdefault((metric.name, fault.name), {})[strength] = compare(
                metric, clean.statistics[key], scored.statistics[key], score.value, frame.clusters
            )
    facts = tuple(
        FaultFacts(one.name, one.part, one.unit, one.summary, tuple(affected[one.name]))
        for one in faults
    )
    return _Measured(scorer.metrics, clean, facts, differences, len(world.clean))


def _audit(
    workspace: Workspace,
    found: _Measured,
    strengths: tuple[float, ...],
    seed: int,
    left_out: tuple[LeftOut, ...],
) -> Audit:
    names = [fault.name for fault in found.faults]
    facts, cells = [], []
    for metric, score in zip(found.metrics, found.clean.scores, strict=True):
        responses = {name: found.differences[metric.name, name] for name in names}
        span = span_of([by_strength[strengths[-1]] for by_strength in responses.values()])
        if score.value is None:
            continue
        facts.append(_facts(metric, score.value, span))
        cells += [judge(metric, name, one, span) for name, one in responses.items()]
    task, dataset = workspace.task, workspace.dataset
    return Audit(
        task=task.name,
        task_version=task.version,
        split=task.split,
        data_name=dataset.name,
        data_sha256=dataset.revision,
        n=found.n,
        seed=seed,
        strengths=strengths,
        faults=found.faults,
        metrics=tuple(facts),
        cells=tuple(cells),
        left_out=left_out,
    )


def _facts(metric: Metric, value: float, span: float) -> MetricFacts:
    return MetricFacts(
        name=metric.name,
        signature=metric.signature,
        group=metric.group,
        scale=metric.scale,
        higher_is_better=metric.higher_is_better,
        summary=metric.summary,
        value=value,
        span=span,
    )
