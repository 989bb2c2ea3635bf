"""Several processes that fit and predict at the same time."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TypeAlias

from showcase_bench.errors import ContractError, ShowcaseError
from showcase_bench.evaluate.executors.relay import Event, Follower, Heard, retell
from showcase_bench.evaluate.plans.errand import Errand
from showcase_bench.evaluate.suite.worker import Broken, Message, Outcome, Setting, serve
from showcase_bench.events import Fact, tell
from showcase_bench.processes import available_processors, end_process, held_interrupts
from showcase_bench.types import Progress

__all__ = ["Workers", "default_jobs"]

_MOST_BY_DEFAULT = 4
_ACCELERATORS = ("/dev/nvidiactl", "/dev/kfd")


def default_jobs() -> int:
    """As many processes as cores, at most 4; one where a GPU would have to be shared."""
    if sys.platform == "darwin" or any(Path(one).exists() for one in _ACCELERATORS):
        return 1
    return min(available_processors(), _MOST_BY_DEFAULT)


Pipe: TypeAlias = "connection.Connection[Errand, Message]"


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: Pipe
    follower: Follower


class Workers:
    """Processes that do errands; a context manager that leaves none of them behind.

    They are started as they are needed. One that dies costs its errand, and is replaced.

    Parameters
    ----------
    number
        Of processes, at most.
    progress
        Shows a bar for each loop of theirs, where it can show several.
    """

    def __init__(self, number: int, setting: Setting, progress: Progress) -> None:
        self._number, self._setting, self._progress = number, setting, progress
        self._context = get_context("spawn")
        self._idle: list[_Worker] = []
        self._busy: dict[Pipe, _Worker] = {}
        self._errands: dict[Pipe, Errand] = {}
        self.unreadable: dict[str, str] = {}
        """Photos that one of them could not read, and why."""

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        workers = [*self._idle, *self._busy.values()]
        for worker in workers:
            worker.pipe.close()
            if worker.pipe in self._busy:
                worker.process.terminate()
        for worker in workers:
            worker.follower.close()
            end_process(worker.process)
        self._idle, self._busy, self._errands = [], {}, {}

    def run(self, groups: Sequence[Sequence[Errand]]) -> Iterator[tuple[Errand, Outcome]]:
        """Do all errands; yield each with its outcome as soon as it is done.

        The first of a group is done before the others of the group are begun, so that these find
        what it left in the cache.

        Raises
        ------
        RuntimeError
            A worker failed in a way that no model or data can cause.
        """
        ready = deque(group[0] for group in groups if group)
        behind = {group[0]: list(group[1:]) for group in groups if group}
        self._give_all(ready)  # at once, not only when the first outcome is asked for
        return self._outcomes(ready, behind)

    def _outcomes(
        self, ready: deque[Errand], behind: dict[Errand, list[Errand]]
    ) -> Iterator[tuple[Errand, Outcome]]:
        while ready or self._busy:
            self._give_all(ready)
            for pipe in connection.wait(list(self._busy)):
                done = self._hear(self._busy[pipe])  # type: ignore[index]
                if done is not None:
                    ready.extendleft(reversed(behind.pop(done[0], [])))
                    yield done

    def _give_all(self, ready: deque[Errand]) -> None:
        while ready and len(self._busy) < self._number:
            self._give(ready.popleft())

    def _give(self, errand: Errand) -> None:
        worker = self._idle.pop() if self._idle else self._started()
        self._busy[worker.pipe], self._errands[worker.pipe] = worker, errand
        with contextlib.suppress(BrokenPipeError):  # it died meanwhile, which waiting will tell
            worker.pipe.send(errand)

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._setting))
        with held_interrupts():  # from the terminal they go to all processes
            process.start()
        theirs.close()
        return _Worker(process, ours, Follower(self._progress))

    def _hear(self, worker: _Worker) -> tuple[Errand, Outcome] | None:
        """Take one message; the errand and its outcome if that is done."""
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            return self._lost(worker)
        if isinstance(message, Event):
            worker.follower.follow(message)
            return None
        if isinstance(message, Heard):
            retell(message)
            return None
        del self._busy[worker.pipe]
        errand = self._errands.pop(worker.pipe)
        self._idle.append(worker)
        if isinstance(message, Broken):
            raise RuntimeError(f"a worker failed at {errand.model}:\n{message.traceback}")
        self.unreadable |= message.unreadable
        return errand, message.outcome

    def _lost(self, worker: _Worker) -> tuple[Errand, ShowcaseError]:
        """The errand of a worker that died."""
        del self._busy[worker.pipe]
        errand = self._errands.pop(worker.pipe)
        worker.pipe.close()
        worker.follower.close()
        worker.process.join()
        code = worker.process.exitcode
        worker.process.close()
        facts: dict[str, Fact] = {"model": errand.model, "seed": errand.seed, "status": code}
        tell("worker.lost", facts, level=logging.ERROR)
        return errand, ContractError(
            f"the process that ran model {errand.model!r} ended with status {code} (-9: out of "
            "memory, or killed). Run the same command again, which goes on where it was; with "
            "--jobs 1 less memory is needed."
        )
