"""Options that several verbs share, and the task that they describe."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from showcase_bench.datasets.policy import SplitPolicy
    from showcase_bench.datasets.tasks import Places, Task

__all__ = [
    "METRIC_GROUPS",
    "NameList",
    "TaskRequest",
    "common_options",
    "model_options",
    "stack_options",
    "task_options",
]

METRIC_GROUPS = (
    "all",
    "selection",
    "set-diversity",
    "n-gram",
    "diversity-of-text",
    "embedding",
    "personalization",
    "grounding",
    "cost",
)
"""Names that stand for several metrics."""

F = TypeVar("F", bound=Callable[..., Any])


class NameList(click.ParamType[str]):
    """A comma-separated list of registered names, completed by the shell."""

    name = "names"

    def __init__(self, group: str, *extra: str) -> None:
        self._group = group
        self._extra = extra

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The list as it is; fails where it names nothing."""
        text = str(value)
        if not text.replace(",", "").strip():
            self.fail(f"{text!r} names nothing; leave the option out, or give a name", param, ctx)
        return text

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that complete the last part of the list."""
        from showcase_bench.registry import Registry

        done, comma, last = incomplete.rpartition(",")
        names = [*self._extra, *Registry[Any](f"showcase_bench.{self._group}", self._group)]
        return [CompletionItem(f"{done}{comma}{name}") for name in names if name.startswith(last)]


@dataclass(frozen=True)
class TaskRequest:
    """What the options of :func:`task_options` say; None where one was not given."""

    task: str | None
    data: Path | None
    images: Path | None
    split: str | None
    k: int | None
    history_limit: int | None
    mask_history: bool | None
    pool: str | None
    distractors: int | None
    exclude: str | None
    cache_dir: Path | None
    data_dir: Path | None

    def places(self) -> Places:
        """Where data and caches are kept."""
        from showcase_bench.evaluate import default_places

        return default_places(self.cache_dir, self.data_dir)

    def of_task(self, name: str | None) -> TaskRequest:
        """The same with a task that was named as an argument, if one was.

        Raises
        ------
        UsageError
            ``--task`` was given as well.
        """
        from showcase_bench.errors import UsageError

        if name is None:
            return self
        if self.task is not None:
            raise UsageError(f"the task is given twice: {name!r} and --task {self.task}")
        return replace(self, task=name)

    def require_no_task(self, option: str) -> None:
        """Raise a :class:`UsageError` if a task, data or the protocol was asked for.

        ``option`` is the one that excludes them all.
        """
        from showcase_bench.errors import UsageError

        for field in fields(self):
            if (
                field.name not in ("cache_dir", "data_dir")
                and getattr(self, field.name) is not None
            ):
                name = field.name.replace("_", "-")
                raise UsageError(f"{option} and --{name} exclude each other: leave one of them out")

    def resolve(self) -> Task:
        """Find or make the task.

        A task under another protocol is another task: it gets a name of its own, so that its runs
        never meet those of the original on a board.

        Raises
        ------
        UsageError
            Options that exclude each other, or an impossible value.
        RegistryError
            An unknown task name.
        """
        from showcase_bench.datasets.tasks import TASKS, file_task
        from showcase_bench.errors import UsageError

        if self.task is not None and self.data is not None:
            raise UsageError("--task and --data exclude each other: give one of them")
        if self.images is not None and self.data is None:
            raise UsageError("--images goes with --data; a task brings its own photos")
        if self.data is None:
            found = TASKS.get(self.task or "mini")
        elif self.data.is_dir():
            from showcase_bench.sharing import public_task

            found = public_task(self.data, self.images)
        else:
            found = file_task(self.data, self.images)
        policy, suffix = self._policy(found.policy)
        split = self.split or found.split
        suffix += f"-{split}" if split != found.split else ""
        return replace(found, name=f"{found.name}{suffix}", policy=policy, split=split)

    def _policy(self, default: SplitPolicy) -> tuple[SplitPolicy, str]:
        """The protocol, and what its differences from ``default`` add to the task's name."""
        changed = {
            name: value
            for name in ("k", "history_limit", "mask_history", "pool", "distractors", "exclude")
            if (value := getattr(self, name)) is not None and value != getattr(default, name)
        }
        marks = {
            "k": f"-k{self.k}",
            "history_limit": f"-h{self.history_limit}",
            "mask_history": "-masked" if self.mask_history else "-unmasked",
            "pool": f"-{self.pool}",
            "distractors": f"-d{self.distractors}",
            "exclude": f"-without-{(self.exclude or '').replace(',', '-')}",
        }
        return replace(default, **changed), "".join(marks[name] for name in changed)


