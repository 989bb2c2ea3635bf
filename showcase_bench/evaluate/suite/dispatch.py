"""Which models of a suite go to other processes, and what came of them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from types import TracebackType

from showcase_bench.canonical import canonical_json
from showcase_bench.evaluate.fits.fitted import fit_inputs
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.plans.errand import Errand, can_be_sent
from showcase_bench.evaluate.predict.division import Division
from showcase_bench.evaluate.predict.part_answers import Premises
from showcase_bench.evaluate.showcases.spool import HELD
from showcase_bench.evaluate.suite.worker import Outcome, Setting
from showcase_bench.evaluate.suite.workers import Workers
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.events import is_heard
from showcase_bench.processes import available_processors
from showcase_bench.types import Progress

__all__ = ["Dispatch"]

Pair = tuple[BuildPlan, int]


class Dispatch:
    """Shares models out to processes; a context manager that leaves none of them behind.

    Of more queries than are held in memory the processes fit models only, and what they have
    fitted is then asked by this process, or for it by those that ``division`` knows.

    Parameters
    ----------
    jobs
        How many processes of this machine at most; 1 sends nothing to them.
    fresh
        Fit again even what is kept.
    swaps
        Also answer on behalf of other users.
    division
        Of what asks models in other processes. Where those are on other machines they also fit.
    """

    def __init__(
        self,
        workspace: Workspace,
        progress: Progress,
        *,
        jobs: int,
        fresh: bool,
        swaps: bool,
        division: Division | None = None,
    ) -> None:
        self._workspace = workspace
        self._jobs, self._fresh = jobs, fresh
        self._elsewhere = division if division is not None and division.elsewhere else None
        self._setting = Setting(
            Premises(workspace.task, workspace.places),
            fresh=fresh,
            swaps=swaps,
            threads=max(1, available_processors() // jobs),
            only_fit=len(workspace.queries) > HELD,
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
    ) -> Iterator[tuple[int, Outcome | None]]:
        """Numbers of all pairs, with what other processes did for those that were sent to them.

        ``is_work`` says whether a pair has to be predicted. Raises what
        :meth:`~showcase_bench.evaluate.suite.workers.Workers.run` raises.
        """
        sent: dict[Errand, int] = {}
        groups: dict[bytes, list[Errand]] = {}
        alone = self._jobs == 1 and self._elsewhere is None
        for at, (plan, seed) in enumerate(pairs):
            if not alone and can_be_sent(plan) and is_work(plan, seed):
                errand = Errand.of(plan, seed)
                sent[errand] = at
                fit = canonical_json(fit_inputs(plan, self._workspace, seed))
                groups.setdefault(fit, []).append(errand)
        few = len(sent) < 2 and self._elsewhere is None
        if few or not self._setting.premises.can_travel():
            sent, groups = {}, {}
        answers = self._answers(list(groups.values()))
        apart = set(sent.values())
        yield from ((at, None) for at in range(len(pairs)) if at not in apart)
        for errand, outcome in answers:
            yield sent[errand], outcome

    def _answers(self, groups: Sequence[Sequence[Errand]]) -> Iterator[tuple[Errand, Outcome]]:
        if self._elsewhere is None:
            return self._workers.run(groups)
        # What shares a fit comes after the one that makes it.
        first = [group[0] for group in groups]
        rest = [errand for group in groups for errand in group[1:]]
        done = (self._elsewhere.fit(some, fresh=self._fresh) for some in (first, rest))
        return chain.from_iterable(done)
