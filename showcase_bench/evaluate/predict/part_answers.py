"""Answers to some of the queries, and fits, made in another process."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, cast

from showcase_bench.datasets.tasks import Places, Task
from showcase_bench.errors import ContractError, ShowcaseError
from showcase_bench.evaluate.executors.base import Shared
from showcase_bench.evaluate.fits.checkpoint import Fitted, read_fit
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.blame import blamed_on
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.plans.errand import Errand
from showcase_bench.evaluate.predict.asking import AnsweredBatch, ask
from showcase_bench.evaluate.stages import Stage, StageClock
from showcase_bench.evaluate.task.swapped import swapped_queries
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.models import AnyModel, Model, Writer
from showcase_bench.types import NoProgress, Progress, Query, Showcase

__all__ = ["AnswerJob", "Fit", "FitJob", "PartAnswers", "Premises", "fit_stage"]


@dataclass(frozen=True)
class Premises:
    """A task, and where its data and what is kept lie."""

    task: Task
    places: Places

    def open(self, progress: Progress | None = None) -> Workspace:
        """The task with its data; raises what :meth:`Workspace.open` raises."""
        return Workspace.open(self.task, places=self.places, progress=progress)

    def can_travel(self) -> bool:
        """Whether another process can be told: not if a local function opens the data."""
        try:
            pickle.dumps(self)
        except (pickle.PicklingError, AttributeError, TypeError):
            return False
        return True


class PartAnswers(NamedTuple):
    """What one process answered."""

    batches: tuple[AnsweredBatch, ...]
    unreadable: dict[str, str]
    """Photos that could not be read so far, and why."""


@dataclass(frozen=True)
class Fit:
    """A fitted model on disk."""

    checkpoint: Path | None
    """Its folder; None stands for the cache."""
    sha256: str | None
    """Over its files."""


@dataclass(frozen=True)
class AnswerJob:
    """Some of the queries to ask in another process, in the batches of one process."""

    premises: Shared[Premises]
    errand: Errand
    label: str
    """Of the model, as messages name it."""
    fit: Shared[AnyModel] | Fit
    """What answers: a model that cannot be saved, or the fit of one that can."""
    swapped: bool
    """Whether the queries are those on behalf of other users."""
    start: int
    stop: int
    photos: tuple[Showcase, ...] | None
    """What stands beside a writer's texts."""

    def __call__(self) -> PartAnswers:
        """Ask the model.

        Raises
        ------
        ContractError
            The model failed, or its fit is another one by now.
        """
        office = _opened(self.premises)
        plan = self.errand.plan()
        with blamed_on(plan):
            if isinstance(self.fit, Fit):
                fitted = office.fitted(self.errand, plan, self.fit)
            else:
                fitted = self.fit.get()
            model = cast(Model | Writer, fitted)  # of oracles nothing is sent
            queries = office.queries(swapped=self.swapped)[self.start : self.stop]
            images = office.workspace.images
            batches = tuple(ask(self.label, model, queries, images, self.photos))
        return PartAnswers(batches, dict(images.unreadable))


@dataclass(frozen=True)
class FitJob:
    """A model to fit in another process, which leaves it in the cache."""

    premises: Shared[Premises]
    errand: Errand
    fresh: bool
    """Fit again even what is kept."""

    def __call__(self) -> Stage | ShowcaseError:
        """Fit it, or find it fitted; an error that is this model's own does not end the others."""
        try:
            office, plan = _opened(self.premises), self.errand.plan()
            fits = FittedModels(office.workspace.cache / "fits", NoProgress(), fresh=self.fresh)
            with blamed_on(plan):
                return fit_stage(fits, plan, office.workspace, self.errand.seed)
        except ShowcaseError as error:
            return error


def fit_stage(fits: FittedModels, plan: BuildPlan, workspace: Workspace, seed: int) -> Stage:
    """Fit a model and its selector, or find them, and say what it took."""
    clock = StageClock(model=plan.label, seed=seed)
    with clock.stage("fit"):
        if fits.get(plan, workspace, seed).found:
            clock.resume()
        if plan.selector is not None:
            fits.get(plan.selector, workspace, seed)
    return clock.stages[0]


class _Office:
    """A task as this process has it open."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._fitted: dict[tuple[Errand, Fit], AnyModel] = {}

    @cached_property
    def workspace(self) -> Workspace:
        return self._premises.open()

    @cached_property
    def _fits(self) -> FittedModels:
        return FittedModels(self.workspace.cache / "fits", NoProgress())

    @cached_property
    def _swapped(self) -> Sequence[Query]:
        return swapped_queries(self.workspace).asked

    def queries(self, *, swapped: bool) -> Sequence[Query]:
        return self._swapped if swapped else self.workspace.queries

    def fitted(self, errand: Errand, plan: BuildPlan, fit: Fit) -> AnyModel:
        # Other models may have the same files, and the same one answers otherwise with other
        # arguments.
        key = errand, fit
        if key not in self._fitted:
            found = self._found(plan, errand.seed, fit.checkpoint)
            if found.checkpoint_sha256 != fit.sha256:
                raise ContractError(
                    f"model {plan.label!r}: its fit was replaced after the command was started; "
                    "run the same command again"
                )
            self._fitted = {key: found.model}
        return self._fitted[key]

    def _found(self, plan: BuildPlan, seed: int, checkpoint: Path | None) -> Fitted:
        if checkpoint is None:
            return self._fits.get(plan, self.workspace, seed)
        return read_fit(checkpoint, plan)


_open: dict[Shared[Premises], _Office] = {}
"""What this process has open; one at most."""


def _opened(premises: Shared[Premises]) -> _Office:
    if premises not in _open:
        _open.clear()
        _open[premises] = _Office(premises.get())
    return _open[premises]
