"""Processes on the machines of a Ray cluster."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from showcase_bench.errors import ExecutorError, MissingDependencyError
from showcase_bench.evaluate.executors.base import Failed, Shared, attempt, result_of
from showcase_bench.termination import kept_termination

__all__ = ["RayExecutor"]

T = TypeVar("T")

_RETRIES = 5
"""How often a job is done again whose process or machine was lost."""

_SECONDS_TO_ANSWER = 10.0


@dataclass(frozen=True)
class _Stored(Generic[T]):
    """A value in the object store, of which each machine has one copy."""

    reference: Any

    def get(self) -> T:
        """The value; its arrays lie in the memory that the machine's processes share."""
        return cast(T, _ray().get(self.reference))

    def __hash__(self) -> int:
        return hash(self.reference.binary())


class _Job(Generic[T]):
    """A job, and what stands for its result once the cluster was given it."""

    def __init__(self, job: Callable[[], T], executor: RayExecutor) -> None:
        self.job = job
        self.reference: Any = None
        self.done = False
        self._executor = executor

    def result(self) -> T:
        """Wait for it, as :meth:`Pending.result` says."""
        self._executor.wait_for(self)
        ray, reference = _ray(), self.reference
        self.reference = None
        try:
            outcome = ray.get(reference)
        except ray.exceptions.RayError as error:
            raise ExecutorError(
                f"a part of the work was lost by the Ray cluster {_RETRIES + 1} times, or could "
                f"not be started there: {str(error).strip().splitlines()[-1]}"
            ) from error
        return cast(T, result_of(outcome))


class RayExecutor:
    """Does jobs on a Ray cluster, and does those again whose process or machine is lost.

    Paths mean the same files on all machines: data and cache lie on a file system that all of
    them see. Statistics come back over the network.

    Parameters
    ----------
    address
        Of the cluster, such as ``auto`` or ``ray://head:10001``; None starts one on this machine
        that ends with the executor.
    processes
        Jobs at the same time; None stands for the processors of the cluster.
    gpus
        GPUs that each job holds, such as 1 or 0.25, for metrics and models that use one.

    Raises
    ------
    MissingDependencyError
        Ray is not installed.
    ExecutorError
        There is no cluster at this address.
    """

    elsewhere = True
    folder = None

    def __init__(
        self, address: str | None = None, *, processes: int | None = None, gpus: float = 0.0
    ) -> None:
        ray = _ray()
        self._ours = not ray.is_initialized()
        if self._ours:
            _connect(address, processes)
        self.processes = processes or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._waiting: deque[_Job[Any]] = deque()
        self._running: dict[Any, _Job[Any]] = {}
        self._run = ray.remote(_attempt_in).options(
            num_cpus=1, num_gpus=gpus, max_retries=_RETRIES, scheduling_strategy="SPREAD"
        )

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for reference in self._running:
            _ray().cancel(reference, force=True)
        self._running.clear()
        self._waiting.clear()
        if self._ours:
            _ray().shutdown()

    def share(self, value: T) -> Shared[T]:
        """Put a value into the object store."""
        return _Stored(_ray().put(value))

    def submit(self, job: Callable[[], T]) -> _Job[T]:
        """Give a job to the cluster, as :meth:`Executor.submit` says."""
        pending = _Job(job, self)
        self._waiting.append(pending)
        self._feed()
        return pending

    def wait_for(self, job: _Job[Any]) -> None:
        """Give more jobs away as others are done, until ``job`` is."""
        while not job.done:
            for reference in _ray().wait(list(self._running))[0]:
                self._running.pop(reference).done = True
            self._feed()

    def _feed(self) -> None:
        # No more than can be done: others would wait on one node while there is room on another.
        while self._waiting and len(self._running) < self.processes:
            job = self._waiting.popleft()
            job.reference = self._run.remote(str(Path.cwd()), job.job)
            self._running[job.reference] = job


def _attempt_in(folder: str, job: Callable[[], T]) -> T | Failed:
    """Do a job in the working folder of the command, where relative paths begin, if it is there."""
    with contextlib.suppress(OSError):
        os.chdir(folder)
    return attempt(job)


def _connect(address: str | None, processes: int | None) -> None:
    ray = _ray()
    common = {
        "log_to_driver": False,
        "logging_level": "ERROR",
        # Modules beside the data or in the working folder are found there as they are here.
        "runtime_env": {"env_vars": {"PYTHONPATH": os.pathsep.join(_own_folders())}},
    }
    try:
        _reach(address)
        with kept_termination():
            if address is None:
                ray.init(num_cpus=processes, include_dashboard=False, **common)
            else:
                ray.init(address, **common)
    except (OSError, ValueError, RuntimeError) as error:
        raise ExecutorError(
            f"no Ray cluster answers at {address or 'this machine'} ({error}). `ray start --head` "
            "starts one; leave --ray-address out to use this machine alone."
        ) from error


def _reach(address: str | None) -> None:
    """Raise OSError where nobody listens at ``host:port``; Ray itself would wait for minutes."""
    host, colon, port = (address or "").rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS_TO_ANSWER).close()


def _own_folders() -> list[str]:
    """Folders of modules that do not come with the interpreter or its packages."""
    installed = {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    folders = [Path(one or ".").resolve() for one in sys.path]
    return [str(one) for one in folders if not installed & {one, *one.parents}]


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise MissingDependencyError(
            "--executor ray needs Ray: pip install 'showcase-bench[ray]'"
        ) from None
    return ray
