"""Fit a model and collect its checked, timed predictions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from showcase_bench.canonical import canonical_json
from showcase_bench.evaluate.fits.checkpoint import Fitted
from showcase_bench.evaluate.fits.fitted import FittedModels, fit_inputs
from showcase_bench.evaluate.memory import peak_rss_mib
from showcase_bench.evaluate.plans.blame import blamed_on
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.predict.answers import (
    Answers,
    collect,
    collect_with_gold,
    with_selector,
)
from showcase_bench.evaluate.predict.asking import BATCH_SIZE, AnsweredBatch, ask
from showcase_bench.evaluate.predict.batches import KeptBatches
from showcase_bench.evaluate.predict.division import Division
from showcase_bench.evaluate.predict.part_answers import fit_stage
from showcase_bench.evaluate.stages import Stage, StageClock
from showcase_bench.evaluate.task.swapped import SwappedQueries
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.models import OracleModel
from showcase_bench.spec import Scalar
from showcase_bench.types import Progress, Query, Showcase, Timings

__all__ = ["Predicted", "Predictor", "batch_inputs"]


@dataclass(frozen=True)
class Predicted:
    """Predictions in the order of the split, and what they cost."""

    showcases: Sequence[Showcase]
    timings: Timings
    swapped: Sequence[Showcase] | None = None
    """Answers to the swapped queries; None where the model was not asked."""
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    """What the model says of itself."""
    checkpoint_sha256: str | None = None
    """Of the fitted model's files; None where it cannot save."""
    curve: tuple[dict[str, Any], ...] | None = None
    """Points of the learning curve; None where the model has none."""
    stages: tuple[Stage, ...] = ()
    """What fitting, selecting and predicting took."""
    kept: tuple[Path, ...] = ()
    """Folders of batches that were kept meanwhile; to be discarded once this is stored."""


