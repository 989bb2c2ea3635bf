"""A process that fits and predicts for another one, and ends with it."""

from __future__ import annotations

import os
import traceback
import warnings
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import connection
from pathlib import Path
from typing import TypeAlias

from showcase_bench.datasets.tasks import Places, Task
from showcase_bench.errors import ContractError, ShowcaseError
from showcase_bench.evaluate.build import BuildPlan, plan_model
from showcase_bench.evaluate.fits import FittedModels
from showcase_bench.evaluate.others import swapped_queries
from showcase_bench.evaluate.predict import Predicted, Predictor
from showcase_bench.evaluate.relay import Event, Heard, Teller, forward_events
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.processes import end_with_parent
from showcase_bench.types import Progress

__all__ = ["Answer", "Broken", "Errand", "Message", "Setting", "serve"]


@dataclass(frozen=True)
class Setting:
    """What all errands have in common."""

    task: Task
    cache: Path
    data: Path
    fresh: bool
    """Fit again even what is kept."""
    swaps: bool
    """Also answer on behalf of other users."""
    threads: int
    """For libraries that read ``OMP_NUM_THREADS``, unless that is set already."""
    events: bool = False
    """Tell the other process what happens."""


@dataclass(frozen=True)
class Errand:
    """One model and seed to fit, or to find fitted, and to ask."""

    model: str
    """Its label, from which it is planned again."""
    seed: int
    code_sha256: str
    """Of the sources that the other process loaded."""


@dataclass(frozen=True)
class Answer:
    """What came of an errand."""

    outcome: Predicted | ShowcaseError
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
    if setting.events:
        forward_events(pipe.send)
    desk = _Desk(setting, Teller(pipe.send))
    while True:
        try:
            errand = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(desk.answer(errand))
        except Exception:
            pipe.send(Broken(traceback.format_exc()))


def _planned(errand: Errand) -> BuildPlan:
    plan = plan_model(errand.model)
    if plan.code_sha256 != errand.code_sha256:
        raise ContractError(
            f"model {errand.model!r}: its sources were changed after the command was started; "
            "run the same command again"
        )
    return plan


class _Desk:
    """The task, opened at the first errand."""

    def __init__(self, setting: Setting, progress: Progress) -> None:
        self._setting, self._progress = setting, progress

    def answer(self, errand: Errand) -> Answer:
        try:
            outcome: Predicted | ShowcaseError = self._predictor.run(_planned(errand), errand.seed)
        except ShowcaseError as error:
            outcome = error
        return Answer(outcome, dict(self._workspace.images.unreadable))

    @cached_property
    def _workspace(self) -> Workspace:
        places = Places(self._setting.cache, self._setting.data)
        return Workspace.open(self._setting.task, places=places, progress=self._progress)

    @cached_property
    def _predictor(self) -> Predictor:
        kept = self._workspace.cache / "fits"
        fits = FittedModels(kept, self._progress, fresh=self._setting.fresh)
        swapped = swapped_queries(self._workspace) if self._setting.swaps else None
        return Predictor(self._workspace, fits, self._progress, swapped)
