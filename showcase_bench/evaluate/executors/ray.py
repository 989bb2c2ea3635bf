"""Processes on the machines of a Ray cluster."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar, cast

from showcase_bench.errors import ExecutorError, MissingDependencyError, ShowcaseError
from showcase_bench.evaluate.executors.base import Shared

__all__ = ["RayExecutor"]

T = TypeVar("T")

_RETRIES = 5
"""How often a job is done again whose process or machine was lost."""


class _Failed(NamedTuple):
    error: ShowcaseError | str
    """A traceback where the error is no one's but ours."""


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
    """A job that the cluster was given."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference

    def result(self) -> T:
        """Wait for it, as :meth:`Pending.result` says."""
        ray = _ray()
        try:
            outcome = ray.get(self._reference)
        except ray.exceptions.RayError as error:
            raise ExecutorError(
                f"a part of the work was lost by the Ray cluster {_RETRIES + 1} times, or could "
                f"not be started there: {str(error).strip().splitlines()[-1]}"
            ) from error
        if not isinstance(outcome, _Failed):
            return cast(T, outcome)
        if isinstance(outcome.error, ShowcaseError):
            raise outcome.error
        raise RuntimeError(f"a job failed on the cluster:\n{outcome.error}")


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

    folder = None

    def __init__(
        self, address: str | None = None, *, processes: int | None = None, gpus: float = 0.0
    ) -> None:
        ray = _ray()
        self._ours = not ray.is_initialized()
        if self._ours:
            _connect(address, processes)
        self.processes = processes or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._gpus = gpus
        self._run = ray.remote(_call).options(
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
        if self._ours:
            _ray().shutdown()

    def share(self, value: T) -> Shared[T]:
        """Put a value into the object store."""
        return _Stored(_ray().put(value))

    def submit(self, job: Callable[[], T]) -> _Job[T]:
        """Give a job to the cluster, as :meth:`Executor.submit` says."""
        return _Job(self._run.remote(job))


def _call(job: Callable[[], T]) -> T | _Failed:
    try:
        return job()
    except ShowcaseError as error:
        return _Failed(error)
    except Exception:
        return _Failed(traceback.format_exc())


def _connect(address: str | None, processes: int | None) -> None:
    ray = _ray()
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address is None:
            ray.init(num_cpus=processes, **quiet)
        else:
            ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise ExecutorError(
            f"no Ray cluster answers at {address or 'this machine'} ({error}). `ray start --head` "
            "starts one; leave --ray-address out to use this machine alone."
        ) from error


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise MissingDependencyError(
            "--executor ray needs Ray: pip install 'showcase-bench[ray]'"
        ) from None
    return ray
