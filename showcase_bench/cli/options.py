"""Options that several verbs share, and the task that they describe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from showcase_bench.datasets.tasks import Task

__all__ = ["NameList", "common_options", "resolve_task", "task_options"]

F = TypeVar("F", bound=Callable[..., Any])


class NameList(click.ParamType[str]):
    """A comma-separated list of registered names, completed by the shell."""

    name = "names"

    def __init__(self, group: str, *extra: str) -> None:
        self._group = group
        self._extra = extra

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that complete the last part of the list."""
        from showcase_bench.registry import Registry

        done, comma, last = incomplete.rpartition(",")
        names = [*self._extra, *Registry[Any](f"showcase_bench.{self._group}", self._group)]
        return [CompletionItem(f"{done}{comma}{name}") for name in names if name.startswith(last)]


def _stack(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for one in reversed(decorators):
            function = one(function)
        return function

    return decorate


def task_options(function: F) -> F:
    """``--task`` or ``--data`` with the protocol options, and where things are cached."""
    file = click.Path(path_type=Path, dir_okay=False)
    folder = click.Path(path_type=Path, file_okay=False)
    return _stack(
        click.option("--task", type=NameList("tasks"), help="A registered task. [default: mini]"),
        click.option("--data", type=file, help="A GEST-shaped JSON file instead of a task."),
        click.option(
            "--images",
            type=folder,
            help="Folder of the photos of --data. [default: the folder of the data file]",
        ),
        click.option("--split", metavar="NAME", help="Split to use. [default: the task's, test]"),
        click.option("--k", type=int, help="Images shown at most. [default: the task's, 3]"),
        click.option(
            "--history-limit",
            type=int,
            metavar="N",
            help="Keep only the last N reviews of a history. [default: all]",
        ),
        click.option(
            "--cache-dir",
            type=folder,
            help="Where prepared data and features are kept. [default: the user's cache folder]",
        ),
    )(function)


def common_options(function: F) -> F:
    """``--json`` and ``--quiet``."""
    return _stack(
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON object, nothing else."
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks."),
    )(function)


def resolve_task(
    task: str | None,
    data: Path | None,
    images: Path | None,
    split: str | None,
    k: int | None,
    history_limit: int | None,
) -> Task:
    """The task that the options describe.

    A task under another protocol is another task: it gets a name of its own, so that its runs
    never meet those of the original on a board.

    Raises
    ------
    UsageError
        Options that exclude each other, or an impossible k.
    RegistryError
        An unknown task name.
    """
    from showcase_bench.datasets.tasks import TASKS, file_task
    from showcase_bench.errors import UsageError

    if task is not None and data is not None:
        raise UsageError("--task and --data exclude each other: give one of them")
    if images is not None and data is None:
        raise UsageError("--images goes with --data; a task brings its own photos")
    found = TASKS.get(task or "mini") if data is None else file_task(data, images)
    suffix = ""
    policy = found.policy
    if k is not None and k != policy.k:
        policy = replace(policy, k=k)
        suffix += f"-k{k}"
    if history_limit is not None and history_limit != policy.history_limit:
        policy = replace(policy, history_limit=history_limit)
        suffix += f"-h{history_limit}"
    if split is not None and split != found.split:
        suffix += f"-{split}"
    return replace(found, name=f"{found.name}{suffix}", policy=policy, split=split or found.split)
