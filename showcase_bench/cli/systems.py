"""Systems that are compared: files of predictions, or stored runs; shared by several verbs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.options import (
    METRIC_GROUPS,
    NameList,
    TaskRequest,
    stack_options,
    task_options,
)
from showcase_bench.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from showcase_bench.compare import Field, Settings
    from showcase_bench.evaluate.executors import Executor
    from showcase_bench.metrics import Metric
    from showcase_bench.types import Progress

__all__ = ["SystemsRequest", "metrics_of_texts", "system_options"]

_LEAST = 2
_OPTIONS: Callable[[Callable[..., Any]], Callable[..., Any]] = stack_options(
    click.argument(
        "files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE]..."
    ),
    click.option(
        "--references",
        type=click.Path(path_type=Path, dir_okay=False),
        help='The FILEs are texts against these: {"id", "references": [...]} a line.',
    ),
    click.option(
        "--results",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("results"),
        show_default=True,
        help="Without FILEs: folder of stored runs.",
    ),
    click.option(
        "--systems", metavar="NAMES", help="Only these, with commas between. [default: all]"
    ),
    click.option(
        "--metrics",
        type=NameList("metrics", *METRIC_GROUPS),
        help="Metric names, specs, signatures or groups. [default: the task's; those that the runs "
        "were scored with; with --references all that need texts only and no encoder]",
    ),
    click.option(
        "--primary",
        metavar="METRIC",
        help="The metric that conclusions rest on. [default: the task's, else the first]",
    ),
    click.option(
        "--cluster",
        metavar="COLUMNS",
        help="user, business, both with a comma between, or none. [default: all that are known]",
    ),
    click.option(
        "--alpha",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.05,
        show_default=True,
        help="Error rate; intervals cover 1 - alpha.",
    ),
    click.option(
        "--trials",
        type=click.IntRange(min=1),
        default=10_000,
        show_default=True,
        help="Random swaps, sign flips, resamples and draws.",
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the trials."
    ),
)


@dataclass(frozen=True)
class SystemsRequest:
    """What the options of :func:`system_options` say; None where one was not given."""

    files: tuple[Path, ...]
    references: Path | None
    results: Path
    systems: str | None
    metrics: str | None
    primary: str | None
    cluster: str | None
    alpha: float
    trials: int
    seed: int
    task: TaskRequest

    def settings(self, **more: Any) -> Settings:
        """The settings of a comparison, with ``more`` of them."""
        from showcase_bench.compare import Settings
        from showcase_bench.spec import split_list

        columns: tuple[str, ...] | None = None
        if self.cluster is not None:
            columns = () if self.cluster == "none" else tuple(split_list(self.cluster))
        return Settings(
            primary=self.primary,
            clusters=columns,
            alpha=self.alpha,
            trials=self.trials,
            seed=self.seed,
            **more,
        )

    def load(self, progress: Progress, executor: Executor | None = None) -> Field:
        """Read and score files, or read stored runs.

        ``executor`` scores many examples in other processes.

        Raises
        ------
        UsageError
            Options that exclude each other, two files of one name, or an unknown name.
        PredictionError, StoreError
            A file or a run is not as it should be.
        """
        if self.references is not None:
            self.task.require_no_task("--references")
            if not self.files:
                raise UsageError("--references needs files of texts: compare A.jsonl B.jsonl ...")
            field = self._texts(self.references, progress, executor)
        elif self.files:
            field = self._predictions(progress, executor)
        else:
            field = self._runs()
        return self._chosen(field)

    def _named(self) -> dict[str, Path]:
        from showcase_bench.submission import uncompressed

        if len(self.files) < _LEAST:
            raise UsageError(f"two systems or more are compared, and {self.files[0]} is one file")
        named: dict[str, Path] = {}
        for path in self.files:
            label = uncompressed(path).stem.encode("utf-8", "replace").decode()
            if label in named:
                raise UsageError(
                    f"systems are named by their files, and {named[label]} and {path} would "
                    f"both be {label!r}; rename one of them"
                )
            named[label] = path
        return named

    def _texts(self, references: Path, progress: Progress, executor: Executor | None) -> Field:
        from showcase_bench.compare import field_of_predictions
        from showcase_bench.evaluate import frame_of_references
        from showcase_bench.evaluate.executors.base import spool_folder
        from showcase_bench.submission import ReferencesRecipe, read_references, read_texts

        named, cache = self._named(), self.task.places().cache
        recipe = ReferencesRecipe.of(references, cache)
        known = read_references(references)
        folder = spool_folder(executor, cache)
        texts = {label: read_texts(path, known, folder) for label, path in named.items()}
        frame = frame_of_references(known, cache, progress, recipe)
        chosen = metrics_of_texts(self.metrics)
        primary = ("bleu-4",) if self.metrics is None else ()
        return field_of_predictions(
            references.name,
            frame,
            chosen,
            texts,
            primary=primary,
            progress=progress,
            executor=executor,
        )

    def _predictions(self, progress: Progress, executor: Executor | None) -> Field:
        from showcase_bench.compare import field_of_predictions
        from showcase_bench.evaluate import Workspace, frame_of_workspace
        from showcase_bench.evaluate.executors.base import spool_folder
        from showcase_bench.spec import split_list
        from showcase_bench.submission import Examples, open_predictions

        named = self._named()
        workspace = Workspace.open(
            self.task.resolve(), places=self.task.places(), progress=progress
        )
        chosen = workspace.metrics
        if self.metrics is not None:
            chosen = workspace.parse_metrics(split_list(self.metrics))
        examples = Examples.of_workspace(workspace)
        folder = spool_folder(executor, workspace.cache)
        read = {label: open_predictions(path, examples, folder) for label, path in named.items()}
        task = workspace.task
        return field_of_predictions(
            f"{task.name}, version {task.version}, {task.split} split",
            frame_of_workspace(workspace, progress),
            [one for one in chosen if one.kind != "run"],
            read,
            primary=tuple(task.primary_names().values()),
            progress=progress,
            executor=executor,
        )

    def _runs(self) -> Field:
        from showcase_bench.compare import field_of_runs
        from showcase_bench.evaluate import RunStore
        from showcase_bench.spec import split_list

        name = self.task.resolve().name
        runs = list(RunStore(self.results).runs(name)) if self.results.is_dir() else []
        if not runs:
            raise UsageError(
                f"{self.results} holds no run of task {name!r}; `showcase-bench run` makes some. "
                "Or name files of predictions: compare A.jsonl B.jsonl"
            )
        return field_of_runs(runs, split_list(self.metrics) if self.metrics else ())

    def _chosen(self, field: Field) -> Field:
        from showcase_bench.spec import split_list

        if self.systems is None:
            return field
        known = {one.label: one for one in field.contenders}
        for name in split_list(self.systems):
            if name not in known:
                raise UsageError(f"there is no system {name!r} here. {did_you_mean(name, known)}")
        kept = tuple(known[name] for name in split_list(self.systems))
        return replace(field, contenders=kept)


def system_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name systems, metrics and trials; the verb gets them as ``asked``."""

    @functools.wraps(function)
    def verb(request: TaskRequest, **arguments: Any) -> Any:
        names = [field.name for field in fields(SystemsRequest) if field.name != "task"]
        given = {name: arguments.pop(name) for name in names}
        return function(asked=SystemsRequest(**given, task=request), **arguments)

    return _OPTIONS(task_options(verb))


def metrics_of_texts(metrics: str | None) -> Sequence[Metric]:
    """Metrics that texts and their references suffice for; None: all without an encoder.

    Raises
    ------
    UsageError
        A metric needs more.
    """
    from showcase_bench.metrics.groups import expand_metrics, metrics_within
    from showcase_bench.spec import split_list

    if metrics is None:
        return metrics_within(("text", "references"))
    chosen = expand_metrics(split_list(metrics))
    for one in chosen:
        if lacking := sorted(one.needs - {"text", "references", "embeddings"}):
            raise UsageError(
                f"{one.name} needs {' and '.join(lacking)}, and --references brings texts "
                "only; score with --task or --data"
            )
    return chosen
