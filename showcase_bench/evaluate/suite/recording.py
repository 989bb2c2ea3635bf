"""What is recorded of a run beside its files: its inputs, and where, when and how it was made."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cached_property

import showcase_bench
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.predict.predictor import Predicted
from showcase_bench.evaluate.runs.facts import FACTS
from showcase_bench.evaluate.runs.records import Levels, RunInputs, RunRecord
from showcase_bench.evaluate.runs.store import RunFiles, RunStore
from showcase_bench.evaluate.score.scorer import Scored
from showcase_bench.evaluate.suite.environment import code_revision, describe_environment
from showcase_bench.evaluate.task.workspace import Workspace

__all__ = ["Recorder"]


class Recorder:
    """Makes the records of one workspace's runs, for one store."""

    def __init__(self, workspace: Workspace, store: RunStore) -> None:
        self._workspace, self._store = workspace, store

    def inputs(self, plan: BuildPlan, seed: int) -> RunInputs:
        """Everything that determines the predictions of a model with a seed."""
        task, dataset = self._workspace.task, self._workspace.dataset
        return RunInputs(
            task=task.name,
            task_version=task.version,
            split=task.split,
            policy=asdict(task.policy),
            data_name=dataset.name,
            data_sha256=dataset.revision,
            images_key=self._workspace.images.key,
            model=plan.name,
            arguments=dict(plan.arguments),
            seed=seed,
            code_sha256=plan.code_sha256,
            version=showcase_bench.__version__,
        )

    def record(
        self,
        plan: BuildPlan,
        inputs: RunInputs,
        predicted: Predicted,
        scored: Scored,
        files: RunFiles,
        levels: dict[str, Levels],
        unreadable: int,
    ) -> RunRecord:
        """The record of a run; ``unreadable`` is the number of photos that could not be read."""
        return RunRecord(
            id=inputs.run_id,
            inputs=inputs,
            given=dict(plan.given),
            variant=plan.variant,
            role=plan.role,
            flags=plan.flags,
            distribution=plan.distribution,
            created=self._created(inputs),
            code=self._code,
            environment=self._environment,
            n=len(self._workspace.queries),
            unreadable_images=unreadable,
            timings=predicted.timings,
            settings=predicted.settings,
            checkpoint_sha256=predicted.checkpoint_sha256,
            scores=scored.scores,
            primary=self._workspace.task.primary_names(),
            levels=levels,
            facts=FACTS,
            stages=predicted.stages,
            **files.digests(),
        )

    def _created(self, inputs: RunInputs) -> str:
        """Now, or just after the newest run of the model, if the clock was put back since."""
        now = datetime.now(UTC)
        if self._store.root.is_dir():
            for run in self._store.runs(inputs.task, inputs.model):
                before = datetime.fromisoformat(run.record.created)
                now = max(now, before + timedelta(microseconds=1))
        return now.isoformat(timespec="microseconds")

    @cached_property
    def _code(self) -> dict[str, bool | int | float | str | None]:
        return code_revision()

    @cached_property
    def _environment(self) -> dict[str, str]:
        return describe_environment()
