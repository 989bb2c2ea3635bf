"""Asking a model in several processes, each some of the queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from showcase_bench.errors import ContractError, ExecutorError, ShowcaseError
from showcase_bench.evaluate.executors.base import Executor, Shared, in_order, spool_folder
from showcase_bench.evaluate.fits.checkpoint import Fitted
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.plans.errand import Errand, can_be_planned_again
from showcase_bench.evaluate.predict.asking import BATCH_SIZE, AnsweredBatch
from showcase_bench.evaluate.predict.part_answers import AnswerJob, Fit, FitJob, Premises
from showcase_bench.evaluate.stages import Stage
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.models import AnyModel
from showcase_bench.types import Showcase

__all__ = ["Division"]

_BATCHES = 4
"""Of each job. Batches are those of one process, so that models give the same bytes."""


class Division:
    """Gives models to the processes of an executor: their files, or them where they have none.

    Parameters
    ----------
    above
        As many queries, or fewer, are left to this process where the others are on this machine.
    checkpoint
        Folder that the model was fitted to; None stands for the cache.
    """

    def __init__(
        self,
        workspace: Workspace,
        executor: Executor,
        *,
        above: int = 0,
        checkpoint: Path | None = None,
    ) -> None:
        self._executor, self._above, self._checkpoint = executor, above, checkpoint
        self.spool_folder = spool_folder(executor, workspace.cache)
        """Where all processes find a file of answers; None stands for the system's folder."""
        self._premises = Premises(workspace.task, workspace.places)
        self._pickled: dict[Errand, Shared[AnyModel] | None] = {}
        self.unreadable: dict[str, str] = {}
        """Photos that another process could not read, and why."""

    @cached_property
    def _shared(self) -> Shared[Premises]:
        return self._executor.share(self._premises)

    def takes(self, plan: BuildPlan, fitted: Fitted, seed: int, number: int) -> bool:
        """Whether others are asked so many queries."""
        enough = number > (0 if self.elsewhere else self._above)
        if not enough or not can_be_planned_again(plan) or not self._premises.can_travel():
            return False
        return self._given(plan, fitted, seed) is not None

    def _given(self, plan: BuildPlan, fitted: Fitted, seed: int) -> Shared[AnyModel] | Fit | None:
        """What others are told of a fitted model; None where they cannot be."""
        if plan.cls.can_save():
            return Fit(self._checkpoint, fitted.checkpoint_sha256)
        key = Errand.of(plan, seed)
        if key not in self._pickled:
            try:
                self._pickled = {key: self._executor.share(fitted.model)}
            except Exception:  # a plugin may fail in any way
                self._pickled = {key: None}
        return self._pickled[key]

    @property
    def elsewhere(self) -> bool:
        """Whether the processes may be on other machines."""
        return self._executor.elsewhere

    def fit(
        self, errands: Sequence[Errand], *, fresh: bool
    ) -> Iterator[tuple[Errand, Stage | ShowcaseError]]:
        """Fit models, each in one process, and say what it took, or what failed."""
        jobs = (FitJob(self._shared, errand, fresh) for errand in errands)
        return zip(errands, in_order(self._executor, jobs), strict=True)

    def ask(
        self,
        name: str,
        plan: BuildPlan,
        fitted: Fitted,
        seed: int,
        rows: range,
        photos: Sequence[Showcase] | None,
        *,
        swapped: bool,
    ) -> Iterator[AnsweredBatch]:
        """Batches of the queries of ``rows``, which begin with a batch; see :func:`ask`.

        Raises what the model raises, and ContractError where its fit was replaced meanwhile or its
        processes were lost again and again.
        """
        given = self._given(plan, fitted, seed)
        if given is None:
            raise ValueError(f"model {plan.label!r} cannot be given to other processes")

        def job(start: int, stop: int) -> AnswerJob:
            return AnswerJob(
                self._shared,
                Errand.of(plan, seed),
                name,
                given,
                swapped,
                start,
                stop,
                None if photos is None else tuple(photos[start:stop]),
            )

        size = _BATCHES * BATCH_SIZE
        jobs = (job(start, min(start + size, rows.stop)) for start in rows[::size])
        try:
            for part in in_order(self._executor, jobs):
                self.unreadable |= part.unreadable
                yield from part.batches
        except ExecutorError as error:  # its processes were lost: other models may do better
            raise ContractError(f"model {name!r}: {error}") from error
