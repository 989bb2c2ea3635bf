"""What an executor is: it does jobs somewhere, and they come back in the order they were given."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from showcase_bench.errors import ShowcaseError

__all__ = [
    "Executor",
    "Failed",
    "Pending",
    "Shared",
    "attempt",
    "in_order",
    "result_of",
    "spool_folder",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_AHEAD = 2
"""Jobs that wait for each process."""


class Pending(Protocol[T_co]):
    """A job that was given away."""

    def result(self) -> T_co:
        """Wait for it; what the job raised is raised here.

        Raises
        ------
        ExecutorError
            The processes that did it were lost again and again.
        """
        ...


class Shared(Hashable, Protocol[T_co]):
    """A value that all jobs look at and none changes; it can be pickled."""

    def get(self) -> T_co:
        """The value, in whatever process; its arrays are not copied."""
        ...


class Executor(Protocol):
    """Does jobs; a context manager that leaves no process behind."""

    @property
    def processes(self) -> int:
        """Jobs that are done at the same time."""
        ...

    @property
    def elsewhere(self) -> bool:
        """Whether they may be on other machines."""
        ...

    @property
    def folder(self) -> Path | None:
        """A folder that every process sees, for large results; None where there is none."""
        ...

    def share(self, value: T) -> Shared[T]:
        """Make a value known to all processes."""
        ...

    def submit(self, job: Callable[[], T]) -> Pending[T]:
        """Give a job away; it is called in another process, and again where that one is lost.

        It can be pickled, and calling it twice gives the same.
        """
        ...


class Failed(NamedTuple):
    """What a job raised, on its way back."""

    error: ShowcaseError | str
    """A traceback where the error is no one's but ours."""


def attempt(job: Callable[[], T]) -> T | Failed:
    """Do a job in the process that it was given to."""
    try:
        return job()
    except ShowcaseError as error:
        return Failed(error)
    except Exception:
        return Failed(traceback.format_exc())


def result_of(outcome: T | Failed) -> T:
    """What a job gave; what it raised is raised."""
    if not isinstance(outcome, Failed):
        return outcome
    if isinstance(outcome.error, ShowcaseError):
        raise outcome.error
    raise RuntimeError(f"a job failed in another process:\n{outcome.error}")


def spool_folder(executor: Executor | None, cache: Path) -> Path | None:
    """Where predictions are kept that are read in other processes; None: the system's folder.

    Other machines see the cache, and no temporary file of this one.
    """
    return cache if executor is not None and executor.elsewhere else None


def in_order(executor: Executor, jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Results of all jobs in their order; only a few more are given away than can be done."""
    ahead: deque[Pending[T]] = deque()
    for job in jobs:
        ahead.append(executor.submit(job))
        if len(ahead) > _AHEAD * executor.processes:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()
