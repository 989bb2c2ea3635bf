"""Run several models on one task, score them, and store every run as soon as it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

import showcase_bench
from showcase_bench.errors import ContractError, ImageError, ShowcaseError
from showcase_bench.evaluate.build import BuildPlan
from showcase_bench.evaluate.environment import code_revision, describe_environment
from showcase_bench.evaluate.predict import run_model
from showcase_bench.evaluate.predictions import dump_predictions
from showcase_bench.evaluate.records import Levels, RunInputs, RunRecord, Timings
from showcase_bench.evaluate.scoring import (
    Scored,
    codes,
    make_batch,
    score_batch,
    selection_levels,
)
from showcase_bench.evaluate.store import RunStore, ScoreTable, StoredRun
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.metrics import Batch, Metric
from showcase_bench.metrics.tokens import TokenStore
from showcase_bench.types import Example, NoProgress, Progress, Showcase

__all__ = ["Failure", "Scorer", "Suite", "SuiteResult"]


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
    reused: int
    """How many of the runs were already stored."""
    failures: tuple[Failure, ...]


class Scorer:
    """Scores any number of systems on one workspace, sharing tokens and features between them."""

    def __init__(self, workspace: Workspace, metrics: Sequence[Metric] | None = None) -> None:
        self.workspace = workspace
        self.metrics = tuple(workspace.metrics if metrics is None else metrics)
        self._tokens = TokenStore()

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The scored split."""
        return tuple(self.workspace.scored_split.examples())

    @cached_property
    def clusters(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """User and business codes of each example."""
        queries = self.workspace.queries
        return codes([q.user_id for q in queries]), codes([q.business_id for q in queries])

    @cached_property
    def levels(self) -> dict[str, Levels]:
        """Random expectation and best possible value of the selection metrics."""
        nothing = [Showcase(query.id) for query in self.workspace.queries]
        return selection_levels(self.metrics, self.batch(nothing))

    def batch(self, showcases: Sequence[Showcase]) -> Batch:
        """Predictions, in the order of the split, aligned with their gold."""
        return make_batch(
            self.examples, showcases, features=self.workspace.images.features, tokens=self._tokens
        )

    def score(self, showcases: Sequence[Showcase]) -> Scored:
        """Every metric of one system."""
        return score_batch(self.metrics, self.batch(showcases), self.clusters)


class Suite:
    """Runs models on a workspace into a store.

    Parameters
    ----------
    fresh
        Run again even what is stored.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: RunStore,
        *,
        progress: Progress | None = None,
        fresh: bool = False,
    ) -> None:
        self.workspace = workspace
        self.store = store
        self._progress = progress or NoProgress()
        self._fresh = fresh
        self._scorer = Scorer(workspace)

    def run(self, plans: Sequence[BuildPlan], seeds: Sequence[int]) -> SuiteResult:
        """Run every plan with every seed; a failing model is recorded and the rest goes on."""
        self.workspace.prefetch()
        runs: list[StoredRun] = []
        failures: list[Failure] = []
        reused = 0
        pairs = [(plan, seed) for plan in plans for seed in seeds]
        for plan, seed in self._progress.track(pairs, label="Models"):
            inputs = self._inputs(plan, seed)
            stored = None if self._fresh else self._stored(inputs)
            if stored is not None:
                reused += 1
                runs.append(stored)
                continue
            try:
                runs.append(self._run_one(plan, inputs))
            except (ContractError, ImageError) as error:
                failures.append(Failure(plan.label, seed, error))
        return SuiteResult(tuple(runs), reused, tuple(failures))

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

    def _stored(self, inputs: RunInputs) -> StoredRun | None:
        """The finished run of these inputs, if its scores are those of today's metrics."""
        stored = self.store.get(inputs.task, inputs.model, inputs.run_id)
        if stored is None:
            return None
        wanted = [metric.signature for metric in self._scorer.metrics]
        return stored if [s.signature for s in stored.record.scores] == wanted else None

    def _run_one(self, plan: BuildPlan, inputs: RunInputs) -> StoredRun:
        predicted = run_model(plan, self.workspace, seed=inputs.seed, progress=self._progress)
        scored = self._scorer.score(predicted.showcases)
        predictions = dump_predictions(predicted.showcases)
        queries = self.workspace.queries
        table = ScoreTable(
            ids=tuple(query.id for query in queries),
            users=tuple(query.user_id for query in queries),
            businesses=tuple(query.business_id for query in queries),
            statistics=scored.statistics,
        ).to_parquet()
        record = self._record(plan, inputs, predicted.timings, scored, predictions, table)
        return self.store.write(record, predictions, table)

    def _record(
        self,
        plan: BuildPlan,
        inputs: RunInputs,
        timings: Timings,
        scored: Scored,
        predictions: bytes,
        table: bytes,
    ) -> RunRecord:
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
            predictions_sha256=hashlib.sha256(predictions).hexdigest(),
            scores_sha256=hashlib.sha256(table).hexdigest(),
        )

    @cached_property
    def _code(self) -> dict[str, bool | int | float | str | None]:
        return code_revision()

    @cached_property
    def _environment(self) -> dict[str, str]:
        return describe_environment()
