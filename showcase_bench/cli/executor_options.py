"""Options that tell where work is done that can be divided."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.options import stack_options

if TYPE_CHECKING:
    from showcase_bench.evaluate.executors import Executor

__all__ = ["ExecutorRequest", "executor_options"]


@dataclass(frozen=True)
class ExecutorRequest:
    """What the options of :func:`executor_options` say."""

    executor: str
    jobs: int | None
    ray_address: str | None
    ray_gpus: float

    @contextlib.contextmanager
    def open(self, *, alone: bool = False) -> Iterator[Executor | None]:
        """The executor; None where all is done in this process, as ``alone`` asks.

        Raises
        ------
        UsageError
            Options that exclude each other.
        MissingDependencyError, ExecutorError
            Ray is not installed, or its cluster does not answer.
        """
        from showcase_bench.errors import UsageError
        from showcase_bench.evaluate.executors import LocalExecutor, RayExecutor
        from showcase_bench.evaluate.suite.workers import default_jobs

        if self.executor == "ray" and not alone:
            with RayExecutor(self.ray_address, processes=self.jobs, gpus=self.ray_gpus) as cluster:
                yield cluster
            return
        if self.executor != "ray" and (self.ray_address is not None or self.ray_gpus):
            raise UsageError("--ray-address and --ray-gpus go with --executor ray")
        jobs = 1 if alone else self.jobs or default_jobs()
        if jobs == 1:
            yield None
            return
        with LocalExecutor(jobs) as processes:
            yield processes


def executor_options(jobs: str | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--executor`` with ``--ray-address`` and ``--ray-gpus``, and with a help text ``--jobs``.

    The verb gets an :class:`ExecutorRequest` as ``away``; one that has ``--jobs`` of its own gets
    that as well.
    """
    options = [
        click.option(
            "--executor",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Where many examples are worked on: processes of this machine, or a Ray cluster. "
            "What comes of it is the same.",
        ),
        click.option(
            "--ray-address",
            metavar="ADDRESS",
            help="Of the cluster, such as auto or ray://HOST:10001. [default: one on this machine]",
        ),
        click.option(
            "--ray-gpus",
            type=click.FloatRange(min=0),
            default=0,
            metavar="N",
            help="GPUs that each job on the cluster holds, such as 1 or 0.25. [default: none]",
        ),
    ]
    if jobs is not None:
        options.append(click.option("--jobs", type=click.IntRange(min=1), help=jobs))

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def verb(executor: str, ray_address: str | None, ray_gpus: float, **arguments: Any) -> Any:
            number = arguments["jobs"] if jobs is None else arguments.pop("jobs")
            away = ExecutorRequest(executor, number, ray_address, ray_gpus)
            return function(away=away, **arguments)

        return stack_options(*options)(verb)

    return decorate