class Predictor:
    """Fits models and asks them, each selector once for all the writers that it chooses for.

    Parameters
    ----------
    swapped_queries
        Queries on behalf of other users, which a fitted model answers as well; None asks none. An
        oracle, whose answers are the gold, is not asked, nor is a writer whose photos an oracle
        chooses.
    division
        Asks models in other processes, where it can; None asks them here.
    """

    def __init__(
        self,
        workspace: Workspace,
        fits: FittedModels,
        progress: Progress,
        swapped_queries: SwappedQueries | None = None,
        division: Division | None = None,
    ) -> None:
        self._workspace = workspace
        self._fits = fits
        self._progress = progress
        self._swapped = None if swapped_queries is None else swapped_queries.asked
        self._division = division
        self._parent = None if division is None else division.spool_folder
        self._folder = workspace.cache / "predictions"
        self._chosen: dict[tuple[str, int, bool], Answers] = {}
        self._kept: list[Path] = []

    def run(self, plan: BuildPlan, seed: int, fit: Stage | None = None) -> Predicted:
        """Build, fit or find fitted, and predict.

        Parameters
        ----------
        fit
            What fitting took another process, if one has just left the fit in the cache.

        Raises
        ------
        ContractError
            The model raised an exception or returned something that the contract forbids. The
            exception is its cause.
        """
        with blamed_on(plan):
            return self._run(plan, seed, fit)

    def _run(self, plan: BuildPlan, seed: int, fit: Stage | None) -> Predicted:
        clock = StageClock(model=plan.label, seed=seed)
        self._kept = []
        for one in (plan, plan.selector):
            if fit is not None and one is not None:
                self._fits.trust(one, self._workspace, seed)
        before = fit or fit_stage(self._fits, plan, self._workspace, seed)
        fitted = self._fits.get(plan, self._workspace, seed)
        seconds = fitted.seconds
        if plan.selector is not None:
            seconds += self._fits.get(plan.selector, self._workspace, seed).seconds
        answers = self._timed("predict", clock, plan, fitted, seed)
        timings = _timings(seconds, answers, fitted.model.parameters())
        swapped = None
        if self._swapped is not None and plan.role != "ceiling":
            swapped = self._timed("predict-swapped", clock, plan, fitted, seed).showcases
        curve = fitted.model.learning_curve()
        return Predicted(
            answers.showcases,
            timings,
            swapped,
            dict(fitted.model.settings()),
            fitted.checkpoint_sha256,
            None if curve is None else tuple(curve),
            (before, *clock.stages),
            tuple(self._kept),
        )

    def _timed(
        self, stage: str, clock: StageClock, plan: BuildPlan, fitted: Fitted, seed: int
    ) -> Answers:
        with clock.stage(stage):
            answers = self._ask(plan, fitted, seed, swapped=stage == "predict-swapped")
            if answers.found:
                clock.resume()
        return answers

    def _ask(self, plan: BuildPlan, fitted: Fitted, seed: int, *, swapped: bool) -> Answers:
        model, images, progress = fitted.model, self._workspace.images, self._progress
        name = f"{plan.label} for other users" if swapped else plan.label
        if isinstance(model, OracleModel):
            examples = self._workspace.scored_split
            return collect_with_gold(name, model, examples, images, progress, self._parent)
        asked, queries, division = model, self._queries(swapped=swapped), self._division
        photos = self._photos(plan.selector, seed, swapped=swapped)
        shown = None if photos is None else photos.showcases
        if division is not None and not division.takes(plan, fitted, seed, len(queries)):
            division = None

        def answered(first: int) -> Iterator[AnsweredBatch]:
            if division is None:
                return ask(name, asked, queries, images, shown, first)
            rows = range(first, len(queries))
            return division.ask(name, plan, fitted, seed, rows, shown, swapped=swapped)

        kept = self._batches(plan, fitted, seed, photos, swapped=swapped)
        answers = collect(name, queries, answered, progress, kept, self._parent)
        return answers if photos is None else with_selector(answers, photos)

    def _batches(
        self, plan: BuildPlan, fitted: Fitted, seed: int, photos: Answers | None, *, swapped: bool
    ) -> KeptBatches:
        inputs = batch_inputs(plan, self._workspace, seed, fitted, photos, swapped=swapped)
        kept = KeptBatches(self._folder, plan.cls.__qualname__, inputs)
        if kept.folder is not None:
            self._kept.append(kept.folder)
        return kept

    def _queries(self, *, swapped: bool) -> Sequence[Query]:
        return (self._swapped or ()) if swapped else self._workspace.queries

    def _photos(self, selector: BuildPlan | None, seed: int, *, swapped: bool) -> Answers | None:
        """What the selector shows for the queries; None where there is no selector."""
        if selector is None:
            return None
        key = (selector.label, seed, swapped)
        if key not in self._chosen:
            fitted = self._fits.get(selector, self._workspace, seed)
            self._chosen[key] = self._ask(selector, fitted, seed, swapped=swapped)
        return self._chosen[key]


def batch_inputs(
    plan: BuildPlan,
    workspace: Workspace,
    seed: int,
    fitted: Fitted,
    photos: Answers | None,
    *,
    swapped: bool,
) -> dict[str, Any]:
    """Everything that determines the answers of a fitted model, as JSON types."""
    return {
        "fit": fit_inputs(plan, workspace, seed),
        "checkpoint_sha256": fitted.checkpoint_sha256,
        "arguments": dict(plan.arguments),
        "code_sha256": plan.code_sha256,
        "split": workspace.task.split,
        "swapped": swapped,
        "photos_sha256": None if photos is None else _photos_sha256(photos),
        "batch_size": BATCH_SIZE,
    }


def _photos_sha256(photos: Answers) -> str:
    digest = hashlib.sha256()
    for one in photos.showcases:
        digest.update(canonical_json([one.id, *one.image_ids]))
    return digest.hexdigest()


def _timings(fit_seconds: float, answers: Answers, parameters: int | None) -> Timings:
    batches = answers.seconds
    total = sum(seconds for _, seconds in batches)
    number = sum(size for size, _ in batches)
    per_example = [1000 * seconds / size for size, seconds in batches]
    p50, p95 = np.percentile(per_example, [50, 95]) if per_example else (0.0, 0.0)
    return Timings(
        fit_seconds=round(fit_seconds, 4),
        predict_seconds=round(total, 4),
        examples_per_second=round(number / total, 2) if total > 0 else 0.0,
        latency_p50_ms=round(float(p50), 4),
        latency_p95_ms=round(float(p95), 4),
        peak_rss_mib=round(max(peak_rss_mib(), answers.peak_rss_mib), 1),
        parameters=parameters,
    )