def stack_options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Decorator that applies ``decorators``, whose options the help shows in this order."""

    def decorate(function: F) -> F:
        for one in reversed(decorators):
            function = one(function)
        return function

    return decorate


def task_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--task`` or ``--data`` with the protocol options; the verb gets a ``request``."""

    @functools.wraps(function)
    def verb(**arguments: Any) -> Any:
        names = [field.name for field in fields(TaskRequest)]
        request = TaskRequest(**{name: arguments.pop(name) for name in names})
        return function(request=request, **arguments)

    return _OPTIONS(verb)


_FOLDER = click.Path(path_type=Path, file_okay=False)
_OPTIONS: Callable[[Callable[..., Any]], Callable[..., Any]] = stack_options(
    click.option("--task", type=NameList("tasks"), help="A registered task. [default: mini]"),
    click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="A GEST-shaped JSON file, or the public half of a shared task, instead of a task.",
    ),
    click.option(
        "--images",
        type=click.Path(path_type=Path),
        help="Folder or .tar of the photos of --data. [default: the folder of the data file]",
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
        "--mask-history/--no-mask-history",
        default=None,
        help="Hide history texts that are a target of val or test. [default: hide]",
    ),
    click.option(
        "--pool",
        type=click.Choice(["business", "cross"]),
        help="Candidates: the business's photos, or others' too. [default: business]",
    ),
    click.option(
        "--distractors",
        type=int,
        metavar="N",
        help="Photos of other businesses in a cross pool. [default: 20]",
    ),
    click.option(
        "--exclude",
        metavar="LIST",
        help="Leave out val and test rows that fall into these traps, with commas between: "
        "cold-business, cold-user, no-choice, no-photos, no-text, repeated-text, small-pool, "
        "training-text.",
    ),
    click.option(
        "--cache-dir",
        type=_FOLDER,
        help="Where prepared data and features are kept. [default: the user's cache folder]",
    ),
    click.option(
        "--data-dir",
        type=_FOLDER,
        help="Where downloaded data are kept. [default: the user's data folder]",
    ),
)


def model_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--config``, ``--selector``, ``--decoding``; the verb gets them as ``overrides``."""

    @functools.wraps(function)
    def verb(**arguments: Any) -> Any:
        from showcase_bench.spec import parse_value

        given = {name: arguments.pop(name) for name in ("config", "selector", "decoding")}
        overrides = {name: parse_value(value) for name, value in given.items() if value is not None}
        return function(overrides=overrides, **arguments)

    return stack_options(
        click.option(
            "--config",
            metavar="NAME",
            help="Configuration of trained models: mini (small, from scratch), paper (as "
            "published, on pretrained weights where it has them), smollm. [default: the model's]",
        ),
        click.option(
            "--selector",
            metavar="MODEL",
            help="Model that chooses the photos for models that write, such as dpp, topk, "
            "'dpp(theta=0.9)' or none. [default: the model's]",
        ),
        click.option(
            "--decoding",
            metavar="HOW",
            help="How trained models choose words: greedy, 'beam(size=3)', 'nucleus(p=0.9)', "
            "'top-k(k=20,temperature=0.8)'. [default: the model's]",
        ),
    )(verb)


def common_options(function: F) -> F:
    """``--json`` and ``--quiet``."""
    return stack_options(
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON object, nothing else."
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks."),
    )(function)
