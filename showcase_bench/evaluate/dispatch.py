"""Which models of a suite go to other processes, and what came of them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import ShowcaseError
from showcase_bench.evaluate.build import BuildPlan, plan_model
from showcase_bench.evaluate.fits import fit_inputs
from showcase_bench.evaluate.predict import Predicted
from showcase_bench.evaluate.worker import Errand, Setting
from showcase_bench.evaluate.workers import Workers, can_travel
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.events import is_heard
from showcase_bench.processes import available_processors
from showcase_bench.types import Progress

__all__ = ["Dispatch"]

Pair = tuple[BuildPlan, int]


class Dispatch:
    """Shares models out to processes; a context manager that leaves none of them behind.

    Parameters
    ----------
    jobs
        How many processes at most; 1 sends nothing to others.
    fresh
        Fit again even what is kept.
    swaps
        Also answer on behalf of other users.
    """

    def __init__(
        self, workspace: Workspace, progress: Progress, *, jobs: int, fresh: bool, swaps: bool
    ) -> None:
        self._workspace = workspace
        self._jobs = jobs
        self._setting = Setting(
            workspace.task,
            workspace.places.cache,
            workspace.places.data,
            fresh=fresh,
            swaps=swaps,
            threads=max(1, available_processors() // jobs),
            events=is_heard(),
        )
        self._workers = Workers(jobs, self._setting, progress)

    def __enter__(self) -> Dispatch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._workers.__exit__(kind, error, trace)

    @property
    def unreadable(self) -> dict[str, str]:
        """Photos that a process could not read so far, and why."""
        return self._workers.unreadable

    def outcomes(
        self, pairs: Sequence[Pair], is_work: Callable[[BuildPlan, int], bool]
    ) -> Iterator[tuple[int, Predicted | ShowcaseError | None]]:
        """Numbers of all pairs, with what workers predicted for those that were sent to them.

        ``is_work`` says whether a pair has to be predicted. Raises what
        :meth:`~showcase_bench.evaluate.workers.Workers.run` raises.
        """
        sent: dict[Errand, int] = {}
        groups: dict[bytes, list[Errand]] = {}
        for at, (plan, seed) in enumerate(pairs):
            if self._jobs > 1 and _can_be_sent(plan) and is_work(plan, seed):
                errand = Errand(plan.label, seed, plan.code_sha256)
                sent[errand] = at
                fit = canonical_json(fit_inputs(plan, self._workspace, seed))
                groups.setdefault(fit, []).append(errand)
        if len(sent) < 2 or not can_travel(self._setting):
            sent, groups = {}, {}
        answers = self._workers.run(list(groups.values()))
        apart = set(sent.values())
        yield from ((at, None) for at in range(len(pairs)) if at not in apart)
        for errand, outcome in answers:
            yield sent[errand], outcome


def _can_be_sent(plan: BuildPlan) -> bool:
    """Whether its fit can be shared with others by the cache, and it can be planned again."""
    if not plan.cls.can_save():
        return False
    try:
        again = plan_model(plan.label)
    except ShowcaseError:
        return False
    return again.cls is plan.cls and again.arguments == plan.arguments
