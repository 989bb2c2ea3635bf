"""A process that fits and predicts for another one, and ends with it."""

from __future__ import annotations

import os
import traceback
import warnings
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import connection
from typing import TypeAlias

from showcase_bench.errors import ShowcaseError
from showcase_bench.evaluate.executors.relay import Event, Heard, Outbox, Teller, forward_events
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.blame import blamed_on
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.plans.errand import Errand
from showcase_bench.evaluate.predict.part_answers import Premises, fit_stage
from showcase_bench.evaluate.predict.predictor import Predicted, Predictor
from showcase_bench.evaluate.stages import Stage
from showcase_bench.evaluate.task.swapped import swapped_queries
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.processes import end_with_parent
from showcase_bench.types import Progress

__all__ = ["Answer", "Broken", "Message", "Outcome", "Setting", "serve"]


@dataclass(frozen=True)
class Setting:
    """What all errands have in common."""

    premises: Premises
    fresh: bool
    """Fit again even what is kept."""
    swaps: bool
    """Also answer on behalf of other users."""
    threads: int
    """For libraries that read ``OMP_NUM_THREADS``, unless that is set already."""
    only_fit: bool
    """Leave the asking to the other process, which finds the fit in the cache."""
    events: bool = False
    """Tell the other process what happens."""


Outcome: TypeAlias = Predicted | Stage | ShowcaseError
"""Of an errand: predictions, or what the fit took where only that was asked for."""


@dataclass(frozen=True)
class Answer:
    """What came of an errand."""

    outcome: Outcome
    unreadable: dict[str, str]
    """Photos that could not be read so far, and why."""


@dataclass(frozen=True)
class Broken:
    """An error that is no one's but ours."""

    traceback: str


Message: TypeAlias = Event | Heard | Answer | Broken
"""What a worker tells."""


def serve(pipe: connection.Connection[Message, Errand], setting: Setting) -> None:
    """Do errands until the pipe is closed at its other end.

    The process is started without interrupts from the terminal, since the one that started it
    decides what is to be done then, and ends at once when that one is no more.
    """
    warnings.simplefilter("ignore")  # they would be printed between the bars of the other process
    end_with_parent()
    os.environ.setdefault("OMP_NUM_THREADS", str(setting.threads))
    outbox = Outbox(pipe)
    if setting.events:
        forward_events(outbox.send)
    desk = _Desk(setting, Teller(outbox.send))
    while True:
        try:
            errand = pipe.recv()
        except EOFError:
            return
        try:
            outbox.send(desk.answer(errand))
        except Exception:
            outbox.send(Broken(traceback.format_exc()))


class _Desk:
    """The task, opened at the first errand."""

    def __init__(self, setting: Setting, progress: Progress) -> None:
        self._setting, self._progress = setting, progress

    def answer(self, errand: Errand) -> Answer:
        try:
            outcome: Outcome = self._done(errand.plan(), errand.seed)
        except ShowcaseError as error:
            outcome = error
        return Answer(outcome, dict(self._workspace.images.unreadable))

    def _done(self, plan: BuildPlan, seed: int) -> Predicted | Stage:
        if not self._setting.only_fit:
            return self._predictor.run(plan, seed)
        with blamed_on(plan):
            return fit_stage(self._fits, plan, self._workspace, seed)

    @cached_property
    def _workspace(self) -> Workspace:
        return self._setting.premises.open(self._progress)

    @cached_property
    def _fits(self) -> FittedModels:
        kept = self._workspace.cache / "fits"
        return FittedModels(kept, self._progress, fresh=self._setting.fresh)

    @cached_property
    def _predictor(self) -> Predictor:
        swapped = swapped_queries(self._workspace) if self._setting.swaps else None
        return Predictor(self._workspace, self._fits, self._progress, swapped)
