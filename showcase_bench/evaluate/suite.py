"""Run several models on one task, score them, and store every run as soon as it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import showcase_bench
from showcase_bench.errors import ContractError, ImageError, ShowcaseError
from showcase_bench.evaluate.build import BuildPlan
from showcase_bench.evaluate.environment import code_revision, describe_environment
from showcase_bench.evaluate.frame import frame_of_workspace
from showcase_bench.evaluate.others import swapped_queries, swaps_of
from showcase_bench.evaluate.predict import run_model
from showcase_bench.evaluate.predictions import dump_predictions
from showcase_bench.evaluate.records import RunInputs, RunRecord
from showcase_bench.evaluate.scoring import Scored, Scorer
from showcase_bench.evaluate.store import RunStore, ScoreTable, StoredRun
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.metrics import Metric
from showcase_bench.metrics.batch import Swap
from showcase_bench.types import NoProgress, Progress, Query, Showcase, Timings

__all__ = ["Failure", "Suite", "SuiteResult"]


@dataclass(frozen=True)
class Failure:
    """A model that could not be run; the others went on."""

    model: str
    seed: int
    error: ShowcaseError


@dataclass(frozen=True)
class SuiteResult:
    """What a suite did."""

    runs: tuple[StoredRun, ...]
    made: int
    """How many of the runs were made now."""
    reused: int
    """How many of the runs were already stored, with the same metrics."""
    rescored: int
    """How many were stored with other metrics, and scored anew from their predictions; also those
    of other models on the same split, so that all stay on one board."""
    failures: tuple[Failure, ...]


class Suite:
    """Runs models on a workspace into a store.

    Parameters
    ----------
    metrics
        What to score; None stands for the task's metrics.
    fresh
        Run again even what is stored.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: RunStore,
        *,
        metrics: Sequence[Metric] | None = None,
        progress: Progress | None = None,
        fresh: bool = False,
    ) -> None:
        self.workspace = workspace
        self.store = store
        self._progress = progress or NoProgress()
        self._fresh = fresh
        chosen = workspace.metrics if metrics is None else metrics
        self._scorer = Scorer(frame_of_workspace(workspace, self._progress), chosen)

    def run(self, plans: Sequence[BuildPlan], seeds: Sequence[int]) -> SuiteResult:
        """Run every plan with every seed; a failing model is recorded and the rest goes on."""
        self.workspace.prefetch()
        runs: list[StoredRun] = []
        failures: list[Failure] = []
        made = reused = rescored = 0
        pairs = [(plan, seed) for plan in plans for seed in seeds]
        for plan, seed in self._progress.track(pairs, label="Models"):
            inputs = self._inputs(plan, seed)
            stored = None
            if not self._fresh:
                stored = self.store.get(inputs.task, inputs.model, inputs.run_id)
            try:
                if stored is None:
                    runs.append(self._run_one(plan, inputs))
                    made += 1
                elif self._is_scored(stored):
                    runs.append(stored)
                    reused += 1
                elif self._swapped and self._lacks_swaps(stored):
                    runs.append(self._run_one(plan, inputs))
                    made += 1
                else:
                    runs.append(self._rescore(stored))
                    rescored += 1
            except (ContractError, ImageError) as error:
                failures.append(Failure(plan.label, seed, error))
        rescored += self._rescore_others({run.record.id for run in runs})
        return SuiteResult(tuple(runs), made, reused, rescored, tuple(failures))

    def _rescore_others(self, done: Set[str]) -> int:
        """Score the other stored runs on this split alike, so that they stay on one board."""
        task, others = self.workspace.task, 0
        for stored in list(self.store.runs(task.name)) if self.store.root.is_dir() else []:
            inputs = stored.record.inputs
            same = (
                inputs.task_version == task.version
                and inputs.split == task.split
                and inputs.policy == asdict(task.policy)
                and inputs.data_sha256 == self.workspace.dataset.revision
            )
            if same and stored.record.id not in done and not self._is_scored(stored):
                self._rescore(stored)
                others += 1
        return others

    def _inputs(self, plan: BuildPlan, seed: int) -> RunInputs:
        task, dataset = self.workspace.task, self.workspace.dataset
        return RunInputs(
            task=task.name,
            task_version=task.version,
            split=task.split,
            policy=asdict(task.policy),
            data_name=dataset.name,
            data_sha256=dataset.revision,
            images_key=self.workspace.images.key,
            model=plan.name,
            arguments=dict(plan.arguments),
            seed=seed,
            code_sha256=plan.code_sha256,
            version=showcase_bench.__version__,
        )

    @cached_property
    def _swapped(self) -> list[Query | None] | None:
        """The swapped queries, where a metric looks at the answers."""
        if not any("swaps" in metric.needs for metric in self._scorer.metrics):
            return None
        return swapped_queries(self.workspace)

    def _lacks_swaps(self, stored: StoredRun) -> bool:
        return stored.record.role != "ceiling" and stored.record.swapped_sha256 is None

    def _score(
        self, showcases: Sequence[Showcase], timings: Timings, swapped: Sequence[Showcase] | None
    ) -> Scored:
        swaps: tuple[Swap | None, ...] = ()
        if self._swapped is not None and swapped is not None:
            swaps = swaps_of(self._swapped, swapped)
        return self._scorer.score(showcases, timings=timings, swaps=swaps)

    def _is_scored(self, stored: StoredRun) -> bool:
        """Whether its scores are those of today's metrics."""
        wanted = [metric.signature for metric in self._scorer.metrics]
        return [score.signature for score in stored.record.scores] == wanted

    def _rescore(self, stored: StoredRun) -> StoredRun:
        """Score stored predictions with today's metrics; the model is not run."""
        showcases, swapped = stored.predictions(), stored.swapped()
        scored = self._score(showcases, stored.record.timings, swapped)
        table = self._table(scored)
        record = replace(
            stored.record,
            scores=scored.scores,
            levels=self._scorer.levels,
            scores_sha256=hashlib.sha256(table).hexdigest(),
        )
        kept = None if swapped is None else dump_predictions(swapped)
        return self.store.write(record, dump_predictions(showcases), table, kept)

    def _run_one(self, plan: BuildPlan, inputs: RunInputs) -> StoredRun:
        asked = self._swapped
        predicted = run_model(
            plan,
            self.workspace,
            seed=inputs.seed,
            progress=self._progress,
            swapped_queries=None if asked is None else [q for q in asked if q is not None],
        )
        scored = self._score(predicted.showcases, predicted.timings, predicted.swapped)
        files = {
            "predictions": dump_predictions(predicted.showcases),
            "scores": self._table(scored),
        }
        if predicted.swapped is not None:
            files["swapped"] = dump_predictions(predicted.swapped)
        record = self._record(plan, inputs, predicted.timings, scored, files)
        return self.store.write(record, **files)

    def _table(self, scored: Scored) -> bytes:
        queries = self.workspace.queries
        return ScoreTable(
            ids=tuple(query.id for query in queries),
            users=tuple(query.user_id for query in queries),
            businesses=tuple(query.business_id for query in queries),
            statistics=scored.statistics,
        ).to_parquet()

    def _record(
        self,
        plan: BuildPlan,
        inputs: RunInputs,
        timings: Timings,
        scored: Scored,
        files: Mapping[str, bytes],
    ) -> RunRecord:
        digests = {f"{k}_sha256": hashlib.sha256(data).hexdigest() for k, data in files.items()}
        return RunRecord(
            id=inputs.run_id,
            inputs=inputs,
            given=dict(plan.given),
            role=plan.cls.role,
            flags=tuple(plan.cls.flags),
            distribution=plan.distribution,
            created=datetime.now(UTC).isoformat(timespec="microseconds"),
            code=self._code,
            environment=self._environment,
            n=len(self.workspace.queries),
            unreadable_images=len(self.workspace.images.unreadable),
            timings=timings,
            scores=scored.scores,
            primary=self.workspace.task.primary_names(),
            levels=self._scorer.levels,
            **digests,
        )

    @cached_property
    def _code(self) -> dict[str, bool | int | float | str | None]:
        return code_revision()

    @cached_property
    def _environment(self) -> dict[str, str]:
        return describe_environment()
