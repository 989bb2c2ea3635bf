"""Run several models on one task, score them, and store every run as soon as it is done."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import (
    ContractError,
    ImageError,
    MissingDependencyError,
    ShowcaseError,
    TrainingError,
)
from showcase_bench.evaluate.executors.base import Executor
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.predict.batches import discard_batches
from showcase_bench.evaluate.predict.division import Division
from showcase_bench.evaluate.predict.predictor import Predicted, Predictor
from showcase_bench.evaluate.runs.content import Content
from showcase_bench.evaluate.runs.facts import FACTS, example_facts, score_table
from showcase_bench.evaluate.runs.store import RunFiles, RunStore, StoredRun
from showcase_bench.evaluate.score.framing import frame_of_workspace
from showcase_bench.evaluate.score.scorer import Scored, Scorer
from showcase_bench.evaluate.showcases.spool import HELD, canonical_content
from showcase_bench.evaluate.stages import StageClock
from showcase_bench.evaluate.suite.dispatch import Dispatch
from showcase_bench.evaluate.suite.recording import Recorder
from showcase_bench.evaluate.suite.worker import Outcome
from showcase_bench.evaluate.task.swapped import SwappedQueries, swapped_queries
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.events import Fact, tell
from showcase_bench.files import scratch_folder
from showcase_bench.metrics import Metric
from showcase_bench.metrics.batch import Swap
from showcase_bench.types import NoProgress, Progress, Showcase, Timings

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


@dataclass(frozen=True)
class _Settled:
    """What became of one model and seed."""

    kind: Literal["made", "reused", "rescored", "failed"]
    run: StoredRun | None = None
    failure: Failure | None = None


class Suite:
    """Runs models on a workspace into a store.

    Parameters
    ----------
    metrics
        What to score; None stands for the task's metrics.
    fresh
        Run again even what is stored.
    jobs
        How many processes fit and predict at the same time; 1 does all in this one. The bytes are
        the same, as far as the models' own are the same with other numbers of threads.
    executor
        Asks models and scores in other processes where there are many examples; where those are on
        other machines they do all that can be done there. None does it in this one.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: RunStore,
        *,
        metrics: Sequence[Metric] | None = None,
        progress: Progress | None = None,
        fresh: bool = False,
        jobs: int = 1,
        executor: Executor | None = None,
    ) -> None:
        self.workspace = workspace
        self.store = store
        self._progress = progress or NoProgress()
        self._fresh = fresh
        self._jobs = jobs
        self._unreadable: dict[str, str] = {}
        chosen = workspace.metrics if metrics is None else metrics
        frame = frame_of_workspace(workspace, self._progress)
        self._scorer = Scorer(frame, chosen, executor=executor)
        self._recorder = Recorder(workspace, store)
        self._fits = FittedModels(workspace.cache / "fits", self._progress, fresh=fresh)
        self._division = None if executor is None else Division(workspace, executor, above=HELD)

    def run(self, plans: Sequence[BuildPlan], seeds: Sequence[int]) -> SuiteResult:
        """Run every plan with every seed; a failing model is recorded and the rest goes on."""
        tell("suite.start", {"task": self.workspace.task.name, "jobs": self._jobs})
        with StageClock().stage("prepare"):
            self.workspace.prefetch(self._jobs)
        pairs = [(plan, seed) for plan in plans for seed in seeds]
        settled: dict[int, _Settled] = {}
        with self._dispatch() as dispatch:
            outcomes = dispatch.outcomes(pairs, self._is_work)
            for at, outcome in self._progress.track(outcomes, label="Models", total=len(pairs)):
                self._unreadable |= dispatch.unreadable
                settled[at] = self._settle(*pairs[at], outcome)
                _tell(*pairs[at], settled[at])
        inorder = [settled[at] for at in range(len(pairs))]
        runs = tuple(one.run for one in inorder if one.run is not None)
        rescored = self._rescore_others({run.record.id for run in runs})
        kinds = [one.kind for one in inorder]
        return SuiteResult(
            runs,
            made=kinds.count("made"),
            reused=kinds.count("reused"),
            rescored=kinds.count("rescored") + rescored,
            failures=tuple(one.failure for one in inorder if one.failure is not None),
        )

    def _dispatch(self) -> Dispatch:
        return Dispatch(
            self.workspace,
            self._progress,
            jobs=self._jobs,
            fresh=self._fresh,
            swaps=self._swapped is not None,
            division=self._division,
        )

    def _is_work(self, plan: BuildPlan, seed: int) -> bool:
        return self._must_predict(self._stored(plan, seed))

    def _must_predict(self, stored: StoredRun | None) -> bool:
        return stored is None or (
            not self._is_scored(stored) and self._swapped is not None and self._lacks_swaps(stored)
        )

    def _stored(self, plan: BuildPlan, seed: int) -> StoredRun | None:
        if self._fresh:
            return None
        inputs = self._recorder.inputs(plan, seed)
        return self.store.get(inputs.task, inputs.model, inputs.run_id)

    def _settle(self, plan: BuildPlan, seed: int, outcome: Outcome | None) -> _Settled:
        """Make, find or score anew one run; ``outcome`` is what a worker did for it."""
        try:
            if isinstance(outcome, ShowcaseError):
                raise outcome
            stored = self._stored(plan, seed)
            if stored is None or self._must_predict(stored):
                if not isinstance(outcome, Predicted):
                    outcome = self._predictor.run(plan, seed, outcome)
                return _Settled("made", self._write(plan, seed, outcome))
            if self._is_scored(stored):
                return _Settled("reused", stored)
            return _Settled("rescored", self._rescore(stored))
        except (ContractError, ImageError, MissingDependencyError, TrainingError) as error:
            return _Settled("failed", failure=Failure(plan.label, seed, error))

    @property
    def unreadable(self) -> dict[str, str]:
        """Why each photo that was looked at and cannot be read is so, by image id."""
        found = self._unreadable | dict(self.workspace.images.unreadable)
        if self._division is not None:
            found |= self._division.unreadable
        return dict(sorted((found | self._scorer.unreadable).items()))

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

    @cached_property
    def _swapped(self) -> SwappedQueries | None:
        """The swapped queries, where a metric looks at the answers."""
        if not any("swaps" in metric.needs for metric in self._scorer.metrics):
            return None
        return swapped_queries(self.workspace)

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.workspace, self._fits, self._progress, self._swapped, self._division)

    def _lacks_swaps(self, stored: StoredRun) -> bool:
        return stored.record.role != "ceiling" and stored.record.swapped_sha256 is None

    def _score(
        self, showcases: Sequence[Showcase], timings: Timings, swapped: Sequence[Showcase] | None
    ) -> Scored:
        swaps: Sequence[Swap | None] = ()
        if self._swapped is not None and swapped is not None:
            swaps = self._swapped.swaps(swapped)
        return self._scorer.score(showcases, timings=timings, swaps=swaps)

    def _is_scored(self, stored: StoredRun) -> bool:
        """Whether its scores are those of today's metrics, with today's facts of the examples."""
        wanted = [metric.signature for metric in self._scorer.metrics]
        found = [score.signature for score in stored.record.scores]
        return found == wanted and stored.record.facts == FACTS

    def _rescore(self, stored: StoredRun) -> StoredRun:
        """Score stored predictions with today's metrics; the model is not run."""
        showcases, swapped = stored.predictions(), stored.swapped()
        scored = self._score(showcases, stored.record.timings, swapped)
        with self._table(scored) as scores:
            files = stored.files(scores)
            record = replace(
                stored.record,
                scores=scored.scores,
                levels=self._scorer.levels,
                facts=FACTS,
                **files.digests(),
            )
            return self.store.write(record, files)

    def _write(self, plan: BuildPlan, seed: int, predicted: Predicted) -> StoredRun:
        inputs = self._recorder.inputs(plan, seed)
        clock = StageClock(model=plan.label, seed=seed)
        with clock.stage("score"):
            scored = self._score(predicted.showcases, predicted.timings, predicted.swapped)
        predicted = replace(predicted, stages=(*predicted.stages, *clock.stages))
        swapped, curve = predicted.swapped, predicted.curve
        with self._table(scored) as scores:
            files = RunFiles(
                canonical_content(predicted.showcases),
                scores,
                None if swapped is None else canonical_content(swapped),
                None if curve is None else _dump_curve(curve),
            )
            levels, unreadable = self._scorer.levels, len(self.unreadable)
            record = self._recorder.record(
                plan, inputs, predicted, scored, files, levels, unreadable
            )
            stored = self.store.write(record, files)
        discard_batches(predicted.kept)
        return stored

    @contextmanager
    def _table(self, scored: Scored) -> Iterator[Content]:
        """The score table; of many examples in a file, which is gone after."""
        table = score_table(self.workspace, scored.statistics, self._facts)
        if len(table.ids) <= HELD:
            yield table.to_parquet()
            return
        with scratch_folder() as folder:
            table.write_parquet(folder / "scores.parquet")
            yield folder / "scores.parquet"

    @cached_property
    def _facts(self) -> dict[str, NDArray[np.float64]]:
        return example_facts(self.workspace)


def _tell(plan: BuildPlan, seed: int, settled: _Settled) -> None:
    facts: dict[str, Fact] = {"model": plan.label, "seed": seed}
    if settled.failure is not None:
        error = type(settled.failure.error).__name__
        tell("run.failed", {**facts, "error": error}, level=logging.ERROR)
    elif settled.run is not None:
        tell(f"run.{settled.kind}", {**facts, "run": settled.run.record.id})


def _dump_curve(points: Sequence[dict[str, Any]]) -> bytes:
    """A JSON list with one point a line."""
    lines = ",\n".join(json.dumps(point, ensure_ascii=False, allow_nan=False) for point in points)
    return f"[\n{lines}\n]\n".encode()
