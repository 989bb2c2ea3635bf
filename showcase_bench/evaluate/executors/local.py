"""Processes of this machine."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar, cast

from showcase_bench.errors import ExecutorError
from showcase_bench.evaluate.executors.base import Failed, Shared, attempt, result_of
from showcase_bench.evaluate.executors.mapped import dump_mapped, load_mapped
from showcase_bench.evaluate.executors.relay import Heard, Outbox, forward_events, retell
from showcase_bench.events import is_heard
from showcase_bench.files import TemporaryFolder
from showcase_bench.processes import (
    available_processors,
    end_process,
    end_with_parent,
    held_interrupts,
)

__all__ = ["LocalExecutor"]

T = TypeVar("T")

_ATTEMPTS = 3


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: connection.Connection[Any, Any]


@dataclass(frozen=True)
class _File(Generic[T]):
    """A value in a mapped file; each process opens it once."""

    path: Path

    def get(self) -> T:
        """The value."""
        return cast(T, _opened(self.path))


class _Job(Generic[T]):
    """A job and, once it is done, what came of it."""

    def __init__(self, job: Callable[[], T], executor: LocalExecutor) -> None:
        self.pickled = pickle.dumps(job)
        self.attempts = 0
        self.done = False
        self.outcome: Any = None
        self._executor = executor

    def result(self) -> T:
        """Wait for it, as :meth:`Pending.result` says."""
        self._executor.wait_for(self)
        outcome, self.outcome = self.outcome, None
        return cast(T, result_of(outcome))


class LocalExecutor:
    """Does jobs in processes of this machine, which are started as they are needed.

    They end with this process, however it ends. A job whose process is lost is done again by
    another, up to three times.

    Parameters
    ----------
    processes
        At least 1.
    parent
        Folder for shared values; they are gone at the end. By default that of the system.
    """

    elsewhere = False

    def __init__(self, processes: int, parent: Path | None = None) -> None:
        self.processes = processes
        self._context = get_context("spawn")
        self._parent = parent
        self._folder: TemporaryFolder | None = None
        self._shared = 0
        self._waiting: deque[_Job[Any]] = deque()
        self._idle: list[_Worker] = []
        self._busy: dict[connection.Connection[Any, Any], tuple[_Worker, _Job[Any]]] = {}

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        workers = [*self._idle, *(worker for worker, _ in self._busy.values())]
        for worker in workers:
            worker.pipe.close()
            if worker not in self._idle:
                worker.process.terminate()
        for worker in workers:
            end_process(worker.process)
        self._idle, self._busy = [], {}
        self._waiting.clear()
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    @property
    def folder(self) -> Path:
        """A folder that lasts as long as this executor."""
        if self._folder is None:
            self._folder = TemporaryFolder(self._parent)
        return self._folder.path

    def share(self, value: T) -> Shared[T]:
        """Write a value to a file that the processes map into memory."""
        path = self.folder / f"shared-{self._shared}"
        self._shared += 1
        dump_mapped(value, path)
        return _File(path)

    def submit(self, job: Callable[[], T]) -> _Job[T]:
        """Give a job away, as :meth:`Executor.submit` says."""
        pending = _Job(job, self)
        self._waiting.append(pending)
        self._feed()
        return pending

    def wait_for(self, job: _Job[Any]) -> None:
        """Take in what is done until ``job`` is."""
        while not job.done:
            for pipe in connection.wait(list(self._busy)):
                self._take(pipe)  # type: ignore[arg-type]
            self._feed()

    def _feed(self) -> None:
        while self._waiting and len(self._busy) < self.processes:
            job = self._waiting.popleft()
            worker = self._idle.pop() if self._idle else self._started()
            job.attempts += 1
            self._busy[worker.pipe] = worker, job
            with contextlib.suppress(BrokenPipeError):  # it died meanwhile, which waiting will tell
                worker.pipe.send_bytes(job.pickled)

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        threads = max(1, available_processors() // self.processes)
        process = self._context.Process(target=_serve, args=(theirs, threads, is_heard()))
        with held_interrupts():  # from the terminal they go to all processes
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _take(self, pipe: connection.Connection[Any, Any]) -> None:
        worker, job = self._busy[pipe]
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            del self._busy[pipe]
            self._lost(worker, job)
            return
        if isinstance(message, Heard):
            retell(message)
            return
        del self._busy[pipe]
        job.outcome, job.done = message, True
        self._idle.append(worker)

    def _lost(self, worker: _Worker, job: _Job[Any]) -> None:
        worker.pipe.close()
        worker.process.join()
        status = worker.process.exitcode
        worker.process.close()
        if job.attempts < _ATTEMPTS:
            self._waiting.appendleft(job)
            return
        job.outcome = Failed(
            ExecutorError(
                f"a part of the work was given to {_ATTEMPTS} processes, and each of them ended "
                f"(the last with status {status}; -9: out of memory, or killed). With fewer --jobs "
                "less memory is needed."
            )
        )
        job.done = True


def _serve(pipe: connection.Connection[Any, Any], threads: int, events: bool) -> None:
    """Do jobs until the pipe is closed at its other end; with ``events``, tell what happens."""
    warnings.simplefilter("ignore")
    end_with_parent()
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    outbox = Outbox(pipe)
    if events:
        forward_events(outbox.send)
    while True:
        try:
            pickled = pipe.recv_bytes()
        except EOFError:
            return
        outbox.send(attempt(functools.partial(_unpickled, pickled)))


def _unpickled(pickled: bytes) -> Any:
    return pickle.loads(pickled)()  # noqa: S301 (the parent made it)


@functools.lru_cache(maxsize=4)
def _opened(path: Path) -> Any:
    return load_mapped(path)
